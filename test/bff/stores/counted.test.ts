import { describe, expect, it } from 'vitest'
import { counted } from '../../../src/bff/stores/counted.js'
import { memoryStore } from '../../../src/bff/stores/memory.js'

describe('a store whose failures are counted', () => {
  it('names the operation of every failure, and hands the failure on', async () => {
    const failed: string[] = []
    const broken = (): Promise<never> => Promise.reject(new Error('the disk is full'))
    const operations = ['create', 'get', 'replace', 'delete', 'deleteWhere', 'list'] as const
    const others = ['remember', 'remembered', 'deleteExpired', 'ping'] as const
    const all = [...operations, ...others]
    const store = counted(
      { ...memoryStore(), ...Object.fromEntries(all.map((name) => [name, broken])) },
      (operation) => void failed.push(operation),
    )
    for (const name of all) {
      const call = store[name] as () => Promise<unknown>
      await expect(call()).rejects.toThrow('the disk is full')
    }
    expect(failed).toEqual(all)
  })

  it('counts nothing where the store answers, and says what the store says of itself', async () => {
    const failed: string[] = []
    const store = counted(memoryStore(), (operation) => void failed.push(operation))
    await store.ping()
    expect(await store.get('nobody')).toBeNull()
    expect([failed, store.sharedBy]).toEqual([[], 'process'])
  })
})
