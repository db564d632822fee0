import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import { sqliteStore } from '../../../src/bff/stores/sqlite.js'
import { TOMBSTONE_LIFETIME } from '../../../src/bff/stores/store.js'
import { storeContract } from './contract.js'

storeContract('memoryStore', async () => {
  const store = memoryStore()
  return { one: store, other: store, close: () => store.close() }
})

storeContract('sqliteStore', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-store-'))
  const one = sqliteStore(join(folder, 'sessions.db'))
  const other = sqliteStore(join(folder, 'sessions.db'))
  return {
    one,
    other,
    close: async () => {
      await one.close()
      await other.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
})

it('why a session ended is told for a day', () => expect(TOMBSTONE_LIFETIME).toBe(86_400_000))
