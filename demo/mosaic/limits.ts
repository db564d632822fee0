import type { Fault, Faults } from '../idp/faults.js'
import type { Endpoint } from '../idp/traffic.js'
import { apiErrorBody } from './answers.js'
import type { ApiDoor } from './api.js'

/** A door that can be made to answer 429: an OpenID Connect endpoint, or one of Mosaic's API. */
export type Door = Endpoint | ApiDoor

/** Mosaic's rate limits, whose numbers nobody publishes: they begin when a test says so. */
export interface Limits {
  /**
   * The next `times` requests (default: all from now on) at a door are answered 429. `retryAfter` (s, or an HTTP date) is sent
   * along; without it there is no `Retry-After`.
   */
  limit(door: Door, options?: { times?: number; retryAfter?: number | string }): void
  /** Ends what `limit` began, at one door or all, and every other fault there. */
  unlimit(door?: Door): void
}

const API_DOORS: readonly string[] = ['logout', 'sessions', 'sso_logout', 'backend'] satisfies ApiDoor[]
const isApiDoor = (door: Door): door is ApiDoor => API_DOORS.includes(door)

const apply = <D extends string>(faults: Faults<D>, door: D, fault: Fault, times?: number): void => {
  if (times === undefined) faults.set(door, fault)
  else faults.next(door, ...Array.from({ length: times }, () => fault))
}

/** @param oidc the faults of the provider @param api those of Mosaic's own API */
export const createLimits = (oidc: Faults, api: Faults<ApiDoor>): Limits => ({
  limit: (door, { times, retryAfter } = {}) => {
    const headers: Record<string, string> =
      retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
    const body = apiErrorBody(429, 'Too many requests')
    const fault: Fault = { kind: 'status', status: 429, body, headers }
    if (isApiDoor(door)) apply(api, door, fault, times)
    else apply(oidc, door, fault, times)
  },
  unlimit: (door) => {
    if (door === undefined || isApiDoor(door)) api.clear(door)
    if (door === undefined || !isApiDoor(door)) oidc.clear(door)
  },
})
