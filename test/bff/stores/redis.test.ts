import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { redisStore } from '../../../src/bff/stores/redis.js'
import { TOMBSTONE_LIFETIME } from '../../../src/bff/stores/store.js'
import type { SessionRecord, SessionStore, Tombstone } from '../../../src/bff/stores/store.js'
import { startRedis } from '../../support/redis.js'
import type { RedisServer } from '../../support/redis.js'

const NOW = 1_700_000_000_000
const HOUR = 3_600_000

const record: SessionRecord = {
  key: 'k',
  version: 1,
  ref: 'ref',
  subject: 'alice',
  idpSession: 'sid',
  userAgent: '',
  startedAt: NOW,
  usedAt: NOW,
  expiresAt: NOW + HOUR / 2,
  lease: null,
  sealed: 'sealed-in-here',
  idpEnded: null,
}
const tombstone: Tombstone = { endedBy: 'logout', at: NOW, request: 'r' }

let redis: RedisServer
let store: SessionStore
beforeAll(async () => {
  redis = await startRedis()
  store = redisStore(redis.url)
})
afterAll(async () => {
  await store.close()
  await redis.close()
})
beforeEach(async () => void (await redis.client.flushall()))

/** How long each key is kept, ms. */
async function lives(): Promise<Record<string, number>> {
  const keys = (await redis.client.keys('*')).sort()
  return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await redis.client.pttl(key)])))
}

describe('what is in Redis', () => {
  it('is one key with a slot of its own for a session; what it is found by goes when it goes', async () => {
    await store.create(record)
    const kept = await lives()
    expect(Object.keys(kept)).toEqual([
      expect.stringMatching(/^tandem:due:\{\d+\}$/),
      'tandem:ref:{ref}',
      'tandem:session:{k}',
      'tandem:sid:{sid}',
      'tandem:sub:{alice}',
    ])
    // For as long as a tombstone could still come of it.
    expect(kept['tandem:session:{k}']).toBeGreaterThan(TOMBSTONE_LIFETIME + HOUR / 2)
    expect(kept['tandem:session:{k}']).toBeLessThanOrEqual(TOMBSTONE_LIFETIME + 1.5 * HOUR)
    for (const index of ['ref:{ref}', 'sid:{sid}', 'sub:{alice}']) {
      expect(kept[`tandem:${index}`]).toBeGreaterThan(HOUR / 2)
      expect(kept[`tandem:${index}`]).toBeLessThan(2 * HOUR)
    }
  })

  it('is nothing of an ended session but its tombstone, for a day', async () => {
    await store.create(record)
    await store.delete('k', tombstone)
    const { 'tandem:session:{k}': left, ...others } = await lives()
    expect(Object.keys(others)).toEqual([expect.stringContaining('due')])
    expect(left).toBeGreaterThan(TOMBSTONE_LIFETIME - 60_000)
    expect(left).toBeLessThanOrEqual(TOMBSTONE_LIFETIME)
    expect(await redis.client.hgetall('tandem:session:{k}')).toEqual({
      t: JSON.stringify(tombstone),
      a: String(NOW),
    })
    await store.deleteExpired(NOW + TOMBSTONE_LIFETIME)
    expect(await lives()).toEqual({})
  })

  it('lasts as long as the session is used', async () => {
    await store.create(record)
    for (let i = 1; i < 20; i++) {
      const used = { ...record, usedAt: NOW + i * 60_000, expiresAt: NOW + i * 60_000 + HOUR / 2 }
      expect(await store.replace(used, i)).toBe(true)
      expect((await store.list({ subject: 'alice' }, used.usedAt)).length).toBe(1)
      const score = Number(await redis.client.zscore('tandem:sub:{alice}', 'k'))
      expect(score).toBeGreaterThanOrEqual(used.expiresAt)
    }
    const [due] = await redis.client.keys('*due*')
    // It is looked at where it would have ended, and again where it does.
    expect(await redis.client.zscore(due ?? '', 's:k')).toBe(String(record.expiresAt + 16 * 60_000))
    expect(await store.deleteExpired(NOW + HOUR - 16 * 60_000)).toBe(0)
    expect((await store.get('k'))?.state).toBe('live')
    expect(await store.deleteExpired(NOW + 2 * HOUR)).toBe(1)
    expect((await store.get('k'))?.state).toBe('ended')
  })

  it('of what is kept in mind goes by the clock of Redis, too, where that is right', async () => {
    await store.remember('past', NOW)
    await store.remember('coming', Date.now() + HOUR)
    const kept = await lives()
    expect(kept['tandem:reminder:{past}']).toBe(-1)
    expect(kept['tandem:reminder:{coming}']).toBeGreaterThan(HOUR)
    expect(kept['tandem:reminder:{coming}']).toBeLessThan(3 * HOUR)
  })

  it('is apart by prefix and database', async () => {
    const others = [redisStore(`${redis.url}/1`), redisStore(`${redis.url}?prefix=other:`)]
    await store.create(record)
    for (const other of others) {
      expect(await other.get('k')).toBeNull()
      expect(await other.deleteWhere({ subject: 'alice' }, tombstone)).toEqual([])
      await other.close()
    }
    expect((await store.get('k'))?.state).toBe('live')
  })
})

describe('an index that knows too much', () => {
  it('finds nothing that is not so', async () => {
    await store.create(record)
    await redis.client.zadd('tandem:sub:{bob}', NOW + HOUR, 'k', NOW + HOUR, 'nothing')
    expect(await store.list({ subject: 'bob' }, NOW)).toEqual([])
    expect(await store.deleteWhere({ subject: 'bob' }, tombstone)).toEqual([])
    expect((await store.get('k'))?.state).toBe('live')
  })
})

it('refuses an address that is none', () =>
  expect(() => redisStore('redis://a/first')).toThrow('a database that is no number'))

it('does not go on once it is closed', async () => {
  const closed = redisStore(redis.url)
  await closed.close()
  await closed.close()
  await expect(closed.get('k')).rejects.toThrow('closed')
})

describe('other instances', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['a change', () => store.replace({ ...record, sealed: 'other' }, 1)],
    ['a change of what it is found by', () => store.replace({ ...record, subject: 'bob' }, 1)],
    ['an end', () => store.delete('k', tombstone)],
    ['an end of all of a user', () => store.deleteWhere({ subject: 'alice' }, tombstone)],
    ['an end by time', () => store.deleteExpired(record.expiresAt + 1)],
  ])('are told of %s, once and by its key; of what did not happen they are not', async (_, write) => {
    const other = redisStore(redis.url)
    const told = vi.fn<(key: string) => void>()
    const news = other.news?.({ told, missed() {} })
    await vi.waitFor(() => expect(news?.live).toBe(true))
    await store.create(record)
    await store.replace(record, 7)
    await store.delete('nobody', tombstone)
    await store.deleteWhere({ subject: 'nobody' }, tombstone)
    await write()
    // What is told later comes later.
    await store.create({ ...record, key: 'the last' })
    await store.delete('the last', tombstone)
    await vi.waitFor(() => expect(told).toHaveBeenLastCalledWith('the last'))
    expect(told.mock.calls).toEqual([['k'], ['the last']])
    news?.stop()
    await other.close()
  })
})
