/** Sessions in this process's memory: for tests, and for one instance whose sessions may end with it. */
import { settling } from './settling.js'
import { TOMBSTONE_LIFETIME } from './store.js'
import type { Found, SessionFilter, SessionRecord, SessionStore, Tombstone } from './store.js'

/** How much one {@link SessionStore.deleteExpired} removes at most. */
const BATCH = 1000

/** A store in memory. Nothing survives the process, and no other instance sees it. */
export function memoryStore(): SessionStore {
  const live = new Map<string, SessionRecord>()
  const ended = new Map<string, Tombstone>()
  const inMind = new Map<string, number>()
  const bySubject = createIndex()
  const byIdpSession = createIndex()
  const byRef = createIndex()

  const forget = (record: SessionRecord): void => {
    live.delete(record.key)
    bySubject.remove(record.subject, record.key)
    byIdpSession.remove(record.idpSession, record.key)
    byRef.remove(record.ref, record.key)
  }

  const remember = (record: SessionRecord): void => {
    live.set(record.key, record)
    bySubject.add(record.subject, record.key)
    byIdpSession.add(record.idpSession, record.key)
    byRef.add(record.ref, record.key)
  }

  const matching = (filter: SessionFilter): SessionRecord[] => {
    const keys =
      'ref' in filter
        ? byRef.keys(filter.ref)
        : filter.idpSession === undefined
          ? bySubject.keys(filter.subject ?? '')
          : byIdpSession.keys(filter.idpSession)
    return [...keys]
      .map((key) => live.get(key))
      .filter((record) => record !== undefined)
      .filter((record) => matches(record, filter))
  }

  const bury = (record: SessionRecord, tombstone: Tombstone): void => {
    forget(record)
    ended.set(record.key, tombstone)
  }

  const peek = (key: string): Found | null => {
    const record = live.get(key)
    if (record !== undefined) return { state: 'live', record }
    const tombstone = ended.get(key)
    return tombstone === undefined ? null : { state: 'ended', tombstone }
  }

  return settling({
    sharedBy: 'process',
    async create(record) {
      if (live.has(record.key) || ended.has(record.key)) return false
      remember({ ...record, version: 1 })
      return true
    },
    get: async (key) => peek(key),
    peek,
    async replace(record, version) {
      const old = live.get(record.key)
      if (old === undefined || old.version !== version) return false
      forget(old)
      remember({ ...record, version: version + 1 })
      return true
    },
    async delete(key, tombstone) {
      const record = live.get(key)
      if (record === undefined) return null
      bury(record, tombstone)
      return record
    },
    async deleteWhere(filter, tombstone) {
      const records = matching(filter)
      for (const record of records) bury(record, tombstone)
      return records
    },
    async list(filter, now) {
      return matching(filter)
        .filter((record) => record.expiresAt > now)
        .sort((a, b) => b.startedAt - a.startedAt)
    },
    async remember(id, until) {
      const known = inMind.get(id)
      inMind.set(id, Math.max(until, known ?? until))
      return known === undefined
    },
    remembered: async (id) => inMind.get(id) ?? null,
    async deleteExpired(now) {
      let removed = 0
      for (const record of live.values()) {
        if (removed === BATCH) return removed
        if (record.expiresAt > now) continue
        bury(record, { endedBy: 'app_session_over', at: record.expiresAt, request: '' })
        removed++
      }
      for (const [key, { at }] of ended) {
        if (removed === BATCH) return removed
        if (at + TOMBSTONE_LIFETIME > now) continue
        ended.delete(key)
        removed++
      }
      for (const [id, until] of inMind) {
        if (removed === BATCH) return removed
        if (until > now) continue
        inMind.delete(id)
        removed++
      }
      return removed
    },
    async ping() {},
    async close() {},
  })
}

function matches(record: SessionRecord, filter: SessionFilter): boolean {
  if ('ref' in filter) return record.ref === filter.ref
  const { subject, idpSession } = filter
  return (
    (subject === undefined || record.subject === subject) &&
    (idpSession === undefined || record.idpSession === idpSession)
  )
}

/** Keys of records by a value several of them may share. */
function createIndex() {
  const index = new Map<string, Set<string>>()
  return {
    add(value: string | null, key: string): void {
      if (value === null) return
      const keys = index.get(value)
      if (keys === undefined) index.set(value, new Set([key]))
      else keys.add(key)
    },
    remove(value: string | null, key: string): void {
      if (value === null) return
      const keys = index.get(value)
      keys?.delete(key)
      if (keys?.size === 0) index.delete(value)
    },
    keys: (value: string): Iterable<string> => index.get(value) ?? [],
  }
}
