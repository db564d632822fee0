/** What can happen to a session in the browser, and what is then to be done. Data only. */
import type { EndReason, SessionError } from '../errors.js'
import type { IdpEnd, IdpEndPolicy, Session } from './session.js'

/** Something that happened. `now` is ms since the epoch in the server's clock, `random` from 0 to 1 (jitter). */
export type SessionEvent = { readonly now: number; readonly random: number } &
  /** An answer: this is the session now. */
  (
    | { readonly type: 'restored'; readonly session: Session }
    /** An answer: there is no session (any more). */
    | {
        readonly type: 'absent'
        readonly reason?: EndReason | undefined
        /** When it ended, where that was told; else it counts from now. */
        readonly endedAt?: number | undefined
        readonly error?: SessionError | undefined
      }
    /** No answer to the question whether there is a session. */
    | { readonly type: 'restore-failed'; readonly error: SessionError }
    /** The page is being left to log in. */
    | { readonly type: 'login' }
    /** The page could not be left to log in. Says nothing about the session that is there. */
    | { readonly type: 'login-failed'; readonly error: SessionError }
    /** The session is given up, and the page is being left to end the one at the IDP. */
    | { readonly type: 'logout' }
    /** After `logout`: it is done, or failed with `error`, and the page is not left. */
    | { readonly type: 'logged-out'; readonly error?: SessionError | undefined }
    /** The session is over here, and some of it is not at the IDP. */
    | { readonly type: 'logout-incomplete'; readonly left: readonly string[] }
    /** The page came back from the back-forward cache. */
    | { readonly type: 'page-restored' }
    /** This browser seems to hold another session by now, or none: what is here is another user's to see, perhaps. */
    | { readonly type: 'doubted' }
    /** The alarm rang, or the device woke: `woke` also cuts short a wait between two tries. */
    | { readonly type: 'tick'; readonly woke?: boolean }
    /** Access is needed beyond what is there; `forced`: also while there is a wait between two tries. */
    | { readonly type: 'renew'; readonly forced: boolean }
    /** Access was renewed, here or by another tab; or the answer to a renewal: another session is here now. */
    | { readonly type: 'renewed'; readonly session: Session }
    /** No answer to a renewal. */
    | { readonly type: 'renew-failed'; readonly error: SessionError }
    /** An answer: the IDP session is over. */
    | { readonly type: 'idp-ended'; readonly endedBy: IdpEnd }
  )

/** What an app can listen to with `client.on(type, listener)`; the payload of each. Fired once per fact. */
export interface SessionEvents {
  /** A session began: log-in, restored at page load, or adopted. */
  authenticated: { readonly session: Session }
  /** Access was renewed. */
  refreshed: { readonly session: Session }
  /** A renewal got no answer; it is tried again at `retryAt` (ms since the epoch). */
  'refresh-failed': { readonly error: SessionError; readonly retryAt: number }
  /** The IDP session is over; the app may rely on what it has until `until` (ms since the epoch). */
  'idp-session-ended': { readonly endedBy: IdpEnd; readonly until: number }
  /** The app session ends at `endsAt` (ms since the epoch) unless it is used. */
  expiring: { readonly endsAt: number; readonly timeLeft: number }
  /** The app session is over, since `endedAt` (ms since the epoch) as far as that is known, else since now. */
  ended: { readonly reason: EndReason; readonly session: Session; readonly endedAt: number }
  /**
   * A `logout()` has ended the session here, and could not end all of it at the IDP: `left` has `access_token` and `refresh_token` for
   * what was not revoked (the BFF goes on trying for some minutes), and `idp_session` where nobody knows where to end that.
   */
  'logout-incomplete': { readonly left: readonly string[] }
  /** Something went wrong that the user may have to be told. */
  error: { readonly error: SessionError }
}

/** One fact for the app. */
export type Notice = {
  [Type in keyof SessionEvents]: { readonly type: Type; readonly detail: SessionEvents[Type] }
}[keyof SessionEvents]

/** Something the runtime has to do. */
export type Deed =
  /** Ask whether there is a session; answer with `restored`, `absent` or `restore-failed`. */
  | { readonly type: 'restore' }
  /** Renew access; answer with `renewed`, `renew-failed`, `idp-ended` or `absent`. */
  | { readonly type: 'renew' }
  /** Drop every token and every trace of the session; an answer still under way to it is not to be told any more. */
  | { readonly type: 'forget' }

/** What comes of an event, besides the next state: deeds, and facts to be told. The alarm is none: see `alarmAt`. */
export type Effect = Deed | Notice

/** What the machine is told about the app it serves. */
export interface Rules {
  readonly idpEnd: IdpEndPolicy
  /** Who keeps the app session's idle time: the BFF, all tabs together (then an idle end is asked for, not assumed), or this page. */
  readonly keeper: 'bff' | 'tabs' | 'page'
}
