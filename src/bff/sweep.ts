/** Clears away, now and then, what is past in the store. */
import type { Edges } from './edges.js'
import { errorEntry } from './log.js'
import type { Log } from './log.js'
import type { SessionStore } from './stores/store.js'

/** How long between two sweeps, ms. */
const EVERY = 60_000

/** Starts sweeping; the returned function stops it. Does not keep the process alive. */
export function startSweep(store: () => Promise<SessionStore>, edges: Edges, log: Log): () => void {
  let cancel = (): void => {}
  let stopped = false
  const sweep = async (): Promise<void> => {
    const opened = await store()
    while (!stopped && (await opened.deleteExpired(edges.now())) > 0);
  }
  const schedule = (): void => {
    cancel = edges.timer(
      () => {
        sweep()
          .catch((error: unknown) =>
            log.error(
              { event: 'sweep_failed', ...errorEntry(error) },
              'The session store could not be swept.',
            ),
          )
          .finally(() => stopped || schedule())
      },
      EVERY,
      true,
    )
  }
  schedule()
  return () => {
    stopped = true
    cancel()
  }
}
