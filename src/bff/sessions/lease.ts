/**
 * The lease of a renewal: who asks the IDP right now, across instances. It is in the record, taken and renewed by compare-and-swap,
 * and fenced: what the IDP answered is written only while the lease is still ours.
 */
import { toBase64Url } from '../bytes.js'
import type { SessionRecord } from '../stores/store.js'
import type { SessionParts } from './parts.js'

/** How long a lease lasts unless it is renewed, ms: so long the others wait for an instance that died. */
export const LEASE = 8_000
const RENEW_EVERY = 2_500

/** A lease that was taken. */
export interface Lease {
  readonly holder: string
  /** Whether it has run out, as far as is known here: this process stood still, and somebody else may hold it now. */
  isOver(): boolean
  /** Stops renewing it, and resolves when nothing is being written any more. */
  stop(): Promise<void>
}

/** Takes the lease of a record nobody else holds; `null` where the record was changed meanwhile. */
export async function takeLease(parts: SessionParts, record: SessionRecord): Promise<Lease | null> {
  const { edges } = parts
  const holder = toBase64Url(edges.random(12))
  const store = await parts.store()
  let until = edges.now() + LEASE
  if (!(await store.replace({ ...record, lease: { holder, until } }, record.version))) return null

  let stopped = false
  let writing: Promise<void> = Promise.resolve()
  let cancel = (): void => {}
  const keep = async (): Promise<void> => {
    for (;;) {
      const found = await store.get(record.key)
      if (stopped || !holds(found, holder)) return
      const lease = { holder, until: edges.now() + LEASE }
      if (await store.replace({ ...found.record, lease }, found.record.version)) {
        until = lease.until
        return
      }
    }
  }
  const schedule = (): void => {
    cancel = edges.timer(() => {
      // A store that does not answer is asked again; the lease may run out meanwhile, which the fence will see.
      writing = keep().catch(() => {})
      void writing.then(() => stopped || schedule())
    }, RENEW_EVERY)
  }
  schedule()
  return {
    holder,
    isOver: () => edges.now() >= until,
    async stop() {
      stopped = true
      cancel()
      await writing
    },
  }
}

/** Whether what was found is a live record under this holder's lease. */
export function holds(
  found: Awaited<ReturnType<Awaited<ReturnType<SessionParts['store']>>['get']>>,
  holder: string,
): found is { readonly state: 'live'; readonly record: SessionRecord } {
  return found?.state === 'live' && found.record.lease?.holder === holder
}
