/** The store that the options name. */
import type { ResolvedOptions } from '../options.js'
import { memoryStore } from './memory.js'
import type { SessionStore } from './store.js'

/** A store, and whether it is the BFF's own to close. */
export interface OpenedStore {
  readonly store: SessionStore
  readonly own: boolean
}

/** Opens the store. What SQLite or Redis needs is loaded only where it is used. Redis is not waited for: it may come later. */
export async function openStore(named: ResolvedOptions['store']): Promise<OpenedStore> {
  if (!('kind' in named)) return { store: named, own: false }
  if (named.kind === 'memory') return { store: memoryStore(), own: true }
  if (named.kind === 'redis') {
    const { redisStore } = await import('./redis.js')
    return { store: redisStore(named.url), own: true }
  }
  const { sqliteStore } = await import('./sqlite.js')
  return { store: sqliteStore(named.path), own: true }
}
