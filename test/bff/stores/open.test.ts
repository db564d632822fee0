import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import { systemEdges } from '../../../src/bff/edges.js'
import { openStore } from '../../../src/bff/stores/open.js'

describe('openStore', () => {
  it('opens what is named, and gives back what is given, which is not its own to close', async () => {
    const memory = await openStore({ kind: 'memory' }, systemEdges)
    expect(memory.own).toBe(true)
    await memory.store.ping()
    const sqlite = await openStore({ kind: 'sqlite', path: ':memory:' }, systemEdges)
    expect(sqlite.own).toBe(true)
    await sqlite.store.ping()
    await sqlite.store.close()
    const given = memoryStore()
    const opened = await openStore(
      { ...given, get: () => new Promise(() => {}) },
      { timer: (late) => (late(), () => {}) },
    )
    expect(opened.own).toBe(false)
    expect(await opened.store.remembered('nobody').catch((error: Error) => error.message)).toContain(
      'remembered',
    )
    await expect(opened.store.get('nobody')).rejects.toThrow('"get"')
  })

  it('rejects where it cannot', () =>
    expect(openStore({ kind: 'sqlite', path: '/no/such/folder/x.db' }, systemEdges)).rejects.toThrow(
      'cannot be opened',
    ))
})
