/** A store that settles: what it does not answer in time is a failure, and no request waits for it for ever. */
import type { Edges } from '../edges.js'
import { isSettling } from './settling.js'
import type { SessionStore } from './store.js'

/** How long one operation is waited for, ms. */
export const STORE_PATIENCE = 5_000

/**
 * The same store; an operation that has not settled after `patience` ms rejects, and the BFF answers 503 as for every other failure. It may still be
 * done later, as with any answer that is lost: compare-and-swap keeps that from undoing an end. A sweep is nobody's request, and takes what it takes.
 */
export function bounded(
  store: SessionStore,
  { timer }: Pick<Edges, 'timer'>,
  patience: number = STORE_PATIENCE,
): SessionStore {
  if (isSettling(store)) return store
  const within = <Value>(operation: string, work: Promise<Value>): Promise<Value> =>
    new Promise((resolve, reject) => {
      const cancel = timer(() => reject(late(operation, patience)), patience, true)
      work.then(resolve, reject).finally(cancel)
    })
  return {
    create: (record) => within('create', store.create(record)),
    get: (key) => within('get', store.get(key)),
    ...(store.peek !== undefined && { peek: store.peek.bind(store) }),
    replace: (record, version) => within('replace', store.replace(record, version)),
    delete: (key, tombstone) => within('delete', store.delete(key, tombstone)),
    deleteWhere: (filter, tombstone) => within('deleteWhere', store.deleteWhere(filter, tombstone)),
    list: (filter, now) => within('list', store.list(filter, now)),
    remember: (id, until) => within('remember', store.remember(id, until)),
    remembered: (id) => within('remembered', store.remembered(id)),
    deleteExpired: (now) => store.deleteExpired(now),
    ping: () => within('ping', store.ping()),
    close: () => store.close(),
    ...(store.sharedBy !== undefined && { sharedBy: store.sharedBy }),
    ...(store.warnings !== undefined && {
      warnings: () => within('warnings', store.warnings?.() ?? Promise.resolve([])),
    }),
    ...(store.news !== undefined && { news: store.news.bind(store) }),
  }
}

const late = (operation: string, patience: number): Error =>
  Object.assign(
    new Error(
      `The session store has not answered "${operation}" within ${patience} ms. Nothing was written, or it is not known: look at the store and the way to it.`,
    ),
    { code: 'STORE_TIMEOUT' },
  )
