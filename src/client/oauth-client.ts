/**
 * How tokens are held, as the session client sees it: one interface, two implementations (`bffClient`, `browserClient`).
 * Everything here returns answers as data and throws a `NetworkError` where no answer came.
 */
import type { Platform } from '../browser/platform.js'
import type { EndReason, SessionError } from '../errors.js'
import type { Rules } from '../session/events.js'
import type { Criteria, IdpEnd, Session } from '../session/session.js'

/** A way to hold tokens, given to `createSessionClient({ oauth })`. Made once, opened when the client starts. */
export interface OAuthClient {
  /** Who keeps the app session. */
  readonly keeper: Rules['keeper']
  /** Checks that it can serve these resources; throws a `ConfigurationError` that names the option and the fix. */
  check(resources: readonly Resource[], origin: string): void
  /** Opens the way to the IDP or BFF from this page. Called once per session client. */
  open(platform: Platform): Connection
}

/** A client that holds an access token in the page's memory. */
export interface TokenHolder {
  /**
   * The access token, renewed first where it is expired.
   * @throws SessionEndedError where there is no session; NetworkError where no answer came
   */
  getAccessToken(): Promise<string>
}

/** The open way to the IDP or BFF. */
export interface Connection {
  /**
   * Finds the session: finishes a log-in whose answer is in the address bar, or asks whether there is one. Makes no
   * request where nothing speaks for a session. Twice with the same answer does no harm.
   */
  restore(signal: AbortSignal): Promise<Restored>
  /** Where to send the user to authenticate. Notes what must survive the redirect. */
  loginUrl(request: LoginRequest, signal: AbortSignal): Promise<string>
  /**
   * Ends the session: revocation and deletion survive the page's closing (`keepalive`).
   * Resolves with where to send the user to end the IDP session, or null; tells before what could not be ended at the IDP.
   */
  logout(request: LogoutRequest, tellLeft?: (left: readonly string[]) => void): Promise<string | null>
  /** Renews access for this session. One at a time: the session client sees to that. */
  renew(session: Session, options: { readonly demanded: boolean }, signal: AbortSignal): Promise<Renewed>
  /** Where the call goes; attaches the credentials of `session` to `call.headers`. */
  prepare(call: OutgoingCall, resource: Resource, session: Session): Promise<URL>
  /** Whether access must be renewed before a call to this resource: false where the BFF does it on the way. */
  renewsBefore(resource: Resource): boolean
  /**
   * Where a BFF beside the page has a session of its own: it is over there, by the answer to a call with these headers. The next call
   * opens another with the page's access token.
   */
  lostBff?: (headers: Headers) => void
  /** A call was answered that this session is over: tells the other tabs. Returns what is known about the end. */
  ended?: (absent: Absent, session: Session) => Absent
  /** The user stays: moves the idle end, where this page keeps one. */
  use?: () => void
  /** Drops every token and trace of the session from this page. */
  forget(): void
  /**
   * Learns by itself from now on: from the other tabs, the BFF's event stream, a frame of the IDP, the user's activity. What it brings
   * from BFF or IDP it has told the other tabs already. Returns the way to stop.
   */
  watch?: (tell: (news: News) => void) => () => void
  /** Whether this browser still holds this session, by a mark that can be read at once and is never stale: a cookie. */
  isCurrent?: (session: Session) => boolean
  /**
   * Set by the session client: the session, with access renewed through the session machine; `refused`: after asking whose it is
   * now. For {@link TokenHolder}. @throws SessionEndedError; NetworkError where no answer came
   */
  access?: (refused?: boolean) => Promise<Session>
}

/** An API that `client.fetch` attaches credentials to; the longest matching `url` wins. */
export interface Resource {
  /** A prefix: absolute, or a path on the app's own origin. */
  readonly url: string
  /** `bff`: the call goes through `/bff/api/{upstream}/…`. */
  readonly via?: 'bff'
  /** The upstream's name at the BFF. */
  readonly upstream?: string
  /** The audience a token for it must have (RFC 8707 `resource`). */
  readonly audience?: string
  readonly scope?: string
  /** Criteria the session must meet before a call is made. */
  readonly criteria?: Criteria
}

/** A call on its way out. */
export interface OutgoingCall {
  readonly url: URL
  /** What follows the resource's prefix in `url`, with the query. */
  readonly rest: string
  readonly headers: Headers
}

export interface LoginRequest {
  /** Same-origin path to come back to, with query and fragment. */
  readonly returnTo: string
  readonly prompt?: string
  readonly loginHint?: string
  readonly criteria?: Criteria
  readonly uiLocales?: readonly string[]
}

export interface LogoutRequest {
  readonly scope: 'app' | 'idp'
  /** Same-origin path. */
  readonly returnTo: string
}

/** There is no session: why, and since when (ms since the epoch), where that was told. */
export interface Absent {
  readonly type: 'absent'
  readonly reason?: EndReason | undefined
  readonly endedAt?: number | undefined
}

/** This is the session. */
export interface Found {
  readonly type: 'restored'
  readonly session: Session
}

/**
 * Whether there is a session, in the words of the session machine. `returnTo` is put into the address bar; `returned` says that a
 * log-in came back, `error` that it failed.
 */
export type Restored = {
  readonly returnTo?: string
  readonly returned?: boolean
  readonly error?: SessionError
} & (
  | Found
  | Absent
  /** The page is being left to find out: a top-level `prompt=none`. */
  | { readonly type: 'leaving'; readonly url: string }
)

/** What a connection learnt by itself. An answer about a session that is not the one here changes nothing. */
export type News =
  | Found
  | (Absent & { readonly ref: string })
  | { readonly type: 'idp-ended'; readonly ref: string; readonly endedBy: IdpEnd }
  /** Something may have changed: it has to be asked. */
  | { readonly type: 'suspicion' }

/** What became of a renewal. */
export type Renewed = Found | Absent | { readonly type: 'idp-ended'; readonly endedBy: IdpEnd }
