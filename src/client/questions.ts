/** What the session client asks the BFF or IDP, one at a time, and what it makes of the answers. */
import type { Platform } from '../browser/platform.js'
import { NetworkError, SessionEndedError, SessionError } from '../errors.js'
import { decide } from '../session/access.js'
import type { Rules } from '../session/events.js'
import { appEndsAt, sessionIn, signedIn } from '../session/session.js'
import type { Criteria, Session, SessionState } from '../session/session.js'
import { checkCriteria } from './check.js'
import type { LoopBreaker } from './loop.js'
import type { Absent, Connection, Restored } from './oauth-client.js'
import { PATIENCE, withPatience } from './patience.js'
import { guarded } from './runtime.js'
import type { Runtime } from './runtime.js'

/** A renewal on the wire is given more, ms: its answer may hold the only token that is still good. */
const RENEWAL_PATIENCE = 30_000

export interface Questions {
  /**
   * Asks whether there is a session and tells the machine. `anew`: an answer to a question that is under way may be of before.
   * Resolves with the error where no answer came.
   */
  restore(anew?: boolean): Promise<SessionError | undefined>
  /** When that was asked last, ms since the epoch in the server's clock. */
  askedAt(): number
  /** Renews access and tells the machine; what the machine's `renew` effect does. */
  renew(): Promise<void>
  /**
   * The session with its access renewed. `forced`: whatever this page or another tab has renewed already, and though the last try
   * failed just now. @throws SessionEndedError; NetworkError where no answer came */
  renewed(forced?: boolean): Promise<Session>
  /** The session if it meets the criteria, renewed where that is due; null where the user has to authenticate. */
  session(criteria: Criteria): Promise<Session | null>
  /** Waits while the page is being left: resolves if it is not left after all. */
  back(): Promise<SessionState>
  /** Asks no longer whether there is a session. A renewal on the wire is allowed to land. */
  stop(): void
}

/** What it works with. */
export interface Asking {
  readonly connection: Connection
  readonly runtime: Runtime
  readonly platform: Pick<Platform, 'clock' | 'leave'>
  readonly loop: LoopBreaker
  readonly navigate: (url: string) => void
  readonly keeper: Rules['keeper']
}

export function createQuestions(world: Asking): Questions {
  const { connection, runtime, platform, loop, navigate, keeper } = world
  const { getState, dispatch, subscribe } = runtime
  const { clock } = platform
  let stopped = new AbortController()
  let restoring: Promise<SessionError | undefined> | undefined
  let demanded = false
  let isOld = false
  let askedAt = 0
  let isBack = false
  // Only Back leads from there to here. Unless there is a new session then, the next login is the user's to start: they wanted
  // away from it, and browsers drop a navigation that begins while a page is restored.
  subscribe(({ status }, previous) => {
    isBack ||= status === 'loading' && previous.status === 'redirecting'
  })

  const conclude = ({ returnTo, returned, error, ...answer }: Restored): void => {
    if (isBack && !returned) error ??= leftByBack()
    isBack = false
    if (returned) loop.returned((answer.type === 'restored' && !error && answer.session.ref) || null)
    if (returnTo !== undefined) guarded(() => navigate(returnTo))
    if (getState().status === 'redirecting') return
    if (answer.type === 'leaving') {
      dispatch({ type: 'login' })
      return platform.leave(answer.url)
    }
    dispatch({ ...answer, ...(error && { error }) })
    if (answer.type === 'restored' && error) dispatch({ type: 'login-failed', error })
  }

  const askForSession = async ({ signal }: AbortController): Promise<SessionError | undefined> => {
    let returned = false
    let why: Pick<Absent, 'reason' | 'endedAt'> | undefined
    try {
      for (;;) {
        const before = standing(getState())
        isOld = false
        const answer = await withPatience(clock, (limit) => connection.restore(limit), PATIENCE, signal)
        const now = standing(getState())
        // Told once, and true of whatever is found then.
        returned ||= answer.returned === true
        if (answer.type === 'absent' && answer.reason)
          why ??= { reason: answer.reason, endedAt: answer.endedAt }
        // A renewal, another session or an end came in between: what was asked before is no longer the truth.
        if (isOld || (now !== before && now !== 'redirecting')) continue
        conclude({ ...answer, ...(answer.type === 'absent' && why), returned })
        return undefined
      }
    } catch (error) {
      if (!(error instanceof SessionError)) throw error
      if (!signal.aborted) dispatch({ type: 'restore-failed', error })
      return error
    }
  }

  const restore: Questions['restore'] = (anew = false) => {
    isOld ||= anew
    if (restoring !== undefined) return restoring
    askedAt = clock.now()
    const asked = askForSession(stopped).finally(() => {
      if (restoring === asked) restoring = undefined
    })
    return (restoring = asked)
  }

  const renew: Questions['renew'] = async () => {
    const session = sessionIn(getState())
    if (session === undefined) return
    const how = { demanded }
    demanded = false
    // The answer belongs to the session it was asked for.
    const isThere = (): boolean => sessionIn(getState())?.ref === session.ref
    try {
      const answer = await withPatience(
        clock,
        (signal) => connection.renew(session, how, signal),
        RENEWAL_PATIENCE,
      )
      if (isThere()) dispatch(answer.type === 'restored' ? { ...answer, type: 'renewed' } : answer)
    } catch (error) {
      const now = sessionIn(getState())
      if (now === undefined || !isThere()) return
      // The answer got lost, but what it was about has come on another way: to ask again would be to renew once more.
      if (now.access.expiresAt > session.access.expiresAt) dispatch({ type: 'renewed', session: now })
      else dispatch({ type: 'renew-failed', error: error as SessionError })
    }
  }

  /** Resolves with the first state that passes, now or later. */
  const when = (passes: (state: SessionState) => boolean): Promise<SessionState> =>
    new Promise((resolve) => {
      const look = (state: SessionState): void => {
        if (!passes(state)) return
        stop()
        resolve(state)
      }
      const stop = subscribe(look)
      look(getState())
    })

  const back = (): Promise<SessionState> => when((state) => state.status !== 'redirecting')

  const renewed: Questions['renewed'] = async (forced = false) => {
    demanded ||= forced
    dispatch({ type: 'renew', forced })
    const state = await when(
      (now) => now.status !== 'redirecting' && signedIn(now)?.renewal.status !== 'renewing',
    )
    demanded = false
    if (state.status !== 'authenticated') throw missing(state)
    if (state.renewal.status === 'waiting') throw state.renewal.error
    return state.session
  }

  const session: Questions['session'] = async (criteria) => {
    checkCriteria(criteria)
    dispatch({ type: 'tick' })
    for (let extended = false; ;) {
      const state = await back()
      const found = sessionIn(state)
      const isLive = found !== undefined && clock.now() < appEndsAt(found)
      if (!isLive && restoring !== undefined) {
        await restoring
        continue
      }
      if (state.status === 'loading') throw missing(state)
      if (found === undefined) return null
      const decision = decide(found, criteria, clock.now())
      if (decision.outcome === 'allow') return found
      if (decision.outcome === 'extend') {
        if (extended) throw new NetworkError('timeout', 'Access was renewed and has expired already.')
        await renewed()
        extended = true
        continue
      }
      // Its idle end has come, but the BFF, which keeps it, has not said so.
      if (decision.why === 'app_session_over') throw missing({ status: 'loading' })
      if (decision.why === 'criteria_unmet') {
        const { unmet } = decision
        const denied = unmet.some((one) => /^(roles|user)$/.test(one))
          ? 'This user has no access here, and no login changes that. Show that access is denied.'
          : // `/login` takes no scope: which one is asked for is the BFF's to say.
            keeper === 'bff' &&
            unmet.includes('scope') &&
            'A login brings this scope only where idp.scope of the BFF names it. Name it there, then log in anew.'
        if (denied) throw new SessionError('criteria_unmet', denied)
      }
      return null
    }
  }

  return {
    restore,
    askedAt: () => askedAt,
    renew,
    renewed,
    session,
    back,
    stop() {
      stopped.abort(new SessionEndedError('unknown', 'The session client was stopped.'))
      stopped = new AbortController()
      restoring = undefined
    },
  }
}

/** The error where the user came Back to a page that was left. */
export const leftByBack = (): SessionError =>
  new SessionError('gesture_required', 'Back again: let the user start the next login.')

/** The error for a call that has no session to be made with. */
export function missing(state: SessionState): SessionError {
  if (state.status !== 'loading') {
    return new SessionEndedError((state.status === 'unauthenticated' && state.reason) || 'unknown')
  }
  return (
    state.error ??
    new NetworkError('timeout', 'Whether there is a session is not known yet. Try again in a moment.')
  )
}

/** What an answer about the session is about: while this stays the same, the answer holds. */
const standing = (state: SessionState): Session | SessionState['status'] => sessionIn(state) ?? state.status
