/** Stores as two instances of the BFF have them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { redisStore } from '../../../src/bff/stores/redis.js'
import { sqliteStore } from '../../../src/bff/stores/sqlite.js'
import type { SessionStore } from '../../../src/bff/stores/store.js'
import { startRedis } from '../../support/redis.js'

/** The same sessions as two instances see them; `clear` forgets them all. */
export interface Opened {
  readonly stores: readonly [SessionStore, SessionStore]
  clear(): Promise<void>
  close(): Promise<void>
}

/** Both instances in one process, over one store. */
export const one = (store: SessionStore): Opened => ({
  stores: [store, store],
  clear: async () => {},
  close: () => store.close(),
})

/** Two connections to one server. */
export async function redis(): Promise<Opened> {
  const server = await startRedis()
  const stores = [redisStore(server.url), redisStore(server.url)] as const
  return {
    stores,
    clear: async () => void (await server.client.flushall()),
    async close() {
      for (const store of stores) await store.close()
      await server.close()
    },
  }
}

/** Two connections to one file. */
export async function sqlite(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-tangle-'))
  const path = join(folder, 'sessions.db')
  const stores = [sqliteStore(path), sqliteStore(path)] as const
  const database = new Database(path)
  return {
    stores,
    clear: async () =>
      void database.exec('DELETE FROM sessions; DELETE FROM tombstones; DELETE FROM reminders'),
    async close() {
      database.close()
      for (const store of stores) await store.close()
      await rm(folder, { recursive: true })
    },
  }
}
