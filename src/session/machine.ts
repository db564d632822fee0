/**
 * The session machine: one pure function from a state and an event to the next state and what is to be done.
 * Only an answer ends a session; a failure to get one is waited out. A tick is a hint: what is due is decided from the
 * session's own times, so a late or an early one does no harm.
 */
import { NetworkError } from '../errors.js'
import type { EndReason, SessionError } from '../errors.js'
import { consequences } from './changes.js'
import { dueAt, idle, isAboutOver, isAskedFor, lookAtEnd, overAt, warningAt } from './due.js'
import type { Effect, Rules, SessionEvent } from './events.js'
import {
  appEndsAt,
  defaultIdpEndPolicy,
  endReasonOf,
  isExtendable,
  isSameSession,
  signedIn,
  withIdpEnded,
} from './session.js'
import type { Authenticated, Renewal, Session, SessionState } from './session.js'
import { retryDelay } from './timing.js'

/** The next state, and the effects in the order in which they are due. */
export type Step = readonly [SessionState, readonly Effect[]]

/** The state before anything is known. */
export const initialState: SessionState = { status: 'loading' }

const defaultRules: Rules = { idpEnd: defaultIdpEndPolicy, keeper: 'bff' }

/** The least time between two renewals, and what it is where the last one brought nothing that is still valid. */
const SHORTEST_PAUSE = 1_000
const LONG_PAUSE = 10_000

/** An event, the rules it meets, and where it leaves what does not follow from the change of state alone. */
type Case = SessionEvent & Rules & { readonly effects: Effect[] }
type CaseOf<Type extends SessionEvent['type']> = Extract<Case, { type: Type }>

/** What becomes of an event. Returns the same state where nothing changes. */
export function transition(state: SessionState, event: SessionEvent, rules: Rules = defaultRules): Step {
  const effects: Effect[] = []
  const next = change(state, { ...event, ...rules, effects })
  return [next, [...consequences(state, next, event.now), ...effects]]
}

function change(state: SessionState, here: Case): SessionState {
  const { status } = state
  switch (here.type) {
    case 'restored':
      // What is over here is not begun anew for a moment because it is not yet over elsewhere.
      if (status === 'unauthenticated' && isAboutOver(here.session, here.now)) return state
      return status === 'redirecting' ? state : adopt(state, here.session, here)
    case 'absent':
      if (status !== 'loading' && status !== 'authenticated') return state
      tell(here)
      return over(here, here.reason ?? (status === 'authenticated' || state.was ? 'unknown' : undefined))
    case 'restore-failed': {
      if (status !== 'loading') return state
      const { error } = here
      if (state.error?.code !== error.code) tell(here)
      const attempt = (state.attempt ?? 0) + 1
      return { ...state, error, attempt, retryAt: retryAt(attempt, here) }
    }
    case 'login':
    case 'logout':
      // A log-out on its way is never overtaken by a log-in.
      if (status === 'redirecting' && (state.to === 'logout' || here.type === 'login')) return state
      return { status: 'redirecting', to: here.type }
    case 'login-failed':
      if (status === 'redirecting' && state.to === 'logout') return state
      tell(here)
      if (status === 'loading') return { ...state, error: here.error }
      return status === 'authenticated' ? state : over(here)
    case 'logged-out':
      tell(here)
      return status === 'authenticated' || (status === 'redirecting' && state.to === 'login')
        ? state
        : over(here, 'logout')
    case 'logout-incomplete':
      here.effects.push({ type: 'logout-incomplete', detail: { left: here.left } })
      return state
    case 'page-restored':
      // While loading, the question is under way or its next try is set. Otherwise the page may be a picture of the past.
      if (status !== 'loading') ask(here)
      return status === 'redirecting' ? initialState : state
    case 'doubted':
      if (status !== 'authenticated') return state
      ask(here)
      return { status: 'loading', was: { ...state, renewal: idle(state.session, here) } }
  }
  if (status === 'authenticated') return whileAuthenticated(state, here)
  if (here.type !== 'tick' || status !== 'loading') return state
  const { retryAt: due, ...rest } = state
  if (due === undefined || (here.now < due && !here.woke)) return state
  ask(here)
  return rest
}

function whileAuthenticated(
  state: Authenticated,
  here: CaseOf<'tick' | 'renew' | 'renewed' | 'renew-failed' | 'idp-ended'>,
): SessionState {
  const { session, renewal } = state
  const { now } = here
  switch (here.type) {
    case 'tick': {
      const past = overBy(state, here)
      if (past) return over(here, ...past)
      const next = lookedAt(state, here)
      // An idle end that the BFF has not confirmed yet.
      if (now >= appEndsAt(session)) return next
      const isDue = now >= dueAt(renewal) || (here.woke && renewal.status === 'waiting')
      return isDue ? renewing(next, here) : next
    }
    case 'renew': {
      const past = overBy(state, here)
      if (past) return over(here, ...past)
      const isPausing = renewal.status === 'waiting' || now >= session.access.expiresAt
      const mayNot = renewal.status === 'renewing' || (!here.forced && isPausing && now < dueAt(renewal))
      return mayNot || !isExtendable(session, now) ? state : renewing(state, here)
    }
    case 'renewed':
      // Another session in answer to a renewal is the session now. Without one it is a late answer: ask again.
      if (isSameSession(session, here.session) || renewal.status === 'renewing') {
        return adopt(state, here.session, here, true)
      }
      ask(here)
      return state
    case 'renew-failed': {
      if (renewal.status !== 'renewing') return state
      const { attempt } = renewal
      const { error } = here
      return { ...state, renewal: { status: 'waiting', attempt, retryAt: retryAt(attempt, here), error } }
    }
    case 'idp-ended': {
      const { endedBy, idpEnd } = here
      const policy = endedBy === 'logout' ? idpEnd.logout : idpEnd.expired
      if (policy === 'end' || now >= session.access.expiresAt) return over(here, endReasonOf(endedBy))
      if (session.idp.status === 'ended') return state
      const ended = withIdpEnded(session, endedBy)
      return { ...state, session: ended, renewal: idle(ended, here) }
    }
  }
}

/** When it is tried again: later after each failure, and never sooner than the server asked for. */
const retryAt = (
  attempt: number,
  { now, random, error }: CaseOf<'restore-failed' | 'renew-failed'>,
): number => now + retryDelay(attempt, random, error instanceof NetworkError ? error.retryAfter : undefined)

/** There is no session (any more): why, since when, and what went wrong, as far as there is anything to say. */
function over(here: Case, reason?: EndReason, since?: number): SessionState {
  const error = errorIn(here)
  const endedAt = ('endedAt' in here && here.endedAt) || (since ?? here.now)
  return { status: 'unauthenticated', ...(reason && { reason, endedAt }), ...(error && { error }) }
}

/**
 * This is the session now: a new one, or news of the one that is there; `answered`: as the answer to its renewal. Another user's or
 * another authentication's session inherits nothing. Over is over: once its IDP session has ended, late news changes nothing about its access.
 */
function adopt(state: SessionState, news: Session, here: Case, answered = false): SessionState {
  const known = state.status === 'loading' ? state.was : signedIn(state)
  if (known === undefined || !isSameSession(known.session, news)) {
    return warned({ status: 'authenticated', session: news, renewal: idle(news, here) }, here)
  }
  const { session: old, askedAt } = known
  const session = old.idp.status === 'ended' ? { ...news, idp: old.idp, access: old.access } : news
  const renewal = answered ? settled(session, here) : renewalAfter(known, session, here)
  const isEnd = appEndsAt(session) === appEndsAt(old)
  const span = Math.max(known.span ?? 0, appEndsAt(session) - here.now)
  const end = isEnd ? { askedAt } : { askedAt: undefined, span }
  return warned({ ...known, session, renewal, ...end }, here)
}

/**
 * A renewal was answered: nothing is on the wire any more. An answer that extended nothing must not make the next
 * renewal due at once, or client and server would talk in a circle.
 */
const settled = (session: Session, here: Case): Renewal =>
  idle(session, here, session.access.expiresAt > here.now ? SHORTEST_PAUSE : LONG_PAUSE)

/** Where the renewal stands after news: one on the wire may land, a wait goes on unless there is nothing to wait for. */
function renewalAfter({ session: old, renewal }: Authenticated, session: Session, here: Case): Renewal {
  const { expiresAt, extendable, extendableUntil } = session.access
  const isAsItWas =
    renewal.status === 'idle'
      ? expiresAt === old.access.expiresAt &&
        extendable === old.access.extendable &&
        extendableUntil === old.access.extendableUntil
      : renewal.status === 'renewing' || expiresAt <= old.access.expiresAt
  return isAsItWas && session.idp.status !== 'ended' ? renewal : idle(session, here)
}

/** On its way, or not possible any more: slept over a cap. */
function renewing(state: Authenticated, here: Case): Authenticated {
  const { session, renewal } = state
  const attempt = renewal.status === 'waiting' ? renewal.attempt + 1 : 1
  const next = isExtendable(session, here.now)
    ? ({ status: 'renewing', attempt } as const)
    : idle(session, here)
  return { ...state, renewal: next }
}

/** Why the session is over by now, and since when, if time alone says so: who slept over it is told the moment all the same. */
function overBy(state: Authenticated, { now, keeper }: Case): [EndReason, number] | undefined {
  const { session } = state
  const endsAt = isAskedFor(session, keeper) ? session.app.endsAt : appEndsAt(session)
  if (now >= endsAt) return ['app_session_over', endsAt]
  const isOverAt = overAt(state)
  return now >= isOverAt ? [endReasonOf(session.idp.endedBy), isOverAt] : undefined
}

/** The end of the app session is near: asked about where the BFF keeps it, and the user warned of it otherwise. */
function lookedAt(state: Authenticated, here: Case): Authenticated {
  const { now, keeper } = here
  if (!isAskedFor(state.session, keeper)) return warned(state, here)
  if (now < lookAtEnd(state) && now < appEndsAt(state.session)) return state
  ask(here)
  return { ...state, askedAt: now }
}

/** Warned, once, where the end of the app session is near. */
function warned(state: Authenticated, { now }: Case): Authenticated {
  const endsAt = appEndsAt(state.session)
  const isNear = now >= warningAt(state.session, state.span) && now < endsAt
  return isNear && state.warnedFor !== endsAt ? { ...state, warnedFor: endsAt } : state
}

const errorIn = (here: Case): SessionError | undefined => ('error' in here ? here.error : undefined)

function tell(here: Case): void {
  const error = errorIn(here)
  if (error) here.effects.push({ type: 'error', detail: { error } })
}

const ask = ({ effects }: Case): void => void effects.push({ type: 'restore' })
