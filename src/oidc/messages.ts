/** What the tabs of a browser tell each other about the session they share. Tokens pass between them, in memory only. */
import type { EndReason } from '../errors.js'
import type { IdpEnd, Session } from '../session/session.js'
import type { Members } from './jwt.js'
import type { Tokens } from './tokens.js'

/** Somebody holds this: sent when it was issued, and to whoever asks. */
export interface Grant {
  readonly type: 'grant'
  /** Which of the grants of this session it is: later ones have higher numbers. */
  readonly generation: number
  readonly session: Session
  readonly tokens: Tokens
  /** The server's clock minus the device's, ms, where the sender is sure of it. */
  readonly offset?: number | undefined
}

/** The session is over. */
export interface Ended {
  readonly type: 'ended'
  readonly ref: string
  readonly reason: EndReason
  /** ms since the epoch, server's clock */
  readonly endedAt: number
  /** What was revoked with it: whoever holds a newer one revokes that. */
  readonly generation?: number | undefined
}

/** The session at the IDP is over. */
export interface IdpEnded {
  readonly type: 'idp-ended'
  readonly ref: string
  readonly endedBy: IdpEnd
}

export type Message =
  | Grant
  /** Who has tokens (of this session)? Answered by a grant. */
  | { readonly type: 'grant?'; readonly ref?: string | undefined }
  | Ended
  | IdpEnded
  /** The user did something: ms since the epoch, server's clock. */
  | { readonly type: 'used'; readonly ref: string; readonly at: number }

/** What another tab posted, if it has the shape of a message: it may run another version of the app. */
export function messageFrom(value: unknown): Message | null {
  const { type, ref, reason, endedBy, at, generation, session, tokens } = membersOf(value)
  const isGrant = (): boolean =>
    typeof generation === 'number' &&
    typeof membersOf(session)['ref'] === 'string' &&
    typeof membersOf(membersOf(session)['app'])['startedAt'] === 'number' &&
    typeof membersOf(tokens)['accessToken'] === 'string' &&
    typeof membersOf(tokens)['expiresAt'] === 'number' &&
    typeof membersOf(membersOf(tokens)['claims'])['sub'] === 'string'
  const isRight =
    type === 'grant'
      ? isGrant()
      : type === 'grant?' ||
        (typeof ref === 'string' &&
          ((type === 'ended' && typeof reason === 'string') ||
            (type === 'idp-ended' && typeof endedBy === 'string') ||
            (type === 'used' && typeof at === 'number')))
  return isRight ? (value as Message) : null
}

const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null ? (value as Members) : {}
