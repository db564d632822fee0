import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { redisStore } from '../../../src/bff/stores/redis.js'
import { SHARDS } from '../../../src/bff/stores/redis-indexes.js'
import type { SessionStore } from '../../../src/bff/stores/store.js'
import { startRedis } from '../../support/redis.js'
import type { RedisServer } from '../../support/redis.js'
import { NOW, record } from './redis-record.js'

let redis: RedisServer
let one: SessionStore
let other: SessionStore
beforeAll(async () => {
  redis = await startRedis()
  one = redisStore(redis.url)
  other = redisStore(redis.url)
})
afterAll(async () => {
  await one.close()
  await other.close()
  await redis.close()
})
beforeEach(async () => void (await redis.client.flushall()))

const due = async (): Promise<number> => {
  const sets = await redis.client.keys('*due*')
  return (await Promise.all(sets.map((set) => redis.client.zcard(set)))).reduce((sum, size) => sum + size, 0)
}

describe('the sweep', () => {
  it('reaches what is behind a thousand sessions that were used since', async () => {
    const used = Array.from({ length: 1000 }, (_, i) => `used-${i}`)
    await Promise.all(used.map((key) => one.create(record(key))))
    await Promise.all(
      used.map((key) => one.replace(record(key, { usedAt: NOW + 400, expiresAt: NOW + 1400 }), 1)),
    )
    await one.create(record('past', { expiresAt: NOW + 1001 }))
    expect(await one.deleteExpired(NOW + 1001)).toBe(1)
    expect((await one.list({ subject: 'alice' }, NOW + 1001)).length).toBe(1000)
    expect((await one.get('past'))?.state).toBe('ended')
  })

  it('by two instances at once removes each once', async () => {
    await Promise.all(Array.from({ length: 300 }, (_, i) => one.create(record(`k${i}`))))
    const removed = await Promise.all([one.deleteExpired(NOW + 1000), other.deleteExpired(NOW + 1000)])
    expect(removed[0] + removed[1]).toBe(300)
    expect(await redis.client.exists('tandem:sub:{alice}')).toBe(0)
    expect(await due()).toBe(300)
  })

  it('forgets what Redis has forgotten by itself', async () => {
    await one.create(record('k'))
    await one.remember('id', NOW)
    await redis.client.del('tandem:session:{k}', 'tandem:reminder:{id}')
    expect(await due()).toBe(2)
    expect(await one.deleteExpired(NOW + 1000)).toBe(0)
    expect(await due()).toBe(0)
  })

  it('finds what is due spread over all sets', async () => {
    await Promise.all(Array.from({ length: 400 }, (_, i) => one.create(record(`k${i}`))))
    expect((await redis.client.keys('*due*')).length).toBe(SHARDS)
  })
})
