import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import { openStore } from '../../../src/bff/stores/open.js'

describe('openStore', () => {
  it('opens what is named, and gives back what is given, which is not its own to close', async () => {
    const memory = await openStore({ kind: 'memory' })
    expect(memory.own).toBe(true)
    await memory.store.ping()
    const sqlite = await openStore({ kind: 'sqlite', path: ':memory:' })
    expect(sqlite.own).toBe(true)
    await sqlite.store.ping()
    await sqlite.store.close()
    const given = memoryStore()
    expect(await openStore(given)).toEqual({ store: given, own: false })
  })

  it('rejects where it cannot', () =>
    expect(openStore({ kind: 'sqlite', path: '/no/such/folder/x.db' })).rejects.toThrow('cannot be opened'))
})
