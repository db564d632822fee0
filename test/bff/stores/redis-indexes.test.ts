import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { redisAddress } from '../../../src/bff/stores/redis-address.js'
import { connectRedis } from '../../../src/bff/stores/redis-connection.js'
import type { Connection } from '../../../src/bff/stores/redis-connection.js'
import { redisIndexes } from '../../../src/bff/stores/redis-indexes.js'
import { startRedis } from '../../support/redis.js'
import type { RedisServer } from '../../support/redis.js'
import { NOW, record } from './redis-record.js'

const DAY = 86_400_000
let redis: RedisServer
let connection: Connection
beforeAll(async () => {
  redis = await startRedis()
  connection = connectRedis(redisAddress(redis.url), {})
})
afterAll(async () => {
  await connection.close()
  await redis.close()
})
beforeEach(async () => void (await redis.client.flushall()))

describe('the indexes', () => {
  it('have a session for longer than it lives now, and never for less than before', async () => {
    const indexes = redisIndexes(connection, 'p:')
    expect(await indexes.write(record('k'))).toBe(String(NOW + 1500))
    await indexes.write(record('k', { expiresAt: NOW + 100 }))
    expect(await redis.client.zscore('p:sub:{alice}', 'k')).toBe(String(NOW + 1500))
    expect(await indexes.keys({ subject: 'alice' })).toEqual(['k'])
    expect(await indexes.keys({ ref: 'ref-k' })).toEqual(['k'])
    expect(await indexes.keys({ idpSession: 'none' })).toEqual([])
  })

  it('of somebody who always comes back forget what ended long ago', async () => {
    const indexes = redisIndexes(connection, 'p:')
    for (let day = 0; day < 5; day++)
      await indexes.write(record(`k${day}`, { usedAt: NOW + day * DAY, expiresAt: NOW + day * DAY + 1000 }))
    expect(await indexes.keys({ subject: 'alice' })).toEqual(['k3', 'k4'])
  })

  it('are kept for as long as the longest of their sessions', async () => {
    const indexes = redisIndexes(connection, 'p:')
    await indexes.write(record('long', { expiresAt: NOW + 10 * DAY }))
    await indexes.write(record('short'))
    expect(await redis.client.pttl('p:sub:{alice}')).toBeGreaterThan(10 * DAY)
    await indexes.ended('long', { ref: 'ref-long', subject: 'alice', idpSession: null }, NOW + DAY)
    expect(await indexes.keys({ subject: 'alice' })).toEqual(['short'])
  })
})
