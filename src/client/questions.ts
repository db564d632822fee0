/** What the session client asks the BFF or IDP, one at a time, and what it makes of the answers. */
import type { Platform } from '../browser/platform.js'
import { NetworkError, SessionEndedError, SessionError } from '../errors.js'
import { decide } from '../session/access.js'
import type { Criteria, Session, SessionState } from '../session/session.js'
import type { LoopBreaker } from './loop.js'
import type { Connection, Restored } from './oauth-client.js'
import type { Runtime } from './runtime.js'

/** How long an answer is waited for, ms: `start()` settles within it. */
const PATIENCE = 10_000
/** A renewal on the wire is given more: its answer may hold the only token that is still good. */
const RENEWAL_PATIENCE = 30_000

export interface Questions {
  /** Asks whether there is a session and tells the machine. Rejects only where an answer is demanded and none came. */
  restore(options?: { readonly mustAnswer: boolean }): Promise<void>
  /** Renews access and tells the machine; what the machine's `renew` effect does. */
  renew(): Promise<void>
  /** The session with its access renewed. @throws SessionEndedError; NetworkError where no answer came */
  renewed(how: { readonly forced: boolean; readonly demanded?: boolean }): Promise<Session>
  /** The session if it meets the criteria, renewed where that is due; null where the user has to authenticate. */
  session(criteria: Criteria): Promise<Session | null>
  /** The session, renewed where that is due. @throws SessionEndedError where there is none */
  access(criteria: Criteria): Promise<Session>
  /** Waits while the page is being left: resolves if it is not left after all. */
  back(): Promise<void>
  /** Asks anything with a bound on time. */
  ask<T>(question: (signal: AbortSignal) => Promise<T>, patience?: number): Promise<T>
  abort(): void
}

/** What it works with. */
export interface Asking {
  readonly connection: Connection
  readonly runtime: Runtime
  readonly platform: Pick<Platform, 'clock' | 'leave'>
  readonly loop: LoopBreaker
  readonly navigate: (url: string) => void
}

export function createQuestions({ connection, runtime, platform, loop, navigate }: Asking): Questions {
  const { getState, dispatch, subscribe } = runtime
  const { clock } = platform
  let stopped = new AbortController()
  let restoring: Promise<void> | undefined
  let demanded = false

  const ask: Questions['ask'] = (question, patience = PATIENCE) => {
    const limit = new AbortController()
    const late = new NetworkError('timeout', `No answer came within ${patience / 1000} s.`)
    const cancel = clock.at(clock.now() + patience, () => limit.abort(late))
    const signal = AbortSignal.any([limit.signal, stopped.signal])
    const given = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    return Promise.race([question(signal), given])
      .finally(cancel)
      .catch(rethrow)
  }

  const conclude = (answer: Restored): void => {
    if (answer.returned === true) {
      loop.returned(answer.outcome === 'session' ? answer.session.ref : String(clock.device()))
    }
    if (answer.returnTo !== undefined) navigate(answer.returnTo)
    if (answer.outcome === 'session') return dispatch({ type: 'restored', session: answer.session })
    if (answer.outcome === 'absent') {
      const { reason, error } = answer
      return dispatch({ type: 'absent', ...(reason && { reason }), ...(error && { error }) })
    }
    dispatch({ type: 'login' })
    platform.leave(answer.url)
  }

  const askForSession = async (): Promise<void> => {
    for (;;) {
      const before = sessionIn(getState())
      const answer = await ask((signal) => connection.restore(signal))
      // A renewal or another session came in between: what was asked before is no longer the truth.
      if (before !== undefined && sessionIn(getState()) !== before && sessionIn(getState()) !== undefined)
        continue
      return conclude(answer)
    }
  }

  const restore: Questions['restore'] = async ({ mustAnswer } = { mustAnswer: false }) => {
    restoring ??= askForSession().finally(() => (restoring = undefined))
    try {
      await restoring
    } catch (error) {
      if (stopped.signal.aborted || !(error instanceof SessionError)) return
      const retryAfter = error instanceof NetworkError ? error.retryAfter : undefined
      dispatch({ type: 'restore-failed', error, ...(retryAfter !== undefined && { retryAfter }) })
      if (mustAnswer) throw error
    }
  }

  const renew: Questions['renew'] = async () => {
    const session = sessionIn(getState())
    if (session === undefined) return
    const how = { demanded }
    demanded = false
    try {
      const answer = await ask((signal) => connection.renew(session, how, signal), RENEWAL_PATIENCE)
      // The answer belongs to the session it was asked for.
      if (sessionIn(getState())?.ref !== session.ref) return
      if (answer.outcome === 'session') dispatch({ type: 'renewed', session: answer.session })
      else if (answer.outcome === 'ended') dispatch({ type: 'ended', reason: answer.reason })
      else dispatch({ type: 'idp-ended', endedBy: answer.endedBy })
    } catch (error) {
      if (stopped.signal.aborted || !(error instanceof SessionError)) return
      const retryAfter = error instanceof NetworkError ? error.retryAfter : undefined
      dispatch({ type: 'renew-failed', error, ...(retryAfter !== undefined && { retryAfter }) })
    }
  }

  /** Resolves with the first state that passes, now or later. */
  const when = (passes: (state: SessionState) => boolean): Promise<SessionState> =>
    new Promise((resolve) => {
      if (passes(getState())) return resolve(getState())
      const stop = subscribe((state) => {
        if (!passes(state)) return
        stop()
        resolve(state)
      })
    })

  const renewed: Questions['renewed'] = async (how) => {
    demanded ||= how.demanded === true
    dispatch({ type: 'renew', forced: how.forced })
    const state = await when((now) => now.status !== 'authenticated' || now.renewal.status !== 'renewing')
    demanded = false
    if (state.status !== 'authenticated') throw ended(state)
    if (state.renewal.status === 'waiting') throw state.renewal.error
    return state.session
  }

  const session: Questions['session'] = async (criteria) => {
    dispatch({ type: 'tick' })
    await restoring?.catch(() => {})
    const state = await when((now) => now.status !== 'redirecting')
    if (state.status === 'loading')
      throw state.error ?? new NetworkError('timeout', 'The session is still unknown.')
    if (state.status !== 'authenticated') return null
    const decision = decide(state.session, criteria, clock.now())
    if (decision.outcome === 'allow') return state.session
    if (decision.outcome === 'extend') {
      const next = await renewed({ forced: false })
      if (decide(next, criteria, clock.now()).outcome === 'allow') return next
      throw new NetworkError('idp_unavailable', 'Access was renewed but has expired already.')
    }
    if (decision.why === 'criteria_unmet' && decision.unmet.every((one) => one === 'roles')) {
      throw new SessionError(
        'criteria_unmet',
        'The user does not have the role this needs; signing in anew adds none.',
      )
    }
    return null
  }

  return {
    restore,
    renew,
    renewed,
    session,
    async access(criteria) {
      const found = await session(criteria)
      if (found === null) throw ended(getState())
      return found
    },
    back: async () => void (await when((state) => state.status !== 'redirecting')),
    ask,
    abort() {
      stopped.abort(new SessionEndedError('unknown', 'The session client was stopped.'))
      stopped = new AbortController()
      restoring = undefined
    },
  }
}

/** The error for a call that has no session. */
export const ended = (state: SessionState): SessionEndedError =>
  new SessionEndedError((state.status === 'unauthenticated' && state.reason) || 'unknown')

const sessionIn = (state: SessionState): Session | undefined =>
  state.status === 'authenticated' ? state.session : undefined

// What is not an error of ours is a failure to get an answer: never the end of a session.
function rethrow(error: unknown): never {
  if (error instanceof SessionError) throw error
  throw new NetworkError(
    'network_failed',
    `No usable answer: ${error instanceof Error ? error.message : String(error)}`,
    {
      cause: error,
    },
  )
}
