/** The store that the options name. */
import type { Edges } from '../edges.js'
import type { ResolvedOptions } from '../options.js'
import { bounded } from './bounded.js'
import { final } from './final.js'
import { memoryStore } from './memory.js'
import type { SessionStore } from './store.js'

/** A store, and whether it is the BFF's own to close. */
export interface OpenedStore {
  readonly store: SessionStore
  readonly own: boolean
}

/**
 * Opens the store. What SQLite or Redis needs is loaded only where it is used. Redis is not waited for: it may come later. One that is given may
 * be anything: it is waited for only so long.
 */
export async function openStore(
  named: ResolvedOptions['store'],
  edges: Pick<Edges, 'timer'>,
): Promise<OpenedStore> {
  if (!('kind' in named)) return { store: lasting(bounded(named, edges)), own: false }
  if (named.kind === 'memory') return { store: memoryStore(), own: true }
  if (named.kind === 'redis') {
    const { redisStore } = await import('./redis.js')
    return { store: lasting(redisStore(named.url)), own: true }
  }
  const { sqliteStore } = await import('./sqlite.js')
  return { store: sqliteStore(named.path), own: true }
}

/** One that answers at once is in this process or its machine, and does not fall back while it runs. */
const lasting = (store: SessionStore): SessionStore => (store.peek === undefined ? final(store) : store)
