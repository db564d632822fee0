/** When something is due in a session by itself. Pure: read from the state, never kept beside it. ms since the epoch. */
import type { Rules, SessionEvent } from './events.js'
import { appEndsAt, isExtendable } from './session.js'
import type { Authenticated, Renewal, Session, SessionState } from './session.js'
import { refreshAt } from './timing.js'

/** How long before the end of the app session the user is warned, at most. */
const WARNING = 60_000
/** How far two clocks may be apart that were set by each other's answers. */
const CLOCKS_DIFFER = 1_000
const UNRENEWED: Renewal = { status: 'idle', dueAt: null }
/** How soon an idle end that could not be confirmed is asked about again. */
const ASK_AGAIN = 30_000

/**
 * When the alarm has to ring next, for a `tick`; `Infinity`: never. One that has passed is due at once. It follows from the state, so
 * there is none to be set, kept or forgotten anywhere.
 */
export function alarmAt(state: SessionState): number {
  if (state.status === 'loading') return state.retryAt ?? Infinity
  if (state.status !== 'authenticated') return Infinity
  const { session, renewal, askedAt = 0 } = state
  const moments = [session.app.endsAt, lookAtEnd(state)]
  // The idle end has come, and the BFF has not confirmed it yet: until it has, nothing else is due.
  if (askedAt < appEndsAt(session)) moments.push(dueAt(renewal), overAt(state))
  return Math.min(...moments)
}

/** When the end of the app session is to be looked at: to warn the user, and, where the BFF keeps the idle end, to ask about it. */
export function lookAtEnd({ session, warnedFor, askedAt = 0, span }: Authenticated): number {
  const endsAt = appEndsAt(session)
  const askAgainAt = askedAt + ASK_AGAIN
  if (askedAt >= endsAt) return askAgainAt
  return warnedFor === endsAt ? endsAt : Math.min(endsAt, Math.max(warningAt(session, span), askAgainAt))
}

/** Whether the next end is an idle one that another tab may have moved: it is asked for, never assumed. */
export const isAskedFor = (session: Session, keeper: Rules['keeper']): boolean =>
  keeper !== 'page' && appEndsAt(session) < session.app.endsAt

/**
 * When the user is to be warned of the end of the app session: a minute before, or in the last quarter of the time that was given:
 * `span` (ms) where that is known, else since the session began.
 */
export function warningAt(session: Session, span?: number): number {
  const endsAt = appEndsAt(session)
  const given = (endsAt < session.app.endsAt ? span : undefined) ?? endsAt - session.app.startedAt
  return endsAt - Math.min(WARNING, Math.round(given / 4))
}

/** When a renewal is to be sent; `Infinity` where one is on the wire, or nothing can be extended. */
export const dueAt = (renewal: Renewal): number =>
  (renewal.status === 'waiting' ? renewal.retryAt : renewal.status === 'idle' ? renewal.dueAt : null) ??
  Infinity

/** When access is over for good, as far as that is known; `Infinity` while a renewal is on the wire: it is allowed to land. */
export function overAt({
  session: { access, idp },
  renewal,
}: Pick<Authenticated, 'session' | 'renewal'>): number {
  if (renewal.status === 'renewing') return Infinity
  return access.extendable && idp.status !== 'ended'
    ? Math.max(access.expiresAt, access.extendableUntil ?? Infinity)
    : access.expiresAt
}

/**
 * Whether the session is over for good within so little time that it may be over by another clock: BFF, IDP and tabs learn each other's
 * to some ms. An idle end may be moved, and does not count.
 */
export const isAboutOver = (session: Session, now: number): boolean =>
  now + CLOCKS_DIFFER >= Math.min(session.app.endsAt, overAt({ session, renewal: UNRENEWED }))

/**
 * Nothing on the wire: the next renewal is due by what is left of access, `pause` ms from now at the earliest, or never where nothing
 * can be extended by then.
 */
export function idle(
  session: Session,
  { now, random }: Pick<SessionEvent, 'now' | 'random'>,
  pause = 0,
): Renewal {
  const due = refreshAt(now, session.access.expiresAt, random)
  return {
    status: 'idle',
    dueAt: isExtendable(session, Math.max(now, due)) ? Math.max(due, pause && now + pause) : null,
  }
}
