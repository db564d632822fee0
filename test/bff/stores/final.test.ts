import { describe, expect, it } from 'vitest'
import { final } from '../../../src/bff/stores/final.js'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import type { SessionRecord, Tombstone } from '../../../src/bff/stores/store.js'

const recordOf = (key: string): SessionRecord => ({
  ...{ key, version: 1, ref: `ref-${key}`, subject: 'alice', idpSession: null, userAgent: '' },
  ...{ startedAt: 0, usedAt: 0, expiresAt: 1e15, lease: null, idpEnded: null, sealed: 'x' },
})
const tombstone: Tombstone = { endedBy: 'logout', at: 7, request: 'r' }

/** A store that falls back to where it was before an end. */
function fallible() {
  const state = { store: memoryStore() }
  const store = final({
    ...state.store,
    get: (key) => state.store.get(key),
    create: (record) => state.store.create(record),
    replace: (record, version) => state.store.replace(record, version),
    delete: (key, end) => state.store.delete(key, end),
    deleteWhere: (filter, end) => state.store.deleteWhere(filter, end),
    list: (filter, now) => state.store.list(filter, now),
  })
  return {
    store,
    async fallBack(...keys: string[]): Promise<void> {
      state.store = memoryStore()
      for (const key of keys) await state.store.create(recordOf(key))
    },
    there: (key: string) => state.store.get(key),
  }
}

describe('an end is final', () => {
  it.each(['delete', 'deleteWhere', 'read'] as const)('where it was known by %s', async (how) => {
    const { store, fallBack, there } = fallible()
    await store.create(recordOf('a'))
    await store.create(recordOf('b'))
    if (how === 'deleteWhere') await store.deleteWhere({ ref: 'ref-a' }, tombstone)
    else await store.delete('a', tombstone)
    if (how === 'read') expect(await store.get('a')).toMatchObject({ state: 'ended' })
    await fallBack('a', 'b')
    expect(await store.list({ subject: 'alice' }, 0)).toMatchObject([{ key: 'b' }])
    expect(await store.replace(recordOf('a'), 1)).toBe(false)
    expect(await there('a')).toMatchObject({ state: 'live' })
    expect(await store.get('a')).toEqual({ state: 'ended', tombstone })
    // It is ended there, too, for the other instances.
    expect(await there('a')).toEqual({ state: 'ended', tombstone })
    expect(await store.get('b')).toMatchObject({ state: 'live' })
  })

  it('holds nothing against a session that lives, nor against one that is not there', async () => {
    const { store } = fallible()
    await store.create(recordOf('a'))
    expect(await store.delete('nobody', tombstone)).toBeNull()
    expect(await store.get('a')).toMatchObject({ state: 'live', record: { version: 1 } })
    expect(await store.replace(recordOf('a'), 1)).toBe(true)
    expect(await store.get('nobody')).toBeNull()
  })
})
