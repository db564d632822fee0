/** What the session client is answered and told: data. What gets no answer is a `NetworkError` instead. */
import type { EndReason, SessionError } from '../errors.js'
import type { IdpEnd, Session } from '../session/session.js'
import type { IdpEnded } from './messages.js'

/** What the session client is told without having asked. */
export type News =
  | { readonly type: 'restored'; readonly session: Session }
  | {
      readonly type: 'absent'
      readonly ref: string
      readonly reason?: EndReason | undefined
      readonly endedAt?: number | undefined
    }
  | IdpEnded
  | { readonly type: 'suspicion' }

/** Whether there is a session, as the session client wants to know it. */
export type Found = {
  readonly returnTo?: string
  readonly returned?: boolean
  readonly error?: SessionError
} & (
  | { readonly type: 'restored'; readonly session: Session }
  | Absent
  | { readonly type: 'leaving'; readonly url: string }
)

/** There is no session: why, and since when, where that is known. */
export interface Absent {
  readonly type: 'absent'
  readonly reason?: EndReason | undefined
  readonly endedAt?: number | undefined
}

/** What became of a refresh. */
export type Renewed =
  | { readonly type: 'restored'; readonly session: Session }
  | { readonly type: 'idp-ended'; readonly endedBy: IdpEnd }
  | Absent
