/** The few ways a state changes, shared by the rows of the machine. Pure. */
import type { EndReason, SessionError } from '../errors.js'
import type { Effect, Notice, Rules, SessionEvent, SessionEvents } from './events.js'
import { appEndsAt, isExtendable, isSameSession } from './session.js'
import type { Renewal, Session, SessionState } from './session.js'
import { refreshAt } from './timing.js'

export type Authenticated = Extract<SessionState, { status: 'authenticated' }>

/** The next state and what is to be done. */
export type Step = readonly [SessionState, readonly Effect[]]

/** When something happened, and who keeps the app session. */
type Moment = Pick<SessionEvent, 'now' | 'random'> & Pick<Rules, 'keeper'>

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
  const next: SessionState = { status: 'unauthenticated', reason, ...(error && { error }) }
  const ended = notify('ended', { reason, session: state.session })
  return [next, [{ type: 'alarm', at: null }, { type: 'unwatch' }, { type: 'forget' }, ended, ...told(error)]]
}

/**
 * This is the session now: a new one, or news of the one that is there. Another user's or another authentication's
 * session inherits nothing, not even a watcher: the old one ends first.
 */
export function adopt(state: SessionState, session: Session, moment: Moment): Step {
  if (state.status !== 'authenticated') return begin(session, moment)
  const old = state.session
  if (isSameSession(old, session)) return update(state, session, moment)
  const reason = old.user.sub === session.user.sub ? 'replaced' : 'user_changed'
  const ended = notify('ended', { reason, session: old })
  const [next, effects] = begin(session, moment)
  return [next, [{ type: 'unwatch' }, ended, ...effects]]
}

function begin(session: Session, moment: Moment): Step {
  const state: Authenticated = { status: 'authenticated', session, renewal: idle(session, moment) }
  const [next, effects] = keep(state, moment, notify('authenticated', { session }))
  return [next, [{ type: 'watch' }, ...effects]]
}

/**
 * News of the session that is there; `answered`: as the answer to its renewal. Over is over: once its IDP session has
 * ended, late news changes nothing about its access.
 */
export function update(state: Authenticated, news: Session, moment: Moment, answered = false): Step {
  const old = state.session
  const wasOver = old.idp.status === 'ended'
  const session = wasOver ? { ...news, idp: old.idp, access: old.access } : news
  const notices: Effect[] = []
  const { idp, access } = session
  if (access.expiresAt > old.access.expiresAt) notices.push(notify('refreshed', { session }))
  if (idp.status === 'ended' && !wasOver) {
    notices.push(notify('idp-session-ended', { endedBy: idp.endedBy ?? 'unknown', until: access.expiresAt }))
  }
  const renewal = answered ? settled(session, moment) : renewalAfter(state, session, moment)
  return keep({ ...state, session, renewal }, moment, ...notices)
}

/** Where the renewal stands after news: one on the wire may land, a wait goes on unless there is nothing to wait for. */
function renewalAfter({ session: old, renewal }: Authenticated, session: Session, moment: Moment): Renewal {
  if (session.idp.status === 'ended') return idle(session, moment)
  if (renewal.status === 'renewing') return renewal
  const { expiresAt, extendable, extendableUntil } = session.access
  if (renewal.status === 'waiting' && expiresAt <= old.access.expiresAt) return renewal
  const unchanged =
    expiresAt === old.access.expiresAt &&
    extendable === old.access.extendable &&
    extendableUntil === old.access.extendableUntil
  return unchanged ? renewal : idle(session, moment)
}

/**
 * A renewal was answered: nothing is on the wire any more. An answer that extended nothing must not make the next
 * renewal due at once, or client and server would talk in a circle.
 */
function settled(session: Session, moment: Moment): Renewal {
  const { dueAt } = idle(session, moment)
  const pause = session.access.expiresAt > moment.now ? SHORTEST_PAUSE : LONG_PAUSE
  return { status: 'idle', dueAt: dueAt === null ? null : Math.max(dueAt, moment.now + pause) }
}

/** Stay authenticated: say when to look again, tell the news, and warn once where the end of the app session is near. */
export function keep(state: Authenticated, moment: Moment, ...news: readonly Effect[]): Step {
  const { now } = moment
  const endsAt = appEndsAt(state.session)
  const warn = now >= warningAt(state.session) && now < endsAt && state.warnedFor !== endsAt
  const next: Authenticated = warn ? { ...state, warnedFor: endsAt } : state
  const effects: Effect[] = [{ type: 'alarm', at: nextAlarm(next, moment) }, ...news]
  if (warn) effects.push(notify('expiring', { endsAt, timeLeft: endsAt - now }))
  return [next, effects]
}

/** The next moment at which something is due by itself; one that has passed is due at once. */
function nextAlarm({ session, renewal, warnedFor }: Authenticated, { now, keeper }: Moment): number {
  const endsAt = appEndsAt(session)
  // The idle end has come, and the BFF has not confirmed it yet: until it has, nothing else is due.
  if (keeper === 'bff' && now >= endsAt) return Math.min(session.app.endsAt, now + ASK_AGAIN)
  const moments = [endsAt]
  if (warnedFor !== endsAt) moments.push(warningAt(session))
  if (renewal.status === 'waiting') moments.push(renewal.retryAt)
  if (renewal.status === 'idle' && renewal.dueAt !== null) moments.push(renewal.dueAt)
  if (renewal.status !== 'renewing') moments.push(accessOverAt(session))
  return Math.min(...moments)
}

/** When access is over and nothing can extend it any more; `Infinity` where that is not known. */
const accessOverAt = ({ access, idp }: Session): number =>
  access.extendable && idp.status !== 'ended'
    ? Math.max(access.expiresAt, access.extendableUntil ?? Infinity)
    : access.expiresAt

const warningAt = (session: Session): number => {
  const endsAt = appEndsAt(session)
  return endsAt - Math.min(WARNING, (endsAt - session.app.startedAt) / 4)
}

/** Nothing on the wire; the next renewal is due at `dueAt`, or never where nothing can be extended by then. */
export function idle(session: Session, { now, random }: Moment): Extract<Renewal, { status: 'idle' }> {
  const dueAt = refreshAt(now, session.access.expiresAt, random)
  const extendable = isExtendable(session, now) && isExtendable(session, dueAt)
  return { status: 'idle', dueAt: extendable ? dueAt : null }
}

/** A fact for the app, as an effect. */
export const notify = <Type extends keyof SessionEvents>(
  type: Type,
  detail: SessionEvents[Type],
): Effect => ({
  type: 'notify',
  notice: { type, detail } as Notice,
})

/** The error, told to the app; nothing where there is none. */
export const told = (error: SessionError | undefined): Effect[] =>
  error === undefined ? [] : [notify('error', { error })]
