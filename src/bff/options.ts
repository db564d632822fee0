/** Options of the BFF: what `createBff` takes and what the configuration file of `tandem-bff` holds (DESIGN §7). */
import type { MosaicSettings } from '../presets/mosaic-options.js'
import type { Criteria, IdpEndPolicy } from '../session/session.js'
import type { Log } from './log.js'
import type { RateLimitOptions, ResolvedRateLimit } from './rate-limit/options.js'
import type { ResolvedSessionsApi, SessionsApiOptions } from './idp-sessions/options.js'
import type { Timeouts } from './node/timeouts.js'
import type { SessionStore } from './stores/store.js'
import type { ResolvedUpstream } from './upstream/call.js'

/** Options of `createBff` with a preset in place of what it knows. Durations are seconds. */
export interface PresetBffOptions extends Omit<BffOptions, 'preset' | 'idp'> {
  /** `mosaic`: `idp` says which tenant of Mosaic it is; ordinary options of `idp` and `session` win over the preset's. */
  preset: 'mosaic'
  idp: MosaicSettings & Partial<IdpOptions> & Pick<IdpOptions, 'clientId' | 'clientSecret'>
}

/** Options of `createBff`. Durations are seconds. */
export interface BffOptions {
  preset?: undefined
  /** The app's own origin, e.g. `https://app.example.com`. HTTPS, or http on localhost. */
  origin: string
  /** Where the doors are; default `/bff`. */
  basePath?: string
  idp: IdpOptions
  /** Server secrets of at least 32 characters; the first seals, all open: put a new one in front to rotate. */
  secrets: readonly string[]
  /** `memory:`, `sqlite:PATH`, `redis://…` (`rediss://…` over TLS), or a store object. Default `sqlite:./sessions.db`. */
  store?: string | SessionStore
  session?: SessionOptions
  /** The APIs behind `/api/{name}/…`. */
  upstreams?: Readonly<Record<string, UpstreamOptions>>
  /**
   * Proxies in front of the BFF, by address or range (`10.0.0.0/8`): what they say of a request is believed, and nobody else.
   * Without it the client is the connection's other end, and `X-Forwarded-Proto` counts from everybody; `[]`: from nobody.
   */
  trustedProxies?: readonly string[]
  /** The header in which trusted proxies say where a request comes from. Default `x-forwarded-for`; `forwarded` is RFC 7239's. */
  clientAddressHeader?: ClientAddressHeader
  /** Hand the access token to the page by `GET /token` (token-mediating backend, RFC 10017 §6.2). Default false. */
  mediateTokens?: boolean
  /** Which access tokens of a browser-based client `POST /session` accepts. Default: those of `idp.clientId`. */
  acceptTokens?: AcceptTokensOptions
  /** How often the doors of logins and sessions may be used, each instance counting its own; `false`: as often as anybody likes. */
  rateLimit?: false | RateLimitOptions
  /** Takes what happens, one entry each; a pino logger fits. Never given a token or a cookie. Default: silent. */
  log?: Log
}

/** Whose access tokens `POST /session` takes. */
export interface AcceptTokensOptions {
  /** Clients (`client_id`, or `azp`) the token may have been issued to. Default: `idp.clientId`. */
  readonly clientId?: string | readonly string[]
  /** Audiences, one of which the token must be for. Any by default. */
  readonly audience?: string | readonly string[]
}

/** The identity provider, and this BFF as its client. */
export interface IdpOptions {
  issuer: string
  /** Where its metadata is, when not under the issuer (OpenID Connect Discovery §4). */
  discoveryUrl?: string | null
  clientId: string
  clientSecret: string
  /** Default `openid profile offline_access`. */
  scope?: string
  /** How the client authenticates at the token endpoint; default by the IDP's metadata. */
  tokenEndpointAuthMethod?: ClientAuthMethod
  /** Added to every authorization request. */
  authorizationParams?: Readonly<Record<string, string | readonly string[]>>
  /** Whether logout sends the ID token as `id_token_hint`; false sends `client_id` and `logout_hint`. Default true. */
  idTokenHint?: boolean
  /**
   * The values of `prompt` that the IDP takes from this client, where it does not take all: no other is ever sent. Without `login`,
   * `max_age=0` is sent in its place; without `none`, nobody is signed in silently.
   */
  supportedPrompts?: readonly string[]
  /** Ask for one resource (RFC 8707) at a time: the session's own. Default false: a login asks for those of all upstreams. */
  singleResource?: boolean
  /**
   * Bind access tokens to a key of their session's own (RFC 9449, DPoP), at the IDP and at every upstream: who gets hold of one can do nothing with it
   * without the key. The IDP must issue such tokens to this client, and upstreams must take them. Default false: Bearer tokens.
   */
  dpop?: boolean
  /** Push authorization requests to the IDP first (RFC 9126). Default: where its metadata requires it. */
  pushedAuthorization?: boolean
  /** At its end, revoke a session's access tokens as well as its refresh token (RFC 7009). Default false. */
  revokeAccessToken?: boolean
  /** The IDP's own API for its sessions (Mosaic's), for `bff.idpSessions` and at a logout. Default: there is none. */
  sessionsApi?: SessionsApiOptions
  /** Take logout tokens whose `typ` is absent or `JWT` (Back-Channel Logout 1.0 §4.1), as older providers send. Default false. */
  untypedLogoutTokens?: boolean
  /** Tolerance for times in tokens, s. Default 60. */
  clockTolerance?: number
  /** How long the IDP is waited for, s. Default 10. */
  timeout?: number
}

/** How a confidential client shows its secret (OpenID Connect Core §9). */
export type ClientAuthMethod = 'client_secret_basic' | 'client_secret_post'

/** A header that each proxy adds the address to which it was asked from. */
export type ClientAddressHeader = 'x-forwarded-for' | 'forwarded'

/** Limits of the app session, s. */
export interface SessionOptions {
  /** Default 1800; 0: no idle limit. */
  idle?: number
  /** Default 43200. */
  absolute?: number
  /** How long the IDP session lives after each issuance of tokens, where that is known. Default null: it is not. */
  idpLifetime?: number | null
  whenIdpSessionEnds?: Partial<IdpEndPolicy>
  bindTo?: BindingOptions
  cookie?: CookieOptions
}

/** What a session is bound to beside its cookie. What a login does not say (a header that is not there) is not bound. */
export interface BindingOptions {
  /** `family`: brand and platform of the browser, no versions. Default `family`. */
  userAgent?: 'family' | false
  /** `true`, `prefix`: the first 24 bits of an IPv4 address, 56 of an IPv6 one; or how many. Default false. */
  ip?: boolean | 'prefix' | { readonly v4?: number; readonly v6?: number }
  /** The TLS client certificate, as a trusted proxy tells it in a header (e.g. `Client-Cert`, RFC 9440). Default false. */
  clientCertificate?: false | { readonly header: string }
  /** What becomes of a request that does not match, for all properties or one by one. Default `step-up`. */
  onMismatch?: MismatchPolicy | Partial<Readonly<Record<BoundProperty, MismatchPolicy>>>
}

/** A property of the client that sessions can be bound to. */
export type BoundProperty = 'userAgent' | 'ip' | 'clientCertificate'

/** `observe`: log; `step-up`: that request counts as signed out, the session stays for its owner; `end`: the session is ended. */
export type MismatchPolicy = 'observe' | 'step-up' | 'end'

/** How the session's cookies are set. Whatever begins with `dangerously` is for development: refused in production. */
export interface CookieOptions {
  /** `lax`: also comes along when a tab is sent here from another site. Default `strict`. */
  sameSite?: 'strict' | 'lax'
  /** `SameSite=None`: comes along with every request from every site. */
  dangerouslySameSiteNone?: boolean
  /** Outlives the browser: `Max-Age` is the session's absolute limit. */
  dangerouslyPersistent?: boolean
  /** Neither `Secure` nor the `__Host-` prefix, for browsers that take no such cookie from http://localhost. */
  dangerouslyInsecure?: boolean
}

/** One API behind the proxy. */
export interface UpstreamOptions {
  /** Everything below this address can be reached. */
  url: string
  /** `user`: with the user's access token; `none`: without. Default `user`. */
  token?: 'user' | 'none'
  /** The resource the access token is for (RFC 8707), where it is not the default one. */
  resource?: string
  /** How long an answer's head, or its next piece, is waited for, s. Default 30. */
  timeout?: number
  /** Methods that pass; default all. */
  methods?: readonly string[]
  /** Criteria a session must meet. */
  require?: Criteria
  /** Longest request body, bytes; default: no limit. */
  maxBody?: number
}

/** The configuration file of `tandem-bff`: the options above and where it listens. */
export interface BffConfiguration extends Omit<BffOptions, 'log'>, ServerOptions {}

/** The same with a preset. */
export interface PresetBffConfiguration extends Omit<PresetBffOptions, 'log'>, ServerOptions {}

/** What only the configuration file has. */
export interface ServerOptions {
  listen?: { host?: string; port?: number }
  /** How long slow clients are waited for, s. */
  timeouts?: Timeouts
  /** A folder that is served beside the doors; unknown paths that accept HTML get its `index.html`. */
  static?: string
  /** A second listener for administrators and metrics. */
  admin?: { listen: { host?: string; port: number } }
}

/** {@link BffOptions} without the log, checked and completed by `validateOptions`. Durations are seconds. */
export interface ResolvedOptions {
  readonly origin: string
  readonly basePath: string
  readonly idp: {
    readonly issuer: string
    /** `null`: under the issuer. */
    readonly discoveryUrl: string | null
    readonly clientId: string
    readonly clientSecret: string
    readonly scope: string
    /** `null`: by the IDP's metadata. */
    readonly tokenEndpointAuthMethod: ClientAuthMethod | null
    readonly authorizationParams: Readonly<Record<string, string | readonly string[]>>
    readonly idTokenHint: boolean
    /** `null`: it takes all. */
    readonly supportedPrompts: readonly string[] | null
    readonly singleResource: boolean
    readonly dpop: boolean
    /** `null`: by the IDP's metadata. */
    readonly pushedAuthorization: boolean | null
    readonly revokeAccessToken: boolean
    readonly sessionsApi: ResolvedSessionsApi
    readonly untypedLogoutTokens: boolean
    readonly clockTolerance: number
    readonly timeout: number
  }
  readonly secrets: readonly string[]
  readonly store:
    | { readonly kind: 'memory' }
    | { readonly kind: 'sqlite'; readonly path: string }
    | { readonly kind: 'redis'; readonly url: string }
    | SessionStore
  readonly session: {
    /** 0: no idle limit. */
    readonly idle: number
    readonly absolute: number
    readonly idpLifetime: number | null
    readonly whenIdpSessionEnds: IdpEndPolicy
    readonly bindTo: {
      readonly userAgent: 'family' | false
      readonly ip: { readonly v4: number; readonly v6: number } | false
      readonly clientCertificate: { readonly header: string } | false
      readonly onMismatch: Readonly<Record<BoundProperty, MismatchPolicy>>
    }
    readonly cookie: {
      readonly sameSite: 'Strict' | 'Lax' | 'None'
      /** s; `null`: until the browser is closed. */
      readonly maxAge: number | null
      readonly isSecure: boolean
    }
  }
  /** `null`: none were configured, so that nobody can tell who is one. */
  readonly trustedProxies: {
    readonly ranges: readonly string[]
    readonly header: ClientAddressHeader
  } | null
  readonly upstreams: ReadonlyMap<string, ResolvedUpstream>
  readonly rateLimit: ResolvedRateLimit
  readonly mediateTokens: boolean
  readonly acceptTokens: {
    readonly clientId: readonly string[]
    /** Empty where none was configured. */
    readonly audience: readonly string[]
  }
}
