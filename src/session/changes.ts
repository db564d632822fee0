/** The few ways a state changes, shared by the rows of the machine. Pure. */
import type { EndReason, SessionError } from '../errors.js'
import type { Effect, Notice, SessionEvent } from './events.js'
import { appEndsAt, isExtendable } from './session.js'
import type { Renewal, Session, SessionState } from './session.js'
import { refreshAt } from './timing.js'

export type Authenticated = Extract<SessionState, { status: 'authenticated' }>

/** The next state and what is to be done. */
export type Step = readonly [SessionState, readonly Effect[]]

type Moment = Pick<SessionEvent, 'now' | 'random'>

/** How long before the end of the app session the user is warned, at most. */
const WARNING = 60_000
/** How soon an idle end that could not be confirmed is asked about again. */
const ASK_AGAIN = 30_000
/** The least time between two renewals, and what it is where the last one brought nothing that is still valid. */
const SHORTEST_PAUSE = 1_000
const LONG_PAUSE = 10_000

/** Start over: ask whether there is a session. */
export const restoring = (): Step => [{ status: 'loading' }, [{ type: 'restore' }]]

/** The session is over, for this reason. */
export function end(state: Authenticated, reason: EndReason, error?: SessionError): Step {
  const next: SessionState = { status: 'unauthenticated', reason, ...(error !== undefined && { error }) }
  const effects: Effect[] = [{ type: 'alarm', at: null }, { type: 'unwatch' }, { type: 'forget' }]
  effects.push(notify({ type: 'ended', detail: { reason, session: state.session } }))
  if (error !== undefined) effects.push(notify({ type: 'error', detail: { error } }))
  return [next, effects]
}

/**
 * This is the session now: a new one, or news of the one that is there. Another user's or another authentication's
 * session inherits nothing: the old one ends first.
 */
export function adopt(state: SessionState, session: Session, moment: Moment): Step {
  if (state.status !== 'authenticated') {
    const [next, effects] = keep(fresh(session, moment), moment)
    return [next, [{ type: 'watch' }, ...effects, notify({ type: 'authenticated', detail: { session } })]]
  }
  const old = state.session
  if (old.ref !== session.ref) {
    const reason = old.user.sub === session.user.sub ? 'replaced' : 'user_changed'
    const [next, effects] = keep(fresh(session, moment), moment)
    const ended = notify({ type: 'ended', detail: { reason, session: old } })
    return [next, [...effects, ended, notify({ type: 'authenticated', detail: { session } })]]
  }
  const renewed = session.access.expiresAt > old.access.expiresAt
  const renewal: Renewal = renewed || session.idp.status === 'ended' ? idle(session, moment) : state.renewal
  const [next, effects] = keep({ ...state, session, renewal }, moment)
  const notices: Effect[] = []
  if (renewed) notices.push(notify({ type: 'refreshed', detail: { session } }))
  if (session.idp.status === 'ended' && old.idp.status !== 'ended') {
    const detail = { endedBy: session.idp.endedBy ?? 'unknown', until: session.access.expiresAt } as const
    notices.push(notify({ type: 'idp-session-ended', detail }))
  }
  return [next, [...effects, ...notices]]
}

/**
 * A renewal is over: nothing is on the wire any more. An answer that extended nothing must not make the next renewal
 * due at once, or client and server would talk in a circle.
 */
export function settle([state, effects]: Step, moment: Moment): Step {
  if (state.status !== 'authenticated') return [state, effects]
  const { session, renewal } = state
  const due = renewal.status === 'idle' ? renewal : idle(session, moment)
  if (due.status !== 'idle' || due.dueAt === null)
    return keepAfter({ ...state, renewal: due }, effects, moment)
  const pause = session.access.expiresAt > moment.now ? SHORTEST_PAUSE : LONG_PAUSE
  const dueAt = Math.max(due.dueAt, moment.now + pause)
  return keepAfter({ ...state, renewal: { status: 'idle', dueAt } }, effects, moment)
}

const keepAfter = (state: Authenticated, effects: readonly Effect[], moment: Moment): Step => {
  const [next, kept] = keep(state, moment)
  return [next, [...kept, ...effects.filter((effect) => effect.type !== 'alarm')]]
}

/** Stay authenticated: say when to look again, and warn once where the end of the app session is near. */
export function keep(state: Authenticated, moment: Moment): Step {
  const endsAt = appEndsAt(state.session)
  const warnAt = warningAt(state.session)
  const warn = moment.now >= warnAt && moment.now < endsAt && state.warnedFor !== endsAt
  const next: Authenticated = warn ? { ...state, warnedFor: endsAt } : state
  const effects: Effect[] = [{ type: 'alarm', at: nextAlarm(next, moment.now) }]
  if (warn) effects.push(notify({ type: 'expiring', detail: { endsAt, timeLeft: endsAt - moment.now } }))
  return [next, effects]
}

/** The next moment at which something is due by itself. */
function nextAlarm({ session, renewal, warnedFor }: Authenticated, now: number): number {
  const endsAt = appEndsAt(session)
  const moments = [session.app.endsAt, now < endsAt ? endsAt : now + ASK_AGAIN]
  if (warnedFor !== endsAt && now < endsAt) moments.push(warningAt(session))
  if (renewal.status === 'waiting') moments.push(renewal.retryAt)
  if (renewal.status === 'idle' && renewal.dueAt !== null) moments.push(renewal.dueAt)
  if (renewal.status === 'idle' && renewal.dueAt === null) moments.push(session.access.expiresAt)
  return Math.min(...moments)
}

const warningAt = (session: Session): number => {
  const endsAt = appEndsAt(session)
  return endsAt - Math.min(WARNING, (endsAt - session.app.startedAt) / 4)
}

const fresh = (session: Session, moment: Moment): Authenticated => ({
  status: 'authenticated',
  session,
  renewal: idle(session, moment),
})

/** Nothing on the wire; the next renewal is due at `dueAt`, or never where nothing can be extended. */
function idle(session: Session, { now, random }: Moment): Renewal {
  if (!isExtendable(session, now)) return { status: 'idle', dueAt: null }
  const cap = Math.min(session.idp.endsAt ?? Infinity, session.access.extendableUntil ?? Infinity)
  const dueAt = refreshAt(now, session.access.expiresAt, random)
  return { status: 'idle', dueAt: dueAt < cap ? dueAt : null }
}

const notify = (notice: Notice): Effect => ({ type: 'notify', notice })
