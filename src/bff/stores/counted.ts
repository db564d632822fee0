/** A store whose failures are counted. */
import type { StoreOperation } from '../metrics.js'
import type { SessionStore } from './store.js'

/** The same store; `failed` gets the operation of every rejection, which goes on to the caller. */
export function counted(store: SessionStore, failed: (operation: StoreOperation) => void): SessionStore {
  const tried = async <Value>(operation: StoreOperation, work: () => Promise<Value>): Promise<Value> => {
    try {
      return await work()
    } catch (error) {
      failed(operation)
      throw error
    }
  }
  return {
    create: (record) => tried('create', () => store.create(record)),
    get: (key) => tried('get', () => store.get(key)),
    // Whoever cannot be told at once asks again with `get`, which counts.
    ...(store.peek !== undefined && { peek: store.peek.bind(store) }),
    replace: (record, version) => tried('replace', () => store.replace(record, version)),
    delete: (key, tombstone) => tried('delete', () => store.delete(key, tombstone)),
    deleteWhere: (filter, tombstone) => tried('deleteWhere', () => store.deleteWhere(filter, tombstone)),
    list: (filter, now) => tried('list', () => store.list(filter, now)),
    remember: (id, until) => tried('remember', () => store.remember(id, until)),
    remembered: (id) => tried('remembered', () => store.remembered(id)),
    deleteExpired: (now) => tried('deleteExpired', () => store.deleteExpired(now)),
    ping: () => tried('ping', () => store.ping()),
    close: () => store.close(),
    ...(store.sharedBy !== undefined && { sharedBy: store.sharedBy }),
    ...(store.warnings !== undefined && { warnings: store.warnings.bind(store) }),
    ...(store.news !== undefined && { news: store.news.bind(store) }),
  }
}
