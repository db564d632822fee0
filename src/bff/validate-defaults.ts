/** The defaults of every option. Checks nothing: `validate.ts` did. */
import { list } from '../session/access.js'
import { defaultIdpEndPolicy } from '../session/session.js'
import type { ResolvedSessionsApi, SessionsApiOptions } from './idp-sessions/options.js'
import type { IdpOptions, PrivateKeyJwk, ResponseMode } from './idp/options.js'
import type {
  BffOptions,
  BindingOptions,
  MismatchPolicy,
  ResolvedOptions,
  SessionOptions,
  UpstreamOptions,
} from './options.js'
import { rateLimitOf } from './rate-limit/options.js'
import type { ResolvedUpstream } from './upstream/call.js'
import { responseModes } from './validate-protection.js'
import { CLOCK_TOLERANCE } from '../session/timing.js'

/** When a session ends whatever is done with it, s. */
const ABSOLUTE = 43_200
/** How much of an address is the same for as long as somebody stays in one network: what providers give to one customer or site. */
const PREFIXES = { v4: 24, v6: 56 }

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
      clientSecret: idp.clientSecret ?? null,
      privateKey: keyOf(idp.privateKey),
      scope: idp.scope ?? 'openid profile offline_access',
      tokenEndpointAuthMethod: idp.tokenEndpointAuthMethod ?? null,
      authorizationParams: idp.authorizationParams ?? {},
      idTokenHint: idp.idTokenHint ?? true,
      supportedPrompts: idp.supportedPrompts ?? null,
      singleResource: idp.singleResource ?? false,
      dpop: idp.dpop ?? false,
      pushedAuthorization: idp.pushedAuthorization ?? null,
      signedRequestObject: idp.signedRequestObject ?? null,
      responseMode: idp.responseMode ?? modeIn(idp.authorizationParams) ?? null,
      revokeAccessToken: idp.revokeAccessToken ?? false,
      sessionsApi: sessionsApiOf(idp.sessionsApi),
      untypedLogoutTokens: idp.untypedLogoutTokens ?? false,
      clockTolerance: idp.clockTolerance ?? CLOCK_TOLERANCE / 1000,
      timeout: idp.timeout ?? 10,
    },
    secrets: options.secrets,
    store: storeOf(options.store ?? 'sqlite:./sessions.db'),
    session: {
      idle: session.idle ?? 1800,
      absolute: session.absolute ?? ABSOLUTE,
      idpLifetime: session.idpLifetime ?? null,
      whenIdpSessionEnds: { ...defaultIdpEndPolicy, ...session.whenIdpSessionEnds },
      bindTo: bindingOf(session.bindTo),
      cookie: cookieOf(session),
    },
    trustedProxies:
      options.trustedProxies === undefined
        ? null
        : { ranges: options.trustedProxies, header: options.clientAddressHeader ?? 'x-forwarded-for' },
    upstreams: new Map(
      Object.entries(options.upstreams ?? {}).map(([name, upstream]) => [name, upstreamOf(name, upstream)]),
    ),
    rateLimit: rateLimitOf(options.rateLimit),
    mediateTokens: options.mediateTokens ?? false,
    acceptTokens: {
      clientId: list(acceptTokens.clientId ?? idp.clientId),
      audience: list(acceptTokens.audience),
    },
  }
}

/** The check made a JWK of it, whatever was given. */
const keyOf = (key: IdpOptions['privateKey']): PrivateKeyJwk | null =>
  typeof key === 'object' && !('pem' in key) ? key : null

const modeIn = (params: IdpOptions['authorizationParams']): ResponseMode | undefined =>
  responseModes.find((mode) => mode === params?.['response_mode'])

function bindingOf(bindTo: BindingOptions = {}): ResolvedOptions['session']['bindTo'] {
  const { userAgent = 'family', ip = false, clientCertificate = false, onMismatch = 'step-up' } = bindTo
  const all: MismatchPolicy = typeof onMismatch === 'string' ? onMismatch : 'step-up'
  return {
    userAgent,
    ip: ip !== false && { ...PREFIXES, ...(typeof ip === 'object' && ip) },
    clientCertificate: clientCertificate && { header: clientCertificate.header.toLowerCase() },
    onMismatch: {
      ...{ userAgent: all, ip: all, clientCertificate: all },
      ...(typeof onMismatch === 'object' && onMismatch),
    },
  }
}

function cookieOf({
  cookie = {},
  absolute = ABSOLUTE,
}: SessionOptions): ResolvedOptions['session']['cookie'] {
  return {
    sameSite: cookie.dangerouslySameSiteNone === true ? 'None' : cookie.sameSite === 'lax' ? 'Lax' : 'Strict',
    maxAge: cookie.dangerouslyPersistent === true ? Math.ceil(absolute) : null,
    isSecure: cookie.dangerouslyInsecure !== true,
  }
}

function sessionsApiOf(given: SessionsApiOptions | undefined): ResolvedSessionsApi {
  const { url, clientId, clientSecret, logout = false } = given ?? {}
  if (url === undefined) return null
  const client = clientId === undefined || clientSecret === undefined ? null : { clientId, clientSecret }
  return { url: new URL(url).href.replace(/\/$/, ''), client, logout }
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
    ...(upstream.networks !== undefined && { networks: upstream.networks }),
  }
}
