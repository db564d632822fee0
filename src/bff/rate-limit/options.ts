/** Options of the rate limit. */
import type { Rate } from './rate.js'

/** How many requests are taken at once (`burst`), and how many more each second. What is absent has its default. */
export type RateOptions = false | Partial<Rate>

/** How often the doors may be used. Of one instance: each counts its own. */
export interface RateLimitOptions {
  /** `/login` and `/callback` together, by the address of the client. Default 300, and 20 a second. */
  readonly login?: RateOptions
  /** The doors of the session, by the address of the client. Default 1000, and 100 a second. */
  readonly address?: RateOptions
  /** The doors of the session, by session. Default 600, and 50 a second. */
  readonly session?: RateOptions
}

/** A limit: what it counts. */
export type LimitName = keyof RateLimitOptions

/** The limits; `null`: none. */
export type ResolvedRateLimit = Readonly<Record<LimitName, Rate | null>>

/**
 * No user meets these, and no office: 20 tabs of one session that wake at the same time ask two or three times each; a thousand users behind one address
 * may all sign in within a minute.
 */
const DEFAULTS: Readonly<Record<LimitName, Rate>> = {
  login: { burst: 300, perSecond: 20 },
  address: { burst: 1000, perSecond: 100 },
  session: { burst: 600, perSecond: 50 },
}

/** The limits with their defaults. */
export function rateLimitOf(given: false | RateLimitOptions = {}): ResolvedRateLimit {
  const one = (name: LimitName): Rate | null => {
    const rate = given === false ? false : (given[name] ?? {})
    return rate === false ? null : { ...DEFAULTS[name], ...rate }
  }
  return { login: one('login'), address: one('address'), session: one('session') }
}
