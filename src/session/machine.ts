/**
 * The session machine: one pure function from a state and an event to the next state and what is to be done.
 * Only an answer ends a session; a failure to get one is waited out. A tick is a hint: what is due is decided from the
 * session's own times, so a late or an early one does no harm.
 */
import { adopt, end, keep, restoring, settle } from './changes.js'
import type { Authenticated, Step } from './changes.js'
import type { Effect, Rules, SessionEvent } from './events.js'
import { defaultIdpEndPolicy, endReasonOf, isExtendable, withIdpEnded, appEndsAt } from './session.js'
import type { IdpEnd, SessionState } from './session.js'
import { retryDelay } from './timing.js'

/** The state before anything is known. */
export const initialState: SessionState = { status: 'loading' }

const defaultRules: Rules = { idpEnd: defaultIdpEndPolicy, keeper: 'bff' }

/** The next state, and the effects in the order in which they are due. Returns the same state where nothing changes. */
export function transition(state: SessionState, event: SessionEvent, rules: Rules = defaultRules): Step {
  switch (event.type) {
    case 'restored':
      return state.status === 'redirecting' ? [state, []] : adopt(state, event.session, event)
    case 'absent':
      return absent(state, event)
    case 'restore-failed':
      return restoreFailed(state, event)
    case 'login':
      return leave(state, 'login')
    case 'login-failed':
      return loginFailed(state, event)
    case 'logout':
      return leave(state, 'logout')
    case 'page-restored':
      return pageRestored(state)
    case 'tick':
      return tick(state, event, rules)
    default:
      return state.status === 'authenticated' ? whileAuthenticated(state, event, rules) : [state, []]
  }
}

type EventOf<Type extends SessionEvent['type']> = Extract<SessionEvent, { type: Type }>

function absent(state: SessionState, { reason, error }: EventOf<'absent'>): Step {
  if (state.status === 'authenticated') return end(state, reason ?? 'unknown', error)
  // A log-out that has nowhere to go, for the IDP has no end-session endpoint, is over with this answer.
  const loggedOut = state.status === 'redirecting' && state.to === 'logout' && reason === 'logout'
  if (state.status !== 'loading' && !loggedOut) return [state, []]
  const next: SessionState = {
    status: 'unauthenticated',
    ...(reason !== undefined && { reason }),
    ...(error !== undefined && { error }),
  }
  return [next, [{ type: 'alarm', at: null }, { type: 'forget' }, ...told(error)]]
}

function restoreFailed(state: SessionState, event: EventOf<'restore-failed'>): Step {
  if (state.status === 'authenticated') return keep(state, event)
  if (state.status !== 'loading') return [state, []]
  const attempt = (state.attempt ?? 0) + 1
  const retryAt = event.now + retryDelay(attempt, event.random, event.retryAfter)
  const effects: Effect[] = [{ type: 'alarm', at: retryAt }]
  if (state.error?.code !== event.error.code) effects.push(...told(event.error))
  return [{ status: 'loading', error: event.error, retryAt, attempt }, effects]
}

function leave(state: SessionState, to: 'login' | 'logout'): Step {
  // A log-out on its way is never overtaken by a log-in.
  if (state.status === 'redirecting' && (state.to === to || to === 'login')) return [state, []]
  const next: SessionState = { status: 'redirecting', to }
  const effects: Effect[] = [{ type: 'alarm', at: null }]
  if (state.status === 'authenticated') {
    effects.push({ type: 'unwatch' })
    if (to === 'logout') {
      const detail = { reason: 'logout', session: state.session } as const
      effects.push({ type: 'forget' }, { type: 'notify', notice: { type: 'ended', detail } })
    }
  }
  return [next, effects]
}

function loginFailed(state: SessionState, { error }: EventOf<'login-failed'>): Step {
  if (state.status === 'authenticated') return [state, told(error)]
  if (state.status === 'redirecting' && state.to === 'logout') return [state, []]
  return [{ status: 'unauthenticated', error }, [{ type: 'alarm', at: null }, ...told(error)]]
}

function pageRestored(state: SessionState): Step {
  if (state.status === 'redirecting') return restoring()
  return state.status === 'authenticated' ? [state, [{ type: 'restore' }]] : [state, []]
}

function tick(state: SessionState, event: EventOf<'tick'>, rules: Rules): Step {
  if (state.status === 'loading') {
    const due = state.retryAt !== undefined && (event.woke === true || event.now >= state.retryAt)
    if (!due) return [state, state.retryAt === undefined ? [] : [{ type: 'alarm', at: state.retryAt }]]
    const { retryAt: _, ...rest } = state
    return [rest, [{ type: 'alarm', at: null }, { type: 'restore' }]]
  }
  if (state.status !== 'authenticated') return [state, []]
  const { session, renewal } = state
  if (event.now >= session.app.endsAt) return end(state, 'app_session_over')
  if (event.now >= appEndsAt(session)) {
    if (rules.keeper === 'page') return end(state, 'app_session_over')
    const [kept, effects] = keep(state, event)
    return [kept, [{ type: 'restore' }, ...effects]]
  }
  if (event.now >= session.access.expiresAt && !isExtendable(session, event.now)) {
    return end(state, endReasonOf(session.idp.endedBy))
  }
  const due =
    (renewal.status === 'idle' && renewal.dueAt !== null && event.now >= renewal.dueAt) ||
    (renewal.status === 'waiting' && (event.woke === true || event.now >= renewal.retryAt))
  return due ? renew(state, event) : keep(state, event)
}

function renew(state: Authenticated, event: SessionEvent): Step {
  if (!isExtendable(state.session, event.now)) return keep(state, event)
  const attempt = state.renewal.status === 'waiting' ? state.renewal.attempt + 1 : 1
  const [kept, effects] = keep({ ...state, renewal: { status: 'renewing', attempt } }, event)
  return [kept, [{ type: 'renew' }, ...effects]]
}

function whileAuthenticated(
  state: Authenticated,
  event: EventOf<'renew' | 'renewed' | 'renew-failed' | 'idp-ended' | 'ended'>,
  rules: Rules,
): Step {
  const { session, renewal } = state
  switch (event.type) {
    case 'renew':
      if (renewal.status === 'renewing' || (renewal.status === 'waiting' && !event.forced)) return [state, []]
      return renew(state, event)
    case 'renewed': {
      // Over is over: a late answer extends nothing once the IDP session of this very session has ended.
      if (session.ref === event.session.ref && session.idp.status === 'ended') return keep(state, event)
      return settle(adopt(state, event.session, event), event)
    }
    case 'renew-failed': {
      if (renewal.status !== 'renewing') return [state, []]
      const { attempt } = renewal
      const retryAt = event.now + retryDelay(attempt, event.random, event.retryAfter)
      const waiting = {
        ...state,
        renewal: { status: 'waiting', attempt, retryAt, error: event.error },
      } as const
      const [kept, effects] = keep(waiting, event)
      const detail = { error: event.error, retryAt }
      return [kept, [...effects, { type: 'notify', notice: { type: 'refresh-failed', detail } }]]
    }
    case 'idp-ended':
      return idpEnded(state, event.endedBy, event, rules)
    case 'ended':
      return end(state, event.reason)
  }
}

function idpEnded(state: Authenticated, endedBy: IdpEnd, event: SessionEvent, rules: Rules): Step {
  const policy = endedBy === 'logout' ? rules.idpEnd.logout : rules.idpEnd.expired
  if (policy === 'end' || event.now >= state.session.access.expiresAt) return end(state, endReasonOf(endedBy))
  return adopt(state, withIdpEnded(state.session, endedBy), event)
}

const told = (error: Parameters<typeof end>[2]): Effect[] =>
  error === undefined ? [] : [{ type: 'notify', notice: { type: 'error', detail: { error } } }]
