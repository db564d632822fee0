/**
 * The session machine: one pure function from a state and an event to the next state and what is to be done.
 * Only an answer ends a session; a failure to get one is waited out. A tick is a hint: what is due is decided from the
 * session's own times, so a late or an early one does no harm.
 */
import { adopt, end, idle, keep, notify, restoring, told, update } from './changes.js'
import type { Authenticated, Step } from './changes.js'
import type { Effect, Rules, SessionEvent } from './events.js'
import {
  appEndsAt,
  defaultIdpEndPolicy,
  endReasonOf,
  isExtendable,
  isSameSession,
  withIdpEnded,
} from './session.js'
import type { EndReason, SessionState } from './session.js'
import { retryDelay } from './timing.js'

/** The state before anything is known. */
export const initialState: SessionState = { status: 'loading' }

const defaultRules: Rules = { idpEnd: defaultIdpEndPolicy, keeper: 'bff' }

/** An event, and the rules it meets. */
type Case = SessionEvent & Rules
type CaseOf<Type extends SessionEvent['type']> = Extract<Case, { type: Type }>

/** The next state, and the effects in the order in which they are due. Returns the same state where nothing changes. */
export function transition(state: SessionState, event: SessionEvent, rules: Rules = defaultRules): Step {
  const here: Case = { ...event, ...rules }
  switch (here.type) {
    case 'restored':
      return state.status === 'redirecting' ? [state, []] : adopt(state, here.session, here)
    case 'absent':
      return absent(state, here)
    case 'restore-failed':
      return restoreFailed(state, here)
    case 'login':
      return leave(state, 'login')
    case 'login-failed':
      return loginFailed(state, here)
    case 'logout':
      return leave(state, 'logout')
    case 'logged-out':
      return loggedOut(state, here)
    case 'page-restored':
      return pageRestored(state)
    case 'tick':
      return tick(state, here)
    default:
      return state.status === 'authenticated' ? whileAuthenticated(state, here) : [state, []]
  }
}

function absent(state: SessionState, { reason, error }: CaseOf<'absent'>): Step {
  if (state.status === 'authenticated') return end(state, reason ?? 'unknown', error)
  if (state.status !== 'loading') return [state, []]
  const next: SessionState = { status: 'unauthenticated', ...(reason && { reason }), ...(error && { error }) }
  return [next, [{ type: 'alarm', at: null }, { type: 'forget' }, ...told(error)]]
}

function restoreFailed(state: SessionState, here: CaseOf<'restore-failed'>): Step {
  if (state.status === 'authenticated') return keep(state, here)
  if (state.status !== 'loading') return [state, []]
  const { error } = here
  const attempt = (state.attempt ?? 0) + 1
  const retryAt = here.now + retryDelay(attempt, here.random, here.retryAfter)
  const news = state.error?.code === error.code ? [] : told(error)
  return [{ status: 'loading', error, retryAt, attempt }, [{ type: 'alarm', at: retryAt }, ...news]]
}

function leave(state: SessionState, to: 'login' | 'logout'): Step {
  // A log-out on its way is never overtaken by a log-in.
  if (state.status === 'redirecting' && (state.to === 'logout' || to === 'login')) return [state, []]
  const effects: Effect[] = [{ type: 'alarm', at: null }]
  if (state.status === 'authenticated') effects.push({ type: 'unwatch' })
  if (to === 'logout') effects.push({ type: 'forget' })
  if (to === 'logout' && state.status === 'authenticated') {
    effects.push(notify('ended', { reason: 'logout', session: state.session }))
  }
  return [{ status: 'redirecting', to }, effects]
}

function loginFailed(state: SessionState, { error }: CaseOf<'login-failed'>): Step {
  if (state.status === 'authenticated') return [state, told(error)]
  if (state.status === 'loading') return [{ ...state, error }, told(error)]
  if (state.status === 'redirecting' && state.to === 'logout') return [state, []]
  return [{ status: 'unauthenticated', error }, told(error)]
}

function loggedOut(state: SessionState, { error }: CaseOf<'logged-out'>): Step {
  const elsewhere =
    state.status === 'authenticated' || (state.status === 'redirecting' && state.to === 'login')
  if (elsewhere) return [state, told(error)]
  const next: SessionState = { status: 'unauthenticated', reason: 'logout', ...(error && { error }) }
  return [next, [{ type: 'alarm', at: null }, { type: 'forget' }, ...told(error)]]
}

function pageRestored(state: SessionState): Step {
  if (state.status === 'redirecting') return restoring()
  // While loading, the question is under way or its next try is set. Otherwise the page may be a picture of the past.
  return [state, state.status === 'loading' ? [] : [{ type: 'restore' }]]
}

function tick(state: SessionState, here: CaseOf<'tick'>): Step {
  if (state.status === 'loading') {
    const { retryAt, ...rest } = state
    if (retryAt === undefined) return [state, []]
    if (here.now < retryAt && here.woke !== true) return [state, [{ type: 'alarm', at: retryAt }]]
    return [rest, [{ type: 'alarm', at: null }, { type: 'restore' }]]
  }
  if (state.status !== 'authenticated') return [state, []]
  const reason = overBy(state, here)
  if (reason !== null) return end(state, reason)
  // An idle end that the BFF keeps: another tab may have moved it.
  if (here.now >= appEndsAt(state.session)) return keep(state, here, { type: 'restore' })
  const { renewal } = state
  const due =
    (renewal.status === 'idle' && renewal.dueAt !== null && here.now >= renewal.dueAt) ||
    (renewal.status === 'waiting' && (here.woke === true || here.now >= renewal.retryAt))
  if (!due) return keep(state, here)
  // Slept over a cap: what was due cannot be done any more.
  if (!isExtendable(state.session, here.now))
    return keep({ ...state, renewal: idle(state.session, here) }, here)
  return renew(state, here)
}

/** Why the session is over by now, if time alone says so. */
function overBy({ session, renewal }: Authenticated, { now, keeper }: Case): EndReason | null {
  const endsAt = keeper === 'page' ? appEndsAt(session) : session.app.endsAt
  if (now >= endsAt) return 'app_session_over'
  // A renewal on the wire is always allowed to land.
  const over = renewal.status !== 'renewing' && now >= session.access.expiresAt && !isExtendable(session, now)
  return over ? endReasonOf(session.idp.endedBy) : null
}

/** Whether there is a wait before the next try: the last failed, or brought access that is over already. */
function isPausing({ session, renewal }: Authenticated, now: number): boolean {
  if (renewal.status !== 'idle') return renewal.status === 'waiting'
  return now >= session.access.expiresAt && now < (renewal.dueAt ?? 0)
}

function renew(state: Authenticated, here: Case): Step {
  const attempt = state.renewal.status === 'waiting' ? state.renewal.attempt + 1 : 1
  return keep({ ...state, renewal: { status: 'renewing', attempt } }, here, { type: 'renew' })
}

function whileAuthenticated(
  state: Authenticated,
  here: CaseOf<'renew' | 'renewed' | 'renew-failed' | 'idp-ended' | 'ended'>,
): Step {
  const { session, renewal } = state
  switch (here.type) {
    case 'renew': {
      if (renewal.status === 'renewing' || (!here.forced && isPausing(state, here.now))) return [state, []]
      const reason = overBy(state, here)
      if (reason !== null) return end(state, reason)
      return isExtendable(session, here.now) ? renew(state, here) : [state, []]
    }
    case 'renewed':
      if (isSameSession(session, here.session)) return update(state, here.session, here, true)
      // Another session in answer to a renewal is the session now. Without one it is a late answer: ask again.
      if (renewal.status === 'renewing') return adopt(state, here.session, here)
      return keep(state, here, { type: 'restore' })
    case 'renew-failed':
      return renewFailed(state, here)
    case 'idp-ended': {
      const { endedBy, idpEnd } = here
      const policy = endedBy === 'logout' ? idpEnd.logout : idpEnd.expired
      if (policy === 'end' || here.now >= session.access.expiresAt) return end(state, endReasonOf(endedBy))
      if (session.idp.status === 'ended') return keep(state, here)
      return update(state, withIdpEnded(session, endedBy), here)
    }
    case 'ended':
      return end(state, here.reason)
  }
}

function renewFailed(state: Authenticated, here: CaseOf<'renew-failed'>): Step {
  if (state.renewal.status !== 'renewing') return [state, []]
  const { attempt } = state.renewal
  const { error } = here
  const retryAt = here.now + retryDelay(attempt, here.random, here.retryAfter)
  const next: Authenticated = { ...state, renewal: { status: 'waiting', attempt, retryAt, error } }
  return keep(next, here, notify('refresh-failed', { error, retryAt }))
}
