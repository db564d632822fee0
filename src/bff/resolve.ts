/** Options with every default filled in. Checks nothing: `validate.ts` does, before this. */
import { list } from '../session/access.js'
import { defaultIdpEndPolicy } from '../session/session.js'
import type { IdpEndPolicy } from '../session/session.js'
import { silentLog } from './log.js'
import type { Log } from './log.js'
import type { BffOptions, BindingOptions, ClientAuthMethod, UpstreamOptions } from './options.js'
import type { SessionStore } from './stores/store.js'
import type { ResolvedUpstream } from './upstream/call.js'

/** Checked options of `createBff`, complete. Durations are seconds. */
export interface ResolvedOptions {
  /** Serialized origin, without a slash at its end. */
  readonly origin: string
  /** Begins with a slash and does not end with one. */
  readonly basePath: string
  readonly idp: ResolvedIdp
  readonly secrets: readonly string[]
  readonly store: string | SessionStore
  readonly session: ResolvedSession
  readonly upstreams: ReadonlyMap<string, ResolvedUpstream>
  readonly mediateTokens: boolean
  readonly acceptTokens: {
    readonly clientId: readonly string[]
    /** `null`: any audience. */
    readonly audience: readonly string[] | null
  }
  readonly log: Log
}

/** The identity provider's options, complete. */
export interface ResolvedIdp {
  readonly issuer: string
  /** Where its metadata is (OpenID Connect Discovery §4). */
  readonly discoveryUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: string
  /** `null`: by the IDP's metadata. */
  readonly tokenEndpointAuthMethod: ClientAuthMethod | null
  readonly authorizationParams: Readonly<Record<string, string | readonly string[]>>
  readonly idTokenHint: boolean
  readonly clockTolerance: number
  readonly timeout: number
}

/** Limits of the app session, complete. */
export interface ResolvedSession {
  readonly idle: number
  readonly absolute: number
  readonly idpLifetime: number | null
  readonly whenIdpSessionEnds: IdpEndPolicy
  readonly bindTo: Required<BindingOptions>
}

/** The options with every default filled in. `options` must have been checked. */
export function resolveOptions(options: BffOptions): ResolvedOptions {
  const { idp, session = {}, acceptTokens = {} } = options
  const { audience } = acceptTokens
  return {
    origin: new URL(options.origin).origin,
    basePath: options.basePath ?? '/bff',
    idp: {
      issuer: idp.issuer,
      discoveryUrl: idp.discoveryUrl ?? `${idp.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      clientId: idp.clientId,
      clientSecret: idp.clientSecret,
      scope: idp.scope ?? 'openid profile offline_access',
      tokenEndpointAuthMethod: idp.tokenEndpointAuthMethod ?? null,
      authorizationParams: idp.authorizationParams ?? {},
      idTokenHint: idp.idTokenHint ?? true,
      clockTolerance: idp.clockTolerance ?? 60,
      timeout: idp.timeout ?? 10,
    },
    secrets: options.secrets,
    store: options.store ?? 'sqlite:./sessions.db',
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
      Object.entries(options.upstreams ?? {}).map(([name, upstream]) => [
        name,
        resolveUpstream(name, upstream),
      ]),
    ),
    mediateTokens: options.mediateTokens ?? false,
    acceptTokens: {
      clientId: list(acceptTokens.clientId ?? idp.clientId),
      audience: audience === undefined ? null : list(audience),
    },
    log: options.log ?? silentLog,
  }
}

function resolveUpstream(name: string, upstream: UpstreamOptions): ResolvedUpstream {
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
