/** One state of each kind at {@link now}, frozen, and their names. */
import { CallbackError } from '../../src/errors.js'
import type { Renewal, SessionState } from '../../src/session/session.js'
import { aSession, frozen, MINUTE, offline, SECOND, T0 } from './sessions.js'

export const now = T0 + MINUTE
/** The session of all of them. */
export const session = aSession()
/** When its renewal is due. */
export const dueAt = T0 + 4 * MINUTE - 3 * SECOND
export const denied = new CallbackError(
  'state_mismatch',
  'The answer does not belong to a login of this browser.',
)

export const having = (renewal: Renewal, of = session): SessionState =>
  frozen({ status: 'authenticated', session: of, renewal })

export const states = {
  loading: frozen<SessionState>({ status: 'loading' }),
  retrying: frozen<SessionState>({ status: 'loading', error: offline, retryAt: now + SECOND, attempt: 3 }),
  unauthenticated: frozen<SessionState>({ status: 'unauthenticated', reason: 'logout' }),
  toLogin: frozen<SessionState>({ status: 'redirecting', to: 'login' }),
  toLogout: frozen<SessionState>({ status: 'redirecting', to: 'logout' }),
  idle: having({ status: 'idle', dueAt }),
  renewing: having({ status: 'renewing', attempt: 2 }),
  waiting: having({ status: 'waiting', attempt: 2, retryAt: now + SECOND, error: offline }),
}
export type StateName = keyof typeof states

/** A state in a few words. */
export function named(state: SessionState): string {
  switch (state.status) {
    case 'loading':
      return state.retryAt === undefined ? 'loading' : 'retrying'
    case 'unauthenticated':
      return `unauthenticated(${[state.reason, state.error?.code].filter(Boolean).join()})`
    case 'redirecting':
      return `redirecting(${state.to})`
    case 'authenticated':
      return `${state.session.ref} ${state.renewal.status}`
  }
}
