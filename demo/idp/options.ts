import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ClientMetadata, Configuration } from 'oidc-provider'
import type Provider from 'oidc-provider'
import type { IdpKeys } from './keys.js'
import type { Storage } from './storage.js'
import type { IdpUser } from './users.js'

/** How long things live, in seconds. Read at each use, so a change counts for whatever is issued next. */
export interface Lifetimes {
  accessToken: number
  idToken: number
  refreshToken: number
  /** The user's session at the provider. */
  session: number
  grant: number
  /** How long a login page may stay open. */
  interaction: number
  authorizationCode: number
}

const DAY = 24 * 60 * 60

export const DEFAULT_LIFETIMES: Readonly<Lifetimes> = {
  accessToken: 60,
  idToken: 60 * 60,
  refreshToken: 14 * DAY,
  session: 14 * DAY,
  grant: 14 * DAY,
  interaction: 60 * 60,
  authorizationCode: 60,
}

/** Identifier (RFC 8707) of the demo's API: the audience of the access tokens it accepts. */
export const DEMO_RESOURCE = 'urn:tandem:demo-api'

/** What may be changed while the provider runs. */
export interface Settings {
  lifetimes: Lifetimes
  /** A refresh token is good for one use; a second use revokes its whole family (RFC 9700 §4.14.2). */
  rotateRefreshTokens: boolean
  /** For so long after its first use, in seconds, a rotated refresh token may be used again; 0: never. */
  refreshReuseWindow: number
  /** Put `sid` (Back-Channel Logout 1.0 §2.1) in ID tokens. */
  sid: boolean
  /** Grant `offline_access` only together with `prompt=consent` (OpenID Connect Core §11). */
  offlineAccessNeedsConsent: boolean
  /** Let refresh tokens with `offline_access` outlive the user's session at the provider. */
  refreshTokensOutliveSession: boolean
  /** Each refresh makes the user's session at the provider last `lifetimes.session` longer. */
  refreshExtendsSession: boolean
  /**
   * `authorization`: each authorization has a grant of its own, so revoking one refresh token leaves the
   * others alone. `session`: the stock behaviour of the library, one grant per client and session, where
   * revoking any refresh token of a client also revokes those (and the codes) issued after it.
   */
  grantPer: 'authorization' | 'session'
  /** Tell the BFF's client when a session it is part of ends (OpenID Connect Back-Channel Logout 1.0). */
  backchannelLogout: boolean
  /** Offer `check_session_iframe` and `session_state` (OpenID Connect Session Management 1.0). */
  checkSession: boolean
  /** The one password accepted for every user; `null` accepts any. */
  password: string | null
  /** Default resource when a request names none; `null`: access tokens are opaque and good for userinfo. */
  resource: string | null
  /** The resources that may be asked for; the default one is always among them. */
  resources: string[]
  /** Scopes of those resources, beside the OpenID Connect ones. */
  apiScopes: string[]
}

/** Answers a request. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Everything about the provider; all optional. Durations in seconds. */
export interface IdpOptions extends Partial<Omit<Settings, 'lifetimes'>> {
  /** Port to listen on; 0, the default, takes a free one. */
  port?: number
  /** Host name to listen on, and the one in the provider's addresses. Default `localhost`. */
  host?: string
  /** The provider's origin as clients reach it, when that is not `http://{host}:{port}`. */
  origin?: string
  /** The issuer identifier, when it is not the origin. */
  issuer?: string
  /** Path of a JSON file with signing and cookie keys, made when absent; or keys. Default: new ones in memory. */
  keys?: string | IdpKeys
  /** Origins of the applications: each gets the redirect URIs below, and CORS for the public client. */
  appOrigins?: readonly string[]
  /** Redirect URIs: paths (resolved on every application origin) or absolute. */
  redirectUris?: readonly string[]
  /** Post-logout redirect URIs: paths or absolute. */
  postLogoutUris?: readonly string[]
  /** Replaces the two clients `tandem-spa` and `tandem-bff`. */
  clients?: readonly ClientMetadata[]
  /** Replaces alice and bob. */
  users?: readonly IdpUser[]
  lifetimes?: Partial<Lifetimes>
  /** How the provider reaches the applications' servers. Default: the network. */
  fetch?: typeof globalThis.fetch
  /** Merged over the features this provider turns on, e.g. `{ backchannelLogout: { enabled: true } }`. */
  features?: NonNullable<Configuration['features']>
  /** The last word on the library's configuration. */
  configure?: (configuration: Configuration, storage: Storage) => Configuration
  /** Adds to the library before it answers anything, e.g. listeners. */
  prepare?: (provider: Provider) => void
  /** Stands before the provider: answers a request itself, or passes it on. */
  front?: (provide: Serve) => Serve
}

/** Options → the mutable settings, every default filled in. */
export const settingsFrom = (options: IdpOptions): Settings => {
  const resource = options.resource === undefined ? DEMO_RESOURCE : options.resource
  return {
    lifetimes: { ...DEFAULT_LIFETIMES, ...options.lifetimes },
    rotateRefreshTokens: options.rotateRefreshTokens ?? true,
    refreshReuseWindow: options.refreshReuseWindow ?? 0,
    sid: options.sid ?? true,
    offlineAccessNeedsConsent: options.offlineAccessNeedsConsent ?? false,
    refreshTokensOutliveSession: options.refreshTokensOutliveSession ?? false,
    refreshExtendsSession: options.refreshExtendsSession ?? true,
    grantPer: options.grantPer ?? 'authorization',
    backchannelLogout: options.backchannelLogout ?? false,
    checkSession: options.checkSession ?? false,
    password: options.password ?? null,
    resource,
    resources: [...(options.resources ?? [])],
    apiScopes: [...(options.apiScopes ?? ['orders:read', 'orders:write'])],
  }
}
