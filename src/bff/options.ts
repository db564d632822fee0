/** Options of the BFF: what `createBff` takes and what the configuration file of `tandem-bff` holds (DESIGN §7). */
import type { MosaicSettings } from '../presets/mosaic-options.js'
import type { Criteria, IdpEndPolicy } from '../session/session.js'
import type { Log } from './log.js'
import type { RateLimitOptions, ResolvedRateLimit } from './rate-limit/options.js'
import type { Timeouts } from './node/options.js'
import type { IdpOptions, ResolvedIdpOptions } from './idp/options.js'
import type { StaticOptions } from './static/options.js'
import type { SessionStore } from './stores/store.js'
import type { ResolvedUpstream } from './upstream/call.js'

export type { ClientAuthMethod, IdpOptions, PrivateKeyPem, ResponseMode } from './idp/options.js'

/** Options of `createBff` with a preset in place of what it knows. Durations are seconds. */
export interface PresetBffOptions extends Omit<BffOptions, 'preset' | 'idp'> {
  /** `mosaic`: `idp` says which tenant of Mosaic it is; ordinary options of `idp` and `session` win over the preset's. */
  preset: 'mosaic'
  idp: MosaicSettings & Partial<IdpOptions> & Pick<IdpOptions, 'clientId'>
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
  /**
   * Where its name may lead, as addresses or ranges (`10.20.0.0/16`): no other address is dialled, whatever DNS says. Default: anywhere but link-local addresses.
   * On Node alone; elsewhere such an upstream is not called.
   */
  networks?: readonly string[]
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
  /** A folder that is served beside the doors, by its path or with options; unknown paths that accept HTML get its `index.html`. */
  static?: string | StaticOptions
  /** A second listener for administrators and metrics. */
  admin?: { listen: { host?: string; port: number } }
}

/** {@link BffOptions} without the log, checked and completed by `validateOptions`. Durations are seconds. */
export interface ResolvedOptions {
  readonly origin: string
  readonly basePath: string
  readonly idp: ResolvedIdpOptions
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
