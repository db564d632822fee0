/** What was read lately from a file, for as long as nobody has written to it since: a busy session is then not read at every call. */
import type { Found } from './store.js'

/** How many sessions are kept in memory. */
const MOST = 1000

/** Reads through what is known. */
export interface Recent {
  /** What `read` said about this key when it was asked last; asked again where anything may have changed. */
  get(key: string, read: () => Found | null): Found | null
  /**
   * The same for a request that has just come in by a socket. The requests that come in by one turn of the event loop had all been sent before the first of them is
   * answered: whether anything may have changed is asked for that one, and holds for the others.
   */
  peek(key: string, read: () => Found | null): Found | null
  /** This process writes to the session under this key; without one, to any. */
  forget(key?: string): void
}

/** @param version of the file: another one after every write of another process */
export function createRecent(version: () => number): Recent {
  const known = new Map<string, Found>()
  let seen = -1
  let isThisTurn = false
  const nextTurn = (): void => void (isThisTurn = false)

  const look = (): void => {
    const now = version()
    if (now !== seen) known.clear()
    seen = now
  }
  return {
    get(key, read) {
      look()
      return kept(key, read)
    },
    peek(key, read) {
      if (!isThisTurn) {
        look()
        isThisTurn = true
        setImmediate(nextTurn)
      }
      return kept(key, read)
    },
    forget(key) {
      if (key === undefined) known.clear()
      else known.delete(key)
    },
  }

  function kept(key: string, read: () => Found | null): Found | null {
    const before = known.get(key)
    if (before !== undefined) return before
    const found = read()
    if (found === null) return null
    for (const oldest of known.keys()) {
      if (known.size < MOST) break
      known.delete(oldest)
    }
    known.set(key, found)
    return found
  }
}
