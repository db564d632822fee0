/** A store that tells of everything that is written through it. */
import type { SessionStore } from './store.js'

/** The same store; `told` gets the key of every session that was changed or ended, once that is done. */
export function watched(store: SessionStore, told: (key: string) => void): SessionStore {
  return {
    create: (record) => store.create(record),
    get: (key) => store.get(key),
    ...(store.peek !== undefined && { peek: store.peek.bind(store) }),
    async replace(record, version) {
      const replaced = await store.replace(record, version)
      if (replaced) told(record.key)
      return replaced
    },
    async delete(key, tombstone) {
      const ended = await store.delete(key, tombstone)
      if (ended !== null) told(key)
      return ended
    },
    async deleteWhere(filter, tombstone) {
      const ended = await store.deleteWhere(filter, tombstone)
      for (const { key } of ended) told(key)
      return ended
    },
    list: (filter, now) => store.list(filter, now),
    remember: (id, until) => store.remember(id, until),
    remembered: (id) => store.remembered(id),
    deleteExpired: (now) => store.deleteExpired(now),
    ping: () => store.ping(),
    close: () => store.close(),
    ...(store.sharedBy !== undefined && { sharedBy: store.sharedBy }),
    ...(store.warnings !== undefined && { warnings: store.warnings.bind(store) }),
    ...(store.news !== undefined && { news: store.news.bind(store) }),
  }
}
