/**
 * Stops login loops (DESIGN §3): three logins in 60 s that came back and did not lead to a used session. Kept as times,
 * per tab, so that nothing can stay "in progress".
 */
import type { Platform } from '../browser/platform.js'

const KEY = 'tandem.returns'
const WINDOW = 60_000
const MOST = 3

export interface LoopBreaker {
  /** A login came back, with a session or with an error; `mark` tells it from others, so that none counts twice. */
  returned(mark: string): void
  /** The session was used: whatever came before was no loop. */
  used(): void
  /** Whether one more login would be a loop. */
  isLoop(): boolean
}

/** Over the tab's storage; a storage that is refused counts nothing: the BFF and the IDP have limits of their own. */
export function createLoopBreaker({ storage, clock }: Pick<Platform, 'storage' | 'clock'>): LoopBreaker {
  let usedSince = false

  const read = (): [at: number, mark: string][] => {
    try {
      const entries: unknown = JSON.parse(storage.getItem(KEY) ?? '[]')
      const since = clock.device() - WINDOW
      return (Array.isArray(entries) ? entries : []).filter(
        (entry): entry is [number, string] => Array.isArray(entry) && entry[0] > since,
      )
    } catch {
      return []
    }
  }
  const write = (entries: [at: number, mark: string][]): void => {
    try {
      storage.setItem(KEY, JSON.stringify(entries.slice(-MOST)))
    } catch {
      // Full or refused.
    }
  }

  return {
    returned(mark) {
      const entries = read()
      if (entries.some((entry) => entry[1] === mark)) return
      usedSince = false
      write([...entries, [clock.device(), mark]])
    },
    used() {
      if (!usedSince) write([])
      usedSince = true
    },
    isLoop: () => read().length >= MOST,
  }
}
