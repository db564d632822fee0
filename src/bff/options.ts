/** Options of the BFF: what `createBff` takes and what the configuration file of `tandem-bff` holds (DESIGN §7). */
import type { Criteria, IdpEndPolicy } from '../session/session.js'
import type { Log } from './log.js'
import type { SessionStore } from './stores/store.js'
import type { ResolvedUpstream } from './upstream/call.js'

/** Options of `createBff`. Durations are seconds. */
export interface BffOptions {
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
  /** Hand the access token to the page by `GET /token` (token-mediating backend, RFC 10017 §6.2). Default false. */
  mediateTokens?: boolean
  /** Which access tokens of a browser-based client `POST /session` accepts. Default: those of `idp.clientId`. */
  acceptTokens?: AcceptTokensOptions
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
  /** Take logout tokens whose `typ` is absent or `JWT` (Back-Channel Logout 1.0 §4.1), as older providers send. Default false. */
  untypedLogoutTokens?: boolean
  /** Tolerance for times in tokens, s. Default 60. */
  clockTolerance?: number
  /** How long the IDP is waited for, s. Default 10. */
  timeout?: number
}

/** How a confidential client shows its secret (OpenID Connect Core §9). */
export type ClientAuthMethod = 'client_secret_basic' | 'client_secret_post'

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
}

/** What a session is bound to beside its cookie. */
export interface BindingOptions {
  /** `family`: brand and platform of the browser, no versions. Default `family`. */
  userAgent?: 'family' | false
  ip?: false
  /** `observe`: log; `step-up` (default): that request counts as signed out; `end`: the session is ended. */
  onMismatch?: 'observe' | 'step-up' | 'end'
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
export interface BffConfiguration extends Omit<BffOptions, 'log'> {
  listen?: { host?: string; port?: number }
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
      readonly ip: false
      readonly onMismatch: 'observe' | 'step-up' | 'end'
    }
  }
  readonly upstreams: ReadonlyMap<string, ResolvedUpstream>
  readonly mediateTokens: boolean
  readonly acceptTokens: {
    readonly clientId: readonly string[]
    /** Empty where none was configured. */
    readonly audience: readonly string[]
  }
}
