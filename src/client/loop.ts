/**
 * Stops login loops (DESIGN §3): three logins in 60 s that came back and did not lead to a used session. Kept as times,
 * per tab, so that nothing can stay "in progress".
 */
import type { Platform } from '../browser/platform.js'

const KEY = 'tandem.returns'
const WINDOW = 60_000
const MOST = 3

export interface LoopBreaker {
  /** A login came back: with a session, whose `ref` keeps it from counting twice, or with an error, which always counts. */
  returned(ref: string | null): void
  /** The session was used: whatever came before was no loop. */
  used(): void
  /** Whether one more login would be a loop. */
  isLoop(): boolean
}

/** Over the tab's storage; a storage that is refused counts nothing: the BFF and the IDP have limits of their own. */
export function createLoopBreaker({ storage, clock }: Pick<Platform, 'storage' | 'clock'>): LoopBreaker {
  let usedSince = false

  const read = (): [at: number, ref: string | null][] => {
    try {
      const entries: unknown = JSON.parse(storage.getItem(KEY) ?? '[]')
      const since = clock.device() - WINDOW
      return (Array.isArray(entries) ? entries : []).filter(
        (entry): entry is [number, string | null] => Array.isArray(entry) && entry[0] > since,
      )
    } catch {
      return []
    }
  }
  const write = (entries: [at: number, ref: string | null][]): void => {
    try {
      storage.setItem(KEY, JSON.stringify(entries.slice(-MOST)))
    } catch {
      // Full or refused.
    }
  }

  return {
    returned(ref) {
      const entries = read()
      if (ref !== null && entries.some((entry) => entry[1] === ref)) return
      usedSince = false
      write([...entries, [clock.device(), ref]])
    },
    used() {
      if (!usedSince) write([])
      usedSince = true
    },
    isLoop: () => read().length >= MOST,
  }
}
