import { describe, expect, it } from 'vitest'
import { bounded } from '../../../src/bff/stores/bounded.js'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import type { SessionStore } from '../../../src/bff/stores/store.js'

/** Timers that go off when they are told to. */
function timers() {
  const due = new Set<() => void>()
  return {
    due,
    timer(callback: () => void): () => void {
      due.add(callback)
      return () => void due.delete(callback)
    },
  }
}

const OPERATIONS = ['create', 'get', 'replace', 'delete', 'deleteWhere', 'list', 'remember'] as const
const ALL = [...OPERATIONS, 'remembered', 'ping'] as const

/** A store that answers nothing. */
const silent = (): SessionStore => ({
  ...memoryStore(),
  ...Object.fromEntries(ALL.map((name) => [name, () => new Promise(() => {})])),
})

describe('a store that settles', () => {
  it.each(ALL)(
    '%s: what is not answered is a failure once its time is over, and says which it was',
    async (name) => {
      const { due, timer } = timers()
      const ask = bounded(silent(), { timer }, 1234)[name] as () => Promise<unknown>
      const asked = ask().catch((error: unknown) => error)
      expect(due.size).toBe(1)
      for (const late of due) late()
      const error = await asked
      expect(error).toMatchObject({ code: 'STORE_TIMEOUT' })
      expect(String(error)).toContain(`"${name}" within 1234 ms`)
    },
  )

  it('hands on answers and failures as they are, and keeps no timer for them', async () => {
    const { due, timer } = timers()
    const store = bounded(
      { ...memoryStore(), ping: () => Promise.reject(new Error('the disk is full')) },
      { timer },
    )
    expect(await store.get('nobody')).toBeNull()
    expect(await store.remember('one', 1)).toBe(true)
    await expect(store.ping()).rejects.toThrow('the disk is full')
    expect([due.size, store.sharedBy, store.peek?.('nobody')]).toEqual([0, 'process', null])
  })

  it('waits for a sweep for as long as it takes', async () => {
    const { due, timer } = timers()
    void bounded({ ...memoryStore(), deleteExpired: () => new Promise(() => {}) }, { timer }).deleteExpired(0)
    expect(due.size).toBe(0)
  })
})
