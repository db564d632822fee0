/** A store where an end is final, whatever falls back: a replica that lags and takes over has forgotten it, this process has not. */
import type { Found, SessionStore, Tombstone } from './store.js'

/** How many ends are kept in mind, the newest; some 5 MB. */
const MOST = 20_000

/**
 * The same store; a session whose end was written or read here stays ended, also where the store tells of it as live again: it is ended there once
 * more. What was ended by another instance, and not asked for here since, is for the store to know.
 */
export function final(store: SessionStore): SessionStore {
  const ends = new Map<string, Tombstone>()

  const note = (key: string, tombstone: Tombstone): void => {
    if (ends.has(key)) return
    for (const oldest of ends.keys()) {
      if (ends.size < MOST) break
      ends.delete(oldest)
    }
    ends.set(key, tombstone)
  }

  return {
    ...store,
    async get(key): Promise<Found | null> {
      const found = await store.get(key)
      if (found?.state === 'ended') note(key, found.tombstone)
      const tombstone = found?.state === 'live' && ends.size > 0 ? ends.get(key) : undefined
      if (tombstone === undefined) return found
      // For the others. Where it fails, it is tried with the next request.
      store.delete(key, tombstone).catch(() => {})
      return { state: 'ended', tombstone }
    },
    replace: async (record, version) => !ends.has(record.key) && store.replace(record, version),
    async delete(key, tombstone) {
      const record = await store.delete(key, tombstone)
      if (record !== null) note(key, tombstone)
      return record
    },
    async deleteWhere(filter, tombstone) {
      const records = await store.deleteWhere(filter, tombstone)
      for (const { key } of records) note(key, tombstone)
      return records
    },
    async list(filter, now) {
      const records = await store.list(filter, now)
      return records.filter(({ key }) => !ends.has(key))
    },
  }
}
