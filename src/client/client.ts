/** The session client: one app session, kept in step with the session at the IDP. */
import { pagePlatform } from '../browser/platform.js'
import type { Platform } from '../browser/platform.js'
import type { Wake } from '../browser/wake.js'
import type { SessionError } from '../errors.js'
import type { SessionEvents } from '../session/events.js'
import { isSameSession, sessionIn } from '../session/session.js'
import type { Criteria, Session, SessionState } from '../session/session.js'
import { absentPage } from './absent-page.js'
import { createFetch } from './fetch.js'
import { createLeaving } from './leaving.js'
import { createLoopBreaker } from './loop.js'
import type { News, OAuthClient } from './oauth-client.js'
import { checkOptions } from './options.js'
import type { LoginOptions, LogoutOptions, SessionClientOptions } from './options.js'
import { createQuestions, leftByBack, missing } from './questions.js'
import { createRuntime } from './runtime.js'
import type { StateListener } from './runtime.js'

export type { Criteria, Session, SessionState }

/** How soon, ms, a page that wakes asks again whether its session is there. */
const WAKE_PAUSE = 10_000
/** How long what the user does is the app's to answer, ms. */
const COMEBACK_AFTER = 500

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

  const { clock } = platform
  const navigate = options.navigate ?? platform.replaceAddress
  const loop = createLoopBreaker(platform)
  const connection = oauth.open(platform)
  let stopListening: (() => void) | undefined
  let starting: Promise<unknown> | undefined
  let askedAt = 0

  const runtime = createRuntime(
    { idpEnd, keeper: oauth.keeper },
    {
      restore: () => void questions.restore(),
      renew: () => void questions.renew(),
      forget: () => connection.forget(),
    },
    clock,
    platform.random,
  )
  const { getState, dispatch } = runtime
  const questions = createQuestions({ connection, runtime, platform, loop, navigate, keeper: oauth.keeper })
  const { login, logout } = createLeaving({ connection, runtime, platform, loop, navigate })

  const ask = (): Promise<SessionError | undefined> => {
    askedAt = clock.now()
    return questions.restore()
  }

  /** What the connection learnt by itself. Messages may come late: about a session of before, or as it was before. */
  const hear = (news: News): void => {
    const session = sessionIn(getState())
    if (news.type === 'suspicion') void questions.restore(true)
    else if (news.type !== 'restored') {
      if (session?.ref === news.ref) dispatch(news)
    } else if (
      session === undefined ||
      !isSameSession(session, news.session) ||
      session.access.expiresAt <= news.session.access.expiresAt
    )
      dispatch(news)
  }

  const wake = (sign: Wake): void => {
    const session = sessionIn(getState())
    // Another user may be looking at this page by now.
    if (session && connection.isCurrent?.(session) === false) dispatch({ type: 'doubted' })
    if (sign === 'restored') dispatch({ type: 'page-restored' })
    dispatch({ type: 'tick', woke: true })
    const state = getState()
    // The BFF knows whether the session was ended while this page slept, and by whom; a renewal tells, too. Or the user signed
    // in in another tab.
    const mayHaveChanged =
      state.status === 'authenticated'
        ? state.renewal.status !== 'renewing'
        : state.status === 'unauthenticated' && state.error === undefined
    if (oauth.keeper === 'bff' && mayHaveChanged && clock.now() >= askedAt + WAKE_PAUSE) void ask()
  }

  /**
   * The answer to a refresh got lost, and with it the only token that was good: the session at the IDP may well live. When the user
   * does something next, and the app makes nothing of it, the IDP is asked without a page (`prompt=none`).
   */
  const act = (): void => {
    const isLost = (): boolean => {
      const state = getState()
      return state.status === 'unauthenticated' && state.reason === 'refresh_lost' && !state.error
    }
    if (isLost())
      clock.at(clock.now() + COMEBACK_AFTER, () => {
        if (isLost()) void login({ prompt: 'none' }).catch(() => {})
      })
  }

  const listen = (): (() => void) => {
    const stops = [
      platform.onWake(wake),
      platform.onActivity(act),
      // Slept, or the clock was set: the BFF or IDP is asked what time it is, before anything is over by a wrong one.
      clock.onJump(() => void ask()),
      connection.watch?.(hear),
    ]
    return () => stops.forEach((stop) => stop?.())
  }

  const start = async (): Promise<SessionState> => {
    stopListening ??= listen()
    runtime.run()
    await (starting ??= ask())
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
    if (refused === true) await ask()
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
      const session = await questions.renewed(true)
      loop.used()
      return session
    },
    async checkSession() {
      const error = await ask()
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
