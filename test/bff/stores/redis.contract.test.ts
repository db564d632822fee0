import { readFile } from 'node:fs/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { redisStore } from '../../../src/bff/stores/redis.js'
import { startRedis, startRedisCluster, startSentinel } from '../../support/redis.js'
import type { RedisCluster, RedisServer } from '../../support/redis.js'
import { storeContract } from './contract.js'
import type { OpenedStore } from './contract.js'

let stores = 0

/** Two instances of the BFF, in a part of the Redis that nothing else has touched. */
const open = (url: string): Promise<OpenedStore> => openAt(url, `test${stores++}:`)

const openAt = async (url: string, prefix: string): Promise<OpenedStore> => {
  const address = `${url}${url.includes('?') ? '&' : '?'}prefix=${prefix}`
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

/** What docs/configuration.md says that the user needs. */
async function limitedUser(): Promise<string[]> {
  const text = await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
  const rules = /ACL SETUSER bff on '>…' (.*)$/m.exec(text)?.[1] ?? ''
  return ['setuser', 'bff', 'on', '>test-password', ...rules.split(' ')]
}

describe('on a server, as a user that may do no more than it must', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
    await redis.client.call('acl', ...(await limitedUser()))
  })
  afterAll(() => redis.close())
  const open = (): Promise<OpenedStore> =>
    openAt(`redis://bff:test-password@127.0.0.1:${redis.port}`, 'tandem:')
  storeContract('redisStore', async () => {
    await redis.client.flushall()
    return open()
  })

  it('hears the news, and may not do else', async () => {
    const { one, close } = await open()
    const news = one.news?.({ told() {}, missed() {} })
    await vi.waitFor(() => expect(news?.live).toBe(true))
    await close()
    const user = new Redis({ port: redis.port, username: 'bff', password: 'test-password' })
    for (const [command, ...args] of [['flushall'], ['keys', '*'], ['get', 'other'], ['config', 'get', '*']])
      await expect(user.call(command ?? '', ...args)).rejects.toThrow('NOPERM')
    user.disconnect()
  })
})

describe('on a cluster of three', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  })
  afterAll(() => cluster.close())
  storeContract('redisStore', () => open(cluster.url))
  storeContract('redisStore, as a user that may do no more than it must,', async () => {
    for (const { client } of cluster.nodes) {
      await client.flushall()
      await client.call('acl', ...(await limitedUser()))
    }
    return openAt(cluster.url.replace('redis://', 'redis://bff:test-password@'), 'tandem:')
  })
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
