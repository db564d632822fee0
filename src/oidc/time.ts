/** Learns the server's time from what servers say. */
import type { Answer, Http } from './http.js'
import type { World } from './settings.js'

/** How long the app's own server is waited for, only to be asked the time. ms */
const PATIENCE = 3_000

export interface Timekeeper {
  /**
   * Learns from an answer of the IDP: its `Date`, or the `iat` of its ID token (s). Where that contradicts the device and nothing
   * says who is wrong, the app's own server is asked.
   */
  learn(answer: Answer, iat: unknown): Promise<void>
  /** Where the clock is unsure, asks the app's own server, and trusts the device where that tells no time. @throws NetworkError */
  assure(): Promise<void>
}

/** @param tolerance for times of the IDP, ms */
export function createTimekeeper(
  http: Http,
  { clock, address }: Pick<World, 'clock' | 'address'>,
  tolerance: number,
): Timekeeper {
  const learnFrom = ({ headers, askedAt, answeredAt }: Answer): boolean => {
    const time = timeIn(headers)
    if (time !== undefined) clock.learn(time, askedAt, answeredAt)
    return time !== undefined
  }
  // What a cache has may be of yesterday.
  const ask = async (): Promise<boolean> =>
    learnFrom(await http(address().origin, PATIENCE, undefined, { cache: 'no-store' }))

  let assuring: Promise<void> | undefined
  const assure = async (): Promise<void> => {
    if (!clock.isSure() && !(await ask())) clock.trust()
  }

  return {
    async learn(answer, iat) {
      if (learnFrom(answer) || typeof iat !== 'number') return
      // Whole seconds: on average half of one is missing.
      const issuedAt = iat * 1000 + 500
      if (Math.abs(issuedAt - clock.now()) > tolerance && (await ask().catch(() => false))) return
      clock.learn(issuedAt, answer.askedAt, answer.answeredAt)
    },
    assure: () => (assuring ??= assure().finally(() => (assuring = undefined))),
  }
}

/** The time that an answer names, and how long a cache on the way has had it. ms since the epoch */
function timeIn(headers: Headers): number | undefined {
  const date = Date.parse(headers.get('Date') ?? '')
  // Whole seconds: on average half of one is missing.
  return Number.isNaN(date) ? undefined : date + 500 + 1000 * (Number(headers.get('Age')) || 0)
}
