/** The session client: one app session, kept in step with the session at the IDP. */
import { pagePlatform } from '../browser/platform.js'
import type { Platform } from '../browser/platform.js'
import type { SessionEvents } from '../session/events.js'
import { sessionIn } from '../session/session.js'
import type { Criteria, Session, SessionState } from '../session/session.js'
import { absentPage } from './absent-page.js'
import { createFetch } from './fetch.js'
import { createLeaving } from './leaving.js'
import { createLoopBreaker } from './loop.js'
import { createListening } from './listening.js'
import type { OAuthClient } from './oauth-client.js'
import { checkOptions } from './options.js'
import type { LoginOptions, LogoutOptions, SessionClientOptions } from './options.js'
import { createQuestions, leftByBack, missing } from './questions.js'
import { createRuntime } from './runtime.js'
import type { StateListener } from './runtime.js'

export type { Criteria, Session, SessionState }

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
  /** Stops timers and listeners. Using a stopped client starts it again. */
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
   * The session, once it meets the criteria: renews silently, or sends the user to authenticate, and back to `returnTo` (default:
   * the current address), and does not settle before the page is left.
   * @throws SessionError `criteria_unmet` for criteria no authentication can meet, `gesture_required` where the user came Back
   *   without having authenticated; what `login` throws
   */
  require(criteria: Criteria, options?: Pick<LoginOptions, 'returnTo'>): Promise<Session>
  /**
   * Renews access now: the user stays. Resolves with the session as it is where nothing can be extended (`access.extendable`).
   * @throws SessionEndedError; NetworkError where no answer came
   */
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
  const { idpEnd, resources } = checkOptions(options, platform && platform.address().origin)
  const { oauth } = options
  if (platform === null) return absentPage(oauth)

  const navigate = options.navigate ?? platform.replaceAddress
  const loop = createLoopBreaker(platform)
  const connection = oauth.open(platform)
  let stopListening: (() => void) | undefined
  let starting: Promise<unknown> | undefined

  const runtime = createRuntime(
    { idpEnd, keeper: oauth.keeper },
    {
      restore: () => void questions.restore(),
      renew: () => void questions.renew(),
      forget: () => connection.forget(),
    },
    platform.clock,
    platform.random,
  )
  const { getState } = runtime
  const questions = createQuestions({ connection, runtime, platform, loop, navigate, keeper: oauth.keeper })
  const { login, logout } = createLeaving({ connection, runtime, platform, loop, navigate })

  const start = async (): Promise<SessionState> => {
    stopListening ??= createListening({
      connection,
      runtime,
      questions,
      platform,
      login,
      keeper: oauth.keeper,
    })
    runtime.run()
    await (starting ??= questions.restore())
    return getState()
  }

  const require: SessionClient['require'] = async (criteria, options) => {
    for (let back; ; back = await questions.back()) {
      await start()
      const session = await questions.session(criteria)
      if (session !== null) return session
      // Who came Back did not want to: they would be sent away from here for ever.
      if (back) throw leftByBack()
      // No parameter asks for methods: authenticating anew is the way to use others.
      const demand = criteria.amr && !criteria.acr ? { ...criteria, maxAge: 0 } : criteria
      await login({ ...options, criteria: demand })
    }
  }

  connection.access = async (refused) => {
    await start()
    if (refused === true) await questions.restore()
    const session = await questions.session({})
    if (session === null) throw missing(getState())
    return session
  }
  return {
    oauth,
    getState,
    subscribe: runtime.subscribe,
    on: runtime.on,
    start,
    stop() {
      stopListening?.()
      stopListening = starting = undefined
      questions.stop()
      runtime.rest()
    },
    login,
    logout,
    require,
    async refresh() {
      await start()
      connection.use?.()
      const session = await questions.renewed(true)
      loop.used()
      return session
    },
    async checkSession() {
      const error = await questions.restore()
      if (error !== undefined) throw error
      return sessionIn(getState()) ?? null
    },
    fetch: createFetch({
      platform,
      connection,
      resources,
      questions,
      runtime,
      start,
      stepUp: require,
      used: () => loop.used(),
    }),
  }
}
