/** The two ways to leave the page: to log in, and to log out. Each one at a time. */
import type { Platform } from '../browser/platform.js'
import { SessionError } from '../errors.js'
import { checkCriteria } from './check.js'
import { loginError } from './login-error.js'
import type { LoopBreaker } from './loop.js'
import type { Connection } from './oauth-client.js'
import type { LoginOptions, LogoutOptions } from './options.js'
import { withPatience } from './patience.js'
import { returnPath } from './return-to.js'
import { guarded } from './runtime.js'
import type { Runtime } from './runtime.js'

export interface Leaving {
  login(options?: LoginOptions): Promise<void>
  logout(options?: LogoutOptions): Promise<void>
}

/** What it works with. */
export interface LeavingFrom {
  readonly connection: Connection
  readonly runtime: Runtime
  readonly platform: Platform
  readonly loop: LoopBreaker
  readonly navigate: (url: string) => void
}

/** Makes the session client's `login` and `logout`. */
export function createLeaving({ connection, runtime, platform, loop, navigate }: LeavingFrom): Leaving {
  const { getState, dispatch } = runtime
  const { clock } = platform
  let loggingIn: Promise<void> | undefined
  let loggingOut: Promise<void> | undefined
  /** What went wrong since the session began: a step-up that failed, which the state does not hold. */
  let refused: SessionError | undefined
  runtime.on('authenticated', () => (refused = undefined))
  runtime.on('error', ({ error }) => (refused = error))

  const login = async ({ returnTo, ...request }: LoginOptions): Promise<void> => {
    const state = getState()
    if (state.status === 'redirecting') return
    const path = returnPath(returnTo, platform.address())
    checkCriteria(request.criteria ?? {})
    const cause = state.status === 'authenticated' ? refused : state.error
    if (cause !== undefined && !platform.hasGesture()) {
      const message = 'Show its cause, and let the user start the next login.'
      throw new SessionError('gesture_required', message, { cause })
    }
    try {
      if (loop.isLoop()) throw loginError('login_loop')
      const url = await withPatience(clock, (signal) =>
        connection.loginUrl({ ...request, returnTo: path }, signal),
      )
      dispatch({ type: 'login' })
      const now = getState()
      if (now.status === 'redirecting' && now.to === 'login') platform.leave(url)
    } catch (error) {
      if (error instanceof SessionError) dispatch({ type: 'login-failed', error })
      throw error
    }
  }

  const logout = async ({ returnTo, scope = 'idp' }: LogoutOptions): Promise<void> => {
    const path = returnPath(returnTo ?? '/', platform.address())
    loop.used()
    // Sent before anything is forgotten.
    const ended = withPatience(clock, () =>
      connection.logout({ scope, returnTo: path }, (left) => dispatch({ type: 'logout-incomplete', left })),
    )
    dispatch({ type: 'logout' })
    try {
      const url = await ended
      if (url !== null) return platform.leave(url)
      if (returnTo !== undefined || scope === 'idp') guarded(() => navigate(path))
      dispatch({ type: 'logged-out' })
    } catch (error) {
      if (error instanceof SessionError) dispatch({ type: 'logged-out', error })
      throw error
    }
  }

  return {
    login: (options = {}) => (loggingIn ??= login(options).finally(() => (loggingIn = undefined))),
    logout: (options = {}) => (loggingOut ??= logout(options).finally(() => (loggingOut = undefined))),
  }
}
