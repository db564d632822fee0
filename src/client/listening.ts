/** What a page learns without asking, and what it makes of that: signs of waking, news that the connection brings, the user's acts. */
import type { Platform } from '../browser/platform.js'
import type { Wake } from '../browser/wake.js'
import type { Rules } from '../session/events.js'
import { appEndsAt, isSameSession, sessionIn } from '../session/session.js'
import type { Session } from '../session/session.js'
import type { Leaving } from './leaving.js'
import type { Connection, News } from './oauth-client.js'
import type { Questions } from './questions.js'
import type { Runtime } from './runtime.js'

/** How soon, ms, a page that wakes asks again whether its session is there. */
const WAKE_PAUSE = 10_000
/** How long what the user does is the app's to answer, ms. */
const COMEBACK_AFTER = 500

/** What it works with. */
export interface Listening {
  readonly connection: Connection
  readonly runtime: Runtime
  readonly questions: Questions
  readonly platform: Platform
  readonly keeper: Rules['keeper']
  readonly login: Leaving['login']
}

/** Listens from now on. Returns the way to stop. */
export function createListening({
  connection,
  runtime: { getState, dispatch },
  questions,
  platform,
  keeper,
  login,
}: Listening): () => void {
  const { clock } = platform

  /** Messages may come late: about a session of before, or as it was before. */
  const hear = (news: News): void => {
    const session = sessionIn(getState())
    if (news.type === 'suspicion') void questions.restore(true)
    else if (news.type !== 'restored') {
      if (session?.ref === news.ref) dispatch(news)
    } else if (session === undefined || !isOlder(news.session, session)) dispatch(news)
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
    if (keeper === 'bff' && mayHaveChanged && clock.now() >= questions.askedAt() + WAKE_PAUSE)
      void questions.restore()
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

  const stops = [
    platform.onWake(wake),
    platform.onActivity(act),
    // Slept, or the clock was set: the BFF or IDP is asked what time it is, before anything is over by a wrong one.
    clock.onJump(() => void questions.restore()),
    connection.watch?.(hear),
  ]
  return () => stops.forEach((stop) => stop?.())
}

/** Whether this is the session as it was before: neither access nor the idle end goes back by itself. */
const isOlder = (news: Session, known: Session): boolean =>
  isSameSession(news, known) &&
  (news.access.expiresAt < known.access.expiresAt ||
    (news.access.expiresAt === known.access.expiresAt && appEndsAt(news) < appEndsAt(known)))
