/**
 * Renewal of access: exactly one token request per expiry, whatever the number of calls and instances. Calls of one process share
 * it; instances take turns by the lease in the record.
 */
import { isExtendable } from '../../session/session.js'
import { retryDelay } from '../../session/timing.js'
import { atMost, sleep } from '../edges.js'
import { NoAnswer } from '../idp/failures.js'
import { accessFor } from './content.js'
import { LEASE, takeLease } from './lease.js'
import { again } from './lookup.js'
import type { Lookup, OpenSession, SessionParts } from './parts.js'
import { askIdp } from './refreshing.js'

/** How a renewal went: what became of the session, or that the IDP did not answer (the session is kept). */
export type Renewal = Lookup | { readonly state: 'unavailable'; readonly retryAfter: number | undefined }

/** What is to be renewed. */
export interface RenewalRequest {
  /** The resource whose access is to be renewed; `null`: the session's own. */
  readonly resource: string | null
  /** Not where access already lasts longer than this, ms since the epoch. */
  readonly beyond: number
  /** The id of the request that needs it. */
  readonly request: string
  /** The client spaces its tries itself: only what the IDP has asked for holds it up. */
  readonly isPaced?: boolean
}

/** Renews access of a session, or waits for the renewal that is on its way. */
export type Renew = (open: OpenSession, wanted: RenewalRequest) => Promise<Renewal>

/** Until when (ms since the epoch) nobody asks, and how often it was asked in vain. */
interface Pause {
  readonly until: number
  readonly tries: number
  /** By the IDP, and not by us. */
  readonly isTold: boolean
}

const pauseKey = (key: string, resource: string | null): string => `${key} ${resource ?? ''}`

/** How long a pause that is over is remembered, and that of a resource for which there is no token. ms */
const LONGEST_MEMORY = 60_000

const SHORTEST_WAIT = 25
const LONGEST_WAIT = 250

/** Makes the renewal of one instance of the BFF. */
export function createRenewal(parts: SessionParts): Renew {
  const { edges, options } = parts
  const running = new Map<string, { readonly resource: string | null; readonly renewal: Promise<Renewal> }>()
  // The IDP asked to wait (429), or has no token for a resource: until then it is not asked again for this session.
  const paused = new Map<string, Pause>()
  const patience = options.idp.timeout * 1000 + LEASE + 2_000

  const renew: Renew = async (open, wanted) => {
    const { key } = open.record
    const before = running.get(key)
    if (before !== undefined) {
      const renewal = await before.renewal
      if (before.resource !== wanted.resource) return renew(open, wanted)
      // It may have been answered before the session was asked for here, and the session have ended in between.
      return renewal.state === 'live' ? again(parts, renewal.open, wanted.request) : renewal
    }
    const renewal = run(open, wanted)
    running.set(key, { resource: wanted.resource, renewal })
    try {
      return await renewal
    } finally {
      running.delete(key)
    }
  }
  return renew

  async function run(
    open: OpenSession,
    { resource, beyond, request, isPaced = false }: RenewalRequest,
  ): Promise<Renewal> {
    let waited = 0
    let unused: { readonly holder: string; readonly abandoned: boolean } | undefined
    for (let wait = SHORTEST_WAIT; ;) {
      const lookup = await again(parts, open, request)
      if (lookup.state !== 'live') return lookup
      const { record, content } = lookup.open
      const held = accessFor(content, resource)
      if (held !== undefined && held.expiresAt > beyond) return lookup
      const { refreshToken } = content
      if (!isExtendable(lookup.session, edges.now()) || refreshToken === null) return lookup
      const pause = pausedFor([record.key, pauseKey(record.key, resource)], isPaced)
      if (pause > 0) return { state: 'unavailable', retryAfter: pause }

      if (record.lease !== null && edges.now() < record.lease.until) {
        if (waited >= patience) return { state: 'unavailable', retryAfter: undefined }
        await sleep(edges, wait)
        waited += wait
        wait = Math.min(wait * 2, LONGEST_WAIT)
        continue
      }
      // It does not answer anybody: no lease is taken for nothing.
      const rest = parts.idp.rest(isPaced)
      if (rest > 0) return { state: 'unavailable', retryAfter: rest }
      const lease = await takeLease(parts, record)
      if (lease === null) continue
      // A lease that ran out: whoever held it may have sent the refresh token, and died before the answer was kept. Ours was not used.
      const ours = unused?.holder === record.lease?.holder ? unused : undefined
      const abandoned = ours === undefined ? record.lease !== null : ours.abandoned
      const asking = askIdp(parts, lookup.open, lease, { resource, refreshToken, abandoned, request })
      // Whoever wanted it may be gone: what the IDP rotates is kept all the same before this process ends.
      parts.background(atMost(edges, asking, patience))
      const outcome = await asking
      if (outcome === 'unasked') unused = { holder: lease.holder, abandoned }
      if (outcome === 'overtaken' || outcome === 'unasked') continue
      if (outcome instanceof NoAnswer) {
        return { state: 'unavailable', retryAfter: pauseAfter(outcome, record.key, resource) }
      }
      paused.delete(record.key)
      return outcome
    }
  }

  function pausedFor(keys: readonly string[], isPaced: boolean): number {
    const now = edges.now()
    for (const [one, { until }] of paused) if (until + LONGEST_MEMORY <= now) paused.delete(one)
    const pauses = keys.map((key) => paused.get(key)).filter((one) => one !== undefined)
    return Math.max(0, ...pauses.map(({ until, isTold }) => (isPaced && !isTold ? 0 : until - now)))
  }

  /** How long nobody asks now, ms; `undefined`: as long as they like. */
  function pauseAfter(
    { lost, isLimited, retryAfter, error }: NoAnswer,
    key: string,
    resource: string | null,
  ): number | undefined {
    const isAboutResource = error === 'invalid_target' && resource !== null
    const name = isAboutResource ? pauseKey(key, resource) : key
    const tries = (paused.get(name)?.tries ?? 0) + 1
    // Limits are counted in requests: each one in vain makes the wait longer, where the IDP does not say how long.
    const pause = isAboutResource
      ? LONGEST_MEMORY
      : (retryAfter ?? (isLimited ? retryDelay(tries, 1) : undefined))
    const isTold = isAboutResource || retryAfter !== undefined
    if (pause !== undefined && (isAboutResource || !lost))
      paused.set(name, { until: edges.now() + pause, tries, isTold })
    return pause
  }
}
