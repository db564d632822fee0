/** The defaults of every option. Checks nothing: `validate.ts` did. */
import { list } from '../session/access.js'
import { defaultIdpEndPolicy } from '../session/session.js'
import type { BffOptions, ResolvedOptions, UpstreamOptions } from './options.js'
import type { ResolvedUpstream } from './upstream/call.js'
import { CLOCK_TOLERANCE } from '../session/timing.js'

/** Checked options with every default filled in. Nothing that reads them has a default of its own. */
export function withDefaults(options: BffOptions): ResolvedOptions {
  const { idp, session = {}, acceptTokens = {} } = options
  return {
    origin: new URL(options.origin).origin,
    basePath: options.basePath ?? '/bff',
    idp: {
      issuer: idp.issuer,
      discoveryUrl: idp.discoveryUrl ?? null,
      clientId: idp.clientId,
      clientSecret: idp.clientSecret,
      scope: idp.scope ?? 'openid profile offline_access',
      tokenEndpointAuthMethod: idp.tokenEndpointAuthMethod ?? null,
      authorizationParams: idp.authorizationParams ?? {},
      idTokenHint: idp.idTokenHint ?? true,
      untypedLogoutTokens: idp.untypedLogoutTokens ?? false,
      clockTolerance: idp.clockTolerance ?? CLOCK_TOLERANCE / 1000,
      timeout: idp.timeout ?? 10,
    },
    secrets: options.secrets,
    store: storeOf(options.store ?? 'sqlite:./sessions.db'),
    session: {
      idle: session.idle ?? 1800,
      absolute: session.absolute ?? 43_200,
      idpLifetime: session.idpLifetime ?? null,
      whenIdpSessionEnds: { ...defaultIdpEndPolicy, ...session.whenIdpSessionEnds },
      bindTo: {
        userAgent: session.bindTo?.userAgent ?? 'family',
        ip: false,
        onMismatch: session.bindTo?.onMismatch ?? 'step-up',
      },
    },
    upstreams: new Map(
      Object.entries(options.upstreams ?? {}).map(([name, upstream]) => [name, upstreamOf(name, upstream)]),
    ),
    mediateTokens: options.mediateTokens ?? false,
    acceptTokens: {
      clientId: list(acceptTokens.clientId ?? idp.clientId),
      audience: list(acceptTokens.audience),
    },
  }
}

function storeOf(store: NonNullable<BffOptions['store']>): ResolvedOptions['store'] {
  if (typeof store !== 'string') return store
  if (store === 'memory:') return { kind: 'memory' }
  if (/^rediss?:/i.test(store)) return { kind: 'redis', url: store }
  return { kind: 'sqlite', path: store.slice('sqlite:'.length) }
}

function upstreamOf(name: string, upstream: UpstreamOptions): ResolvedUpstream {
  const url = new URL(upstream.url)
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return {
    name,
    url,
    token: upstream.token ?? 'user',
    timeout: upstream.timeout ?? 30,
    methods: upstream.methods?.map((method) => method.toUpperCase()) ?? null,
    require: upstream.require ?? {},
    ...(upstream.resource !== undefined && { resource: upstream.resource }),
    ...(upstream.maxBody !== undefined && { maxBody: upstream.maxBody }),
  }
}
