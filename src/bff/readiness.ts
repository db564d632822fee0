/**
 * Whether requests may be sent here: once the store answers and takes writes, and the IDP's metadata and keys have been read. From then on the IDP is not asked for
 * it: an outage of the IDP is one for all instances, which go on serving the sessions that there are; the store is, each time.
 */
import { retryDelay } from '../session/timing.js'
import { atMost } from './edges.js'
import type { Edges } from './edges.js'
import { wasAnswered } from './idp/failures.js'
import type { Idp } from './idp/idp.js'
import { errorEntry } from './log.js'
import type { Log } from './log.js'
import { createSeldom } from './seldom.js'
import type { Seldom } from './seldom.js'
import { storeRemedy } from './stores/remedies.js'
import type { SessionStore } from './stores/store.js'

/** What must answer. */
export type Part = 'store' | 'idp'

/** How it stands. */
export interface Standing {
  /** What does not answer; empty: ready. */
  readonly missing: readonly Part[]
  /** What whoever runs this should know. */
  readonly warnings: readonly string[]
}

/** Looks. */
export interface Readiness {
  /** How it stands. The first call begins to ask the IDP, which goes on by itself until it has answered. Never rejects. */
  look(): Promise<Standing>
  /** Asks no more. */
  close(): void
}

/** How long a look waits for the IDP, ms. */
const PATIENCE = 2_000
/** How often it is told that the store still does not answer, ms. */
const TELL_EVERY = 60_000
/** How long after an answer that did not come the next one is asked for at most, ms. */
const LONGEST = 5_000

const KEPT_IN_MEMORY =
  'Sessions are kept in the memory of this process: another instance does not know them, and they end with it. For more than one instance set "store" to "redis://HOST:PORT", or on one machine to "sqlite:PATH".'
const IDP_AWAY =
  'The identity provider does not answer: sessions go on, but access is not renewed, and nobody can sign in.'

/** What it looks at. */
interface Parts {
  readonly idp: Pick<Idp, 'reach' | 'isAnswering'>
  readonly store: () => Promise<SessionStore>
  readonly edges: Pick<Edges, 'now' | 'timer' | 'random'>
  readonly log: Log
}

/** Makes the look. Asks for nothing yet. */
export function createReadiness({ idp, store, edges, log }: Parts): Readiness {
  let isReached = false
  let asking: Promise<void> | undefined
  let tries = 0
  let isClosed = false
  let outage: { readonly since: number; readonly seldom: Seldom } | undefined
  let cancel = (): void => {}

  const ask = async (): Promise<void> => {
    try {
      await idp.reach()
      isReached = true
      log.info({ event: 'idp_reached', tries }, 'The IDP answers.')
    } catch (error) {
      const [byte = 0] = edges.random(1)
      const pause = Math.min(retryDelay(++tries, byte / 256), LONGEST)
      log.warn(
        { event: 'idp_awaited', tries, again_in: pause, ...errorEntry(error) },
        wasAnswered(error)
          ? 'What the IDP answered cannot be used: this instance is not ready.'
          : 'The IDP does not answer yet: this instance is not ready.',
      )
      if (!isClosed) cancel = edges.timer(() => void (asking = ask()), pause, true)
    }
  }

  const reached = async (): Promise<boolean> => {
    if (!isReached) await atMost(edges, (asking ??= ask()), PATIENCE)
    return isReached
  }
  /** Probes come every few seconds: that it fails is told when it begins, and once a minute while it lasts. */
  const fails = (error: unknown): void => {
    outage ??= { since: edges.now(), seldom: createSeldom(edges, TELL_EVERY) }
    const due = outage.seldom('store')
    if (due !== null) log.error({ event: 'store_failed', ...errorEntry(error), ...due }, storeRemedy(error))
  }
  const answers = (): void => {
    if (outage === undefined) return
    const lasted = edges.now() - outage.since
    outage = undefined
    log.info({ event: 'store_answers', lasted }, 'The session store answers again.')
  }
  const stored = async (): Promise<{ readonly warnings: readonly string[] } | null> => {
    try {
      const opened = await store()
      await opened.ping()
      answers()
      if (opened.sharedBy === 'process') return { warnings: [KEPT_IN_MEMORY] }
      // One that answers and may not say is as ready.
      return { warnings: (await opened.warnings?.().catch(() => [])) ?? [] }
    } catch (error) {
      fails(error)
      return null
    }
  }

  return {
    async look() {
      const [opened, isThere] = await Promise.all([stored(), reached()])
      return {
        missing: [...(opened === null ? ['store' as const] : []), ...(isThere ? [] : ['idp' as const])],
        warnings: [...(opened?.warnings ?? []), ...(isThere && !idp.isAnswering ? [IDP_AWAY] : [])],
      }
    },
    close() {
      isClosed = true
      cancel()
    },
  }
}
