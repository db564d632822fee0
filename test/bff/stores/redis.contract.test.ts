import { afterAll, beforeAll, describe } from 'vitest'
import { redisStore } from '../../../src/bff/stores/redis.js'
import { startRedis, startRedisCluster, startSentinel } from '../../support/redis.js'
import type { RedisCluster, RedisServer } from '../../support/redis.js'
import { storeContract } from './contract.js'
import type { OpenedStore } from './contract.js'

let stores = 0

/** Two instances of the BFF, in a part of the Redis that nothing else has touched. */
const open = async (url: string): Promise<OpenedStore> => {
  const address = `${url}${url.includes('?') ? '&' : '?'}prefix=test${stores++}:`
  const [one, other] = [redisStore(address), redisStore(address)]
  return { one, other, close: async () => void (await Promise.all([one.close(), other.close()])) }
}

describe('on a server', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.close())
  storeContract('redisStore', () => open(`${redis.url}/3`))
})

describe('on a cluster of three', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  })
  afterAll(() => cluster.close())
  storeContract('redisStore', () => open(cluster.url))
  storeContract('redisStore, told of one node only,', () => open(cluster.nodes[0]?.url ?? ''))
})

describe('on a server that sentinels know', () => {
  const servers: RedisServer[] = []
  let url = ''
  beforeAll(async () => {
    const primary = await startRedis()
    servers.push(primary)
    const sentinel = await startSentinel(primary.port)
    servers.push(sentinel)
    url = `redis://127.0.0.1:${sentinel.port}/?sentinel=app`
  })
  afterAll(async () => {
    for (const server of servers.reverse()) await server.close()
  })
  storeContract('redisStore', () => open(url))
})
