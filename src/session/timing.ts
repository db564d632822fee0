/** Maths about time. No clock here: every moment is an argument. All values are ms. */

/** How far before expiry access is renewed at most. */
export const RENEWAL_MARGIN = 60_000

/** Tolerance for times an IDP puts into tokens. */
export const CLOCK_TOLERANCE = 60_000

const FIRST_RETRY = 1_000
const LONGEST_RETRY = 60_000
/** No server keeps us waiting for longer: a mistaken `Retry-After` must not be a dead end. */
const LONGEST_REQUEST = 3_600_000

/**
 * When access is due for renewal: a margin of 60 s or a third of its life, whichever is less, and up to a tenth of
 * that margin earlier still, so that many clients do not come at once.
 * @param random from 0 (inclusive) to 1 (exclusive)
 */
export function refreshAt(obtainedAt: number, expiresAt: number, random: number): number {
  const margin = renewalMargin(obtainedAt, expiresAt)
  return expiresAt - margin - Math.floor(margin * 0.1 * random)
}

/** The margin before expiry at which access is renewed: min(60 s, a third of its life). */
export function renewalMargin(obtainedAt: number, expiresAt: number): number {
  return Math.min(RENEWAL_MARGIN, Math.max(0, expiresAt - obtainedAt) / 3)
}

/**
 * How long to wait before trying once more: doubling from 1 s to 60 s with half of it random, and never less than the
 * server asked for (`Retry-After`), up to an hour.
 * @param attempt 1 after the first failure
 */
export function retryDelay(attempt: number, random: number, retryAfter = 0): number {
  const ceiling = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(attempt - 1, 16))
  const asked = Math.min(retryAfter || 0, LONGEST_REQUEST)
  return Math.max(asked, Math.round(ceiling / 2 + (ceiling / 2) * random))
}

/** Limits of an app session, in seconds: as in the configuration's `session`. */
export interface Lifetimes {
  /** Ends it when the user does nothing for so long; absent or 0: no idle limit. */
  readonly idle?: number
  /** Ends it whatever the user does. */
  readonly absolute: number
}

/** The ends of an app session that started at `startedAt` and was last used at `usedAt`. */
export function appSessionEnds(
  { idle, absolute }: Lifetimes,
  startedAt: number,
  usedAt: number,
): { startedAt: number; idleEndsAt?: number; endsAt: number } {
  const endsAt = startedAt + absolute * 1000
  if (idle === undefined || idle === 0) return { startedAt, endsAt }
  return { startedAt, idleEndsAt: Math.min(usedAt + idle * 1000, endsAt), endsAt }
}
