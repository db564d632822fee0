/**
 * Leaves a token endpoint alone that is failing. Every session whose access has expired would ask it, each of its calls anew: an IDP that comes back would be
 * met by all of them at once, and until then each call would wait for its time-out. Only outages count: whatever the IDP answers, a refusal too, is an answer.
 */
import { retryDelay } from '../../session/timing.js'
import type { Edges } from '../edges.js'
import type { Log } from '../log.js'
import { createMeter } from '../rate-limit/rate.js'
import { NoAnswer } from './failures.js'

/** The breaker of one IDP. */
export interface Breaker {
  /**
   * How long the token endpoint is left alone yet, ms; 0: it may be asked, now. `isPaced`: by a page that spaces its tries itself. Some of these go ahead,
   * one a second in the long run, unless the IDP has said how long to wait: so that access comes as soon as it is back.
   */
  rest(isPaced?: boolean): number
  /** Whether it has answered, as far as is known. */
  readonly isClosed: boolean
  /** Asks; rejects with a {@link NoAnswer} where somebody else is trying just now whether it is back. */
  guard<Result>(ask: () => Promise<Result>): Promise<Result>
  /**
   * Asks in any case, and takes note of an answer. An outage is not counted: what is asked with is a visitor's, who may bring what an IDP stumbles over, and
   * must not keep everybody's access from being renewed.
   */
  watch<Result>(ask: () => Promise<Result>): Promise<Result>
}

/** How many outages in a row, of whatever sessions, make it failing. */
const OUTAGES = 5
/** How long it is left alone at most, ms; longer where it asks for that (`Retry-After`). */
const LONGEST = 15_000
/** How long those wait who come while one asks whether it is back, ms. */
const TRIAL = 1_000
/** How many of those ask whether it is back that space their tries themselves. */
const TRIALS = { burst: 10, perSecond: 1 }

/** Makes the breaker. */
export function createBreaker(edges: Pick<Edges, 'now' | 'random' | 'metrics'>, log: Log): Breaker {
  let outages = 0
  let pause = 0
  let until = -Infinity
  let isTold = false
  let trying = false
  const trials = createMeter(TRIALS, edges.now)
  // What was asked before it opened says nothing about how it is now.
  let turn = 0
  const isClosed = (): boolean => outages < OUTAGES

  const rest = (isPaced = false): number => {
    if (isClosed()) return 0
    if (trying) return TRIAL
    if (isPaced && !isTold) return trials.take('')
    const left = until - edges.now()
    // Longer than it was to be: the clock was put back.
    return left > pause ? 0 : Math.max(0, left)
  }

  const failed = (retryAfter: number | undefined): void => {
    outages++
    if (isClosed()) return
    const [byte = 0] = edges.random(1)
    const tries = outages - OUTAGES + 1
    pause = Math.max(Math.min(retryDelay(tries, byte / 256), LONGEST), retryAfter ?? 0)
    isTold = retryAfter !== undefined
    until = edges.now() + pause
    turn++
    edges.metrics.idpAnswers(false)
    log.warn(
      { event: 'idp_failing', tries, pause },
      'The token endpoint does not answer, or fails: it is left alone for a while. Sessions are kept.',
    )
  }
  const answered = (): void => {
    if (!isClosed()) log.info({ event: 'idp_answers' }, 'The token endpoint answers again.')
    outages = 0
    edges.metrics.idpAnswers(true)
  }

  const asked = async <Result>(ask: () => Promise<Result>, counts: boolean): Promise<Result> => {
    const mine = turn
    try {
      const result = await ask()
      answered()
      return result
    } catch (error) {
      if (!(error instanceof NoAnswer) || !error.isOutage) answered()
      else if (counts && mine === turn) failed(error.retryAfter)
      throw error
    }
  }

  return {
    rest,
    get isClosed() {
      return isClosed()
    },
    watch: (ask) => asked(ask, false),
    async guard(ask) {
      if (isClosed()) return asked(ask, true)
      if (trying)
        throw new NoAnswer('The token endpoint has not answered, and is being asked whether it is back.', {
          lost: false,
          retryAfter: TRIAL,
        })
      trying = true
      try {
        return await asked(ask, true)
      } finally {
        trying = false
      }
    },
  }
}
