import type { IdpKeys, IdpUser } from '../idp/index.js'
import type { MosaicClient, PromptValue } from './clients.js'
import type { MosaicResource } from './resources.js'

/** Whose sessions end where one says "log out": all of the user's, those the application is part of, or this one. */
export type LogoutScope = 'user' | 'app' | 'session'

/** What Mosaic's documents leave open or contradict each other about. May be changed while it runs. */
export interface MosaicSettings {
  /** Reach of the Logout API and of end_session. Default `user`. */
  logoutScope: LogoutScope
  /** A refresh extends the session, as a code exchange does. Default true. */
  refreshExtendsSession: boolean
  /** A refresh token serves on when its session is over. Default false: then access cannot be extended. */
  refreshOutlivesSession: boolean
  /** end_session revokes the tokens of the sessions it ends. Default false. */
  endSessionRevokesTokens: boolean
  /** The Logout API revokes the tokens of the sessions it ends. Default false. */
  logoutRevokesTokens: boolean
  /** A second use of a rotated refresh token revokes all tokens of its grant. Default true; false: that use fails alone. */
  reuseRevokesFamily: boolean
  /** Seconds in which a used refresh token may be used once more. Default 0. */
  refreshReuseWindow: number
  /** The token endpoint and its like answer pages on the origins of a client's redirect URIs. Default false. */
  tokenCors: boolean
  /** ID tokens have `sid`. Default false. */
  emitSid: boolean
  /** Clients with a `backchannel_logout_uri` are told of sessions that end. Default false. */
  backchannelLogout: boolean
  /** `max_age` is honoured. Default true; false: it is ignored. */
  maxAgeSupported: boolean
  /** The prompts of clients that name none themselves. Default all three. */
  supportedPrompts: PromptValue[]
  /** The list of sessions comes as `{ result: […] }`, as older samples have it. Default false. */
  wrapSessionList: boolean
  /** The one password of all users; null accepts any. */
  password: string | null
}

/** Everything about the emulator; all optional. */
export interface MosaicOptions {
  /** Port to listen on; 0, the default, takes a free one. */
  port?: number
  /** Default `localhost`. */
  host?: string
  /** The API host as clients reach it, when that is not `http://{host}:{port}`. */
  origin?: string
  /** Default `https://userid.security`. */
  issuer?: string
  /** `tid` of the tokens. Default `tandem-tenant`. */
  tenantId?: string
  /** Path of a JSON file with signing and cookie keys, or keys. Default: new ones in memory. */
  keys?: string | IdpKeys
  /** Origins of the applications: the demo clients get their redirect URIs on each. */
  appOrigins?: readonly string[]
  /** Replaces the demo clients. */
  clients?: readonly MosaicClient[]
  /** Replaces the demo resources. */
  resources?: readonly MosaicResource[]
  /** Replaces alice and bob. */
  users?: readonly IdpUser[]
  settings?: Partial<MosaicSettings>
  /** How logout tokens reach the applications. Default: the network. */
  fetch?: typeof globalThis.fetch
}

/** Issuer identifier of the US region, which is on no API host. */
export const US_ISSUER = 'https://userid.security'

export const DEFAULT_SETTINGS: Readonly<MosaicSettings> = {
  logoutScope: 'user',
  refreshExtendsSession: true,
  refreshOutlivesSession: false,
  endSessionRevokesTokens: false,
  logoutRevokesTokens: false,
  reuseRevokesFamily: true,
  refreshReuseWindow: 0,
  tokenCors: false,
  emitSid: false,
  backchannelLogout: false,
  maxAgeSupported: true,
  supportedPrompts: ['login', 'consent', 'none'],
  wrapSessionList: false,
  password: null,
}
