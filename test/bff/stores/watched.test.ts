import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import type { SessionRecord } from '../../../src/bff/stores/store.js'
import { watched } from '../../../src/bff/stores/watched.js'
import { storeContract } from './contract.js'

storeContract('a watched store', async () => {
  const store = watched(memoryStore(), () => {})
  return { one: store, other: store, close: () => store.close() }
})

describe('a watched store', () => {
  it('tells of every session that was changed or ended, once it is, and of nothing that was not', async () => {
    const told: string[] = []
    const store = watched(memoryStore(), (key) => void told.push(key))
    const record = (key: string): SessionRecord => ({
      ...{ key, version: 1, ref: key, subject: 'alice', idpSession: null, userAgent: '' },
      ...{ startedAt: 0, usedAt: 0, expiresAt: 9, lease: null, idpEnded: null, sealed: '' },
    })
    for (const key of ['a', 'b', 'c']) await store.create(record(key))
    await store.replace(record('a'), 1)
    await store.replace(record('a'), 1)
    expect(told.splice(0)).toEqual(['a'])
    const tombstone = { endedBy: 'logout', at: 1, request: '' } as const
    await store.delete('b', tombstone)
    await store.delete('b', tombstone)
    await store.deleteWhere({ subject: 'alice' }, tombstone)
    expect(told.sort()).toEqual(['a', 'b', 'c'])
  })
})
