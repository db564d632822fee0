import { SessionEndedError } from '../errors.js'
import type { SessionState } from '../session/session.js'
import type { SessionClient } from './client.js'
import type { OAuthClient } from './oauth-client.js'

/** Where there is no page, on a server: shows `loading`, does nothing, throws nothing. */
export function absentPage<A extends OAuthClient>(oauth: A): SessionClient<A> {
  const state: SessionState = { status: 'loading' }
  const never = (): Promise<never> =>
    Promise.reject(new SessionEndedError('unknown', 'There is no page here.'))
  return {
    oauth,
    getState: () => state,
    subscribe: () => () => {},
    on: () => () => {},
    start: () => Promise.resolve(state),
    stop: () => {},
    login: never,
    logout: never,
    require: never,
    refresh: never,
    checkSession: () => Promise.resolve(null),
    fetch: never,
  }
}
