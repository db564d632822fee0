/** What was read lately from a file, for as long as nobody has written to it since: a busy session is then not read at every call. */
import type { Found } from './store.js'

/** How many sessions are kept in memory. */
const MOST = 1000

/** Reads through what is known. */
export interface Recent {
  /** What `read` said about this key when it was asked last; asked again where anything may have changed. */
  get(key: string, read: () => Found | null): Found | null
  /** This process writes to the session under this key; without one, to any. */
  forget(key?: string): void
}

/** @param version of the file: another one after every write of another process */
export function createRecent(version: () => number): Recent {
  const known = new Map<string, Found>()
  let seen = -1
  return {
    get(key, read) {
      const now = version()
      if (now !== seen) known.clear()
      seen = now
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
    },
    forget(key) {
      if (key === undefined) known.clear()
      else known.delete(key)
    },
  }
}
