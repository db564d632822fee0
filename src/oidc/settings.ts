/** What the engine is told: about the IDP and this client, and what it may use of the world outside. */
import type { News } from './answers.js'
import type { FrameAnswer } from './session-watch.js'

/** Metadata of an IDP as far as it is used here (OpenID Connect Discovery §3, RFC 8414 §2), wire names. */
export interface IdpMetadata {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly revocation_endpoint?: string
  readonly end_session_endpoint?: string
  readonly check_session_iframe?: string
  readonly userinfo_endpoint?: string
  readonly authorization_response_iss_parameter_supported?: boolean
  readonly [name: string]: unknown
}

/** The IDP and this app as its client. */
export interface ClientSettings {
  /** The IDP's address: its issuer identifier, whose metadata is found under `/.well-known/openid-configuration`. */
  readonly authority: string
  readonly clientId: string
  /** Where the IDP sends the user back to: a page of this origin that calls `start()`. Absolute, or a path. */
  readonly redirectUri: string
  /** Default `openid profile offline_access`. */
  readonly scope?: string
  /** Where the IDP sends the user after a `logout()` that names no `returnTo`. Default: the root of the origin. */
  readonly postLogoutRedirectUri?: string
  /**
   * A page of this origin for the hidden frame in which a session is found again after a reload: one that calls `start()`, or one
   * with nothing but `<script>parent.postMessage({ tandem: location.href }, location.origin)</script>`.
   */
  readonly silentRedirectUri?: string
  /** Laid over the IDP's metadata, or in place of it where `issuer` and both endpoints are given. */
  readonly metadata?: Partial<IdpMetadata>
  /** Added to every authorization request; several values of `resource` as a list (RFC 8707). */
  readonly authorizationParams?: Readonly<Record<string, string | readonly string[]>>
  /**
   * The values of `prompt` that the IDP takes from this client, where it does not take all: no other is ever sent. Without `login`,
   * `max_age=0` is sent in its place; without `none`, nobody is signed in silently.
   */
  readonly supportedPrompts?: readonly string[]
  /** Ask for one resource (RFC 8707) at a time: the first of those wished, configured and of the app's APIs. Default false: for all. */
  readonly singleResource?: boolean
  /** At logout, revoke an access token that is a JWT, too (RFC 7009). Default false: it is believed without asking the IDP. */
  readonly revokeAccessToken?: boolean
  /** Tolerance for times in tokens, s. Default 60. */
  readonly clockTolerance?: number
  /** Limits of the app session, s. */
  readonly session?: {
    /** Ends it when the user does nothing for so long, in any tab. Default 0: no idle limit. */
    readonly idle?: number
    /** Ends it whatever the user does. Default 43200: 12 h. */
    readonly absolute?: number
  }
}

/** An API that tokens are asked for. */
export interface Target {
  readonly audience?: string
  readonly scope?: string
}

/** A small text under a fixed name. */
export interface Entry {
  get(): string | undefined
  set(value: string): void
  remove(): void
}

interface Items {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** The edges of the world the engine works with; a platform has most of them. Moments are ms since the epoch. */
export interface World {
  fetch(input: string, init?: RequestInit): Promise<Response>
  /** Of this tab. */
  readonly storage: Items
  /** Of the browser: what may be read late. Never a token. */
  readonly notes: Items
  readonly clock: {
    /** In the server's clock, as far as it has been learnt. */
    now(): number
    device(): number
    learn(serverTime: number, askedAt: number, answeredAt: number): void
    at(moment: number, callback: () => void): () => void
    isSure(): boolean
    trust(): void
  }
  address(): URL
  /** Which session this browser holds, to be known before the first request: see `mark.ts`. A readable cookie, no secret. */
  readonly hint: Entry
  /** When the user last did something in any tab, ms in the device's clock: a readable cookie. */
  readonly used: Entry
  /** The other tabs of this app in this browser. */
  readonly tabs: {
    /** Whether they hear each other and take turns; otherwise each works for itself. */
    readonly isJoined: boolean
    post(message: unknown): void
    onMessage(listener: (message: unknown) => void): () => void
    exclusive<T>(lock: string, work: () => Promise<T>): Promise<T>
    lead(lock: string, begin: () => () => void): () => void
  }
  /** Tells the session client what was learnt without having been asked for. */
  tell(news: News): void
  /** Asks the IDP's `check_session_iframe` again and again. Returns the way to stop. Absent where that is not wanted. */
  readonly checkSession?:
    ((url: string, question: string, hear: (answer: FrameAnswer) => void) => () => void) | undefined
  /** Opens an address in a hidden frame; resolves with the address at `silentRedirectUri` it ended at. */
  frame(url: string): Promise<string>
}
