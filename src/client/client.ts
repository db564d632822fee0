/** The session client: one app session, kept in step with the session at the IDP. */
import { pagePlatform } from '../browser/platform.js'
import type { Platform } from '../browser/platform.js'
import { CallbackError, SessionEndedError, SessionError } from '../errors.js'
import type { SessionEvents } from '../session/events.js'
import type { Criteria, Session, SessionState } from '../session/session.js'
import { createFetch } from './fetch.js'
import { createLoopBreaker } from './loop.js'
import type { OAuthClient } from './oauth-client.js'
import { checkOptions } from './options.js'
import type { LoginOptions, LogoutOptions, SessionClientOptions } from './options.js'
import { createQuestions } from './questions.js'
import { resolveResources } from './resources.js'
import { returnPath } from './return-to.js'
import { createRuntime } from './runtime.js'
import type { StateListener } from './runtime.js'

/** One app session in this page (DESIGN §5). */
export interface SessionClient<A extends OAuthClient = OAuthClient> {
  /** What was given as `oauth`; `client.oauth.getAccessToken()` exists where it holds a token. */
  readonly oauth: A
  getState(): SessionState
  /** Hears of every change of state; returns the way to stop. */
  subscribe(listener: StateListener): () => void
  /** Hears of facts, each once; returns the way to stop. */
  on<Type extends keyof SessionEvents>(
    type: Type,
    listener: (detail: SessionEvents[Type]) => void,
  ): () => void
  /**
   * Once at boot: finishes a login whose answer is in the address bar, or restores a session; has then put `returnTo` into the
   * address bar. Settles within 10 s; without an answer the state stays `loading` with an error, and trying goes on.
   */
  start(): Promise<SessionState>
  /** Stops timers and listeners. A stopped client can be started again. */
  stop(): void
  /**
   * Sends the user to authenticate.
   * @throws CallbackError `login_loop`; SessionError `gesture_required` while an error is shown and the user did nothing;
   *   NetworkError where the IDP does not answer
   */
  login(options?: LoginOptions): Promise<void>
  /** Ends the session here, and at the IDP unless `scope` is `app`. @throws NetworkError where the BFF was not reached */
  logout(options?: LogoutOptions): Promise<void>
  /**
   * The session, once it meets the criteria: renews silently, or sends the user to authenticate and does not settle
   * before the page is left.
   * @throws SessionError `criteria_unmet` for criteria no authentication can meet; what `login` throws
   */
  require(criteria: Criteria): Promise<Session>
  /** Renews access now: the user stays. @throws SessionEndedError; NetworkError where no answer came */
  refresh(): Promise<Session>
  /** Asks once more whether there is a session. @throws NetworkError where no answer came */
  checkSession(): Promise<Session | null>
  /** `fetch` with the session's credentials for the listed resources, and for nothing else. */
  readonly fetch: typeof globalThis.fetch
}

/**
 * Makes the session client of a page. Touches nothing before `start()`.
 * @param platform the outside world; the page itself unless a test gives another
 * @throws ConfigurationError naming the option and the fix
 */
export function createSessionClient<A extends OAuthClient>(
  options: SessionClientOptions<A>,
  platform: Platform | null = pagePlatform(),
): SessionClient<A> {
  const idpEnd = checkOptions(options, platform)
  const { oauth } = options
  if (platform === null) return absentPage(oauth)

  const { clock } = platform
  const navigate = options.navigate ?? platform.replaceAddress
  const loop = createLoopBreaker(platform)
  const connection = oauth.open(platform)
  let stopWaking: (() => void) | undefined
  let watching = false
  let starting: Promise<SessionState> | undefined
  let leaving: Promise<void> | undefined

  const runtime = createRuntime(
    { idpEnd, keeper: oauth.keeper },
    {
      restore: () => void questions.restore(),
      renew: () => void questions.renew(),
      forget: () => connection.forget(),
      watch: () => (watching = true),
      unwatch: () => (watching = false),
    },
    clock,
    platform.random,
  )
  const { getState, dispatch } = runtime
  const questions = createQuestions({ connection, runtime, platform, loop, navigate })

  const start = (): Promise<SessionState> => {
    stopWaking ??= platform.onWake((wake) => {
      if (wake === 'restored') dispatch({ type: 'page-restored' })
      if (watching || getState().status === 'loading') dispatch({ type: 'tick', woke: true })
    })
    return (starting ??= questions.restore().then(getState))
  }

  const login = ({ returnTo, ...request }: LoginOptions = {}): Promise<void> => {
    const state = getState()
    if (state.status === 'redirecting') return leaving ?? Promise.resolve()
    return (leaving ??= (async () => {
      const path = returnPath(returnTo, platform.address())
      if ('error' in state && state.error !== undefined && !platform.hasGesture()) {
        throw new SessionError('gesture_required', 'Show the error and let the user start the next login.', {
          cause: state.error,
        })
      }
      try {
        if (loop.isLoop()) throw new CallbackError('login_loop', LOOP)
        const url = await questions.ask((signal) =>
          connection.loginUrl({ ...request, returnTo: path }, signal),
        )
        dispatch({ type: 'login' })
        const now = getState()
        if (now.status === 'redirecting' && now.to === 'login') platform.leave(url)
      } catch (error) {
        if (error instanceof SessionError) dispatch({ type: 'login-failed', error })
        throw error
      }
    })().finally(() => (leaving = undefined)))
  }

  const logout = async ({ returnTo = '/', scope = 'idp' }: LogoutOptions = {}): Promise<void> => {
    const path = returnPath(returnTo, platform.address())
    loop.used()
    const ended = connection.logout({ scope, returnTo: path })
    dispatch(scope === 'idp' ? { type: 'logout' } : { type: 'ended', reason: 'logout' })
    try {
      const url = await ended
      if (url !== null) return platform.leave(url)
      dispatch({ type: 'logged-out' })
      if (returnTo !== '/' || scope === 'idp') navigate(path)
    } catch (error) {
      if (error instanceof SessionError) dispatch({ type: 'logged-out', error })
      throw error
    }
  }

  const require = async (criteria: Criteria): Promise<Session> => {
    for (;;) {
      await start()
      const session = await questions.session(criteria)
      if (session !== null) return session
      await login({ criteria })
      await questions.back()
    }
  }

  connection.access = () => questions.access({})
  return {
    oauth,
    getState,
    subscribe: runtime.subscribe,
    on: runtime.on,
    start,
    stop() {
      stopWaking?.()
      stopWaking = starting = undefined
      questions.abort()
      runtime.rest()
    },
    login,
    logout,
    require,
    async refresh() {
      await start()
      const session = await questions.renewed({ forced: true, demanded: true })
      loop.used()
      return session
    },
    async checkSession() {
      await questions.restore({ mustAnswer: true })
      const state = getState()
      return state.status === 'authenticated' ? state.session : null
    },
    fetch: createFetch({
      platform,
      connection,
      resources: resolveResources(options.resources ?? [], platform.address().origin),
      questions,
      runtime,
      start,
      stepUp: (criteria) => require(criteria),
      used: () => loop.used(),
    }),
  }
}

const LOOP =
  'Signing in came back three times within a minute and did not lead to a session that works. ' +
  'Wait a minute, then try again; if it goes on, tell the operator of this app.'

/** Where there is no page, on a server: shows `loading`, does nothing, throws nothing. */
function absentPage<A extends OAuthClient>(oauth: A): SessionClient<A> {
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
