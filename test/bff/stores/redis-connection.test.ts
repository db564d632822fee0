import { afterEach, describe, expect, it, vi } from 'vitest'
import { redisAddress } from '../../../src/bff/stores/redis-address.js'
import { connectRedis } from '../../../src/bff/stores/redis-connection.js'
import type { Connection } from '../../../src/bff/stores/redis-connection.js'
import { bury } from '../../../src/bff/stores/redis-scripts.js'
import { freePort } from '../../support/free-port.js'
import { startRedis, startRedisCluster } from '../../support/redis.js'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
const owned = <Part extends { close(): Promise<unknown> }>(part: Part): Part => {
  ends.push(() => part.close())
  return part
}
const connect = (url: string): Connection => owned(connectRedis(redisAddress(url), {}))

const seconds = async (work: Promise<unknown>): Promise<number> => {
  const before = performance.now()
  await work.catch(() => {})
  return (performance.now() - before) / 1000
}
const answers = (connection: Connection): Promise<unknown> =>
  vi.waitFor(async () => expect(await connection.send('get', 'x')).toBeNull(), {
    timeout: 10_000,
    interval: 20,
  })

describe('commands', () => {
  it('wait for the first connection, and need no other sign that it is there', async () => {
    const redis = owned(await startRedis())
    expect(await connect(redis.url).send('set', 'x', '1')).toBe('OK')
  })

  it('fail soon where there is no Redis, with what is wrong; and are done as soon as there is one', async () => {
    const port = await freePort()
    const connection = connect(`redis://127.0.0.1:${port}`)
    await expect(connection.send('get', 'x')).rejects.toMatchObject({
      message: expect.stringContaining('does not answer'),
      code: 'ECONNREFUSED',
    })
    expect(await seconds(connection.send('get', 'x'))).toBeLessThan(0.5)
    owned(await startRedis([], port))
    await answers(connection)
  })

  it('on their way when Redis is killed fail, those that follow too, at once; and go on when it is back with its data', async () => {
    const redis = owned(await startRedis())
    const connection = connect(redis.url)
    await connection.send('set', 'kept', '1')
    redis.signal('SIGSTOP')
    const caught = connection.send('get', 'kept')
    const stopping = redis.stop('SIGKILL')
    await expect(caught).rejects.toThrow('does not answer')
    await stopping
    expect(await seconds(connection.send('get', 'kept'))).toBeLessThan(0.5)
    await redis.start()
    await answers(connection)
    expect(await connection.send('get', 'kept')).toBe('1')
  })

  it('fail within seconds where Redis stands still, and are done again when it goes on', async () => {
    const redis = owned(await startRedis())
    const connection = connect(redis.url)
    await connection.send('get', 'x')
    redis.signal('SIGSTOP')
    await expect(connection.send('get', 'x')).rejects.toThrow('does not answer')
    redis.signal('SIGCONT')
    await answers(connection)
  })

  it('that are refused say how, and not what was sent', async () => {
    const redis = owned(await startRedis(['--requirepass', 'test-password']))
    await expect(connect(redis.url).send('get', 'x')).rejects.toMatchObject({
      code: expect.stringMatching(/NOAUTH|REDIS/),
    })
    const open = connect(`redis://:test-password@127.0.0.1:${redis.port}`)
    expect(await open.send('get', 'x')).toBeNull()
    const wrong = open.send('hget', 'x').catch((error: unknown) => error)
    expect(await wrong).toMatchObject({ message: 'Redis refused: ERR.', code: 'ERR' })
  })

  it('run scripts that Redis has forgotten', async () => {
    const redis = owned(await startRedis())
    const connection = connect(redis.url)
    const run = (): Promise<unknown> =>
      connection.run(bury, 'x', ...['{}', '1', '1000', 'channel', 'x', '', '', ''])
    expect(await run()).toBeNull()
    await redis.client.script('FLUSH')
    expect(await run()).toBeNull()
  })
})

describe('news', () => {
  const listen = (connection: Connection) => {
    const listener = { told: vi.fn(), missed: vi.fn() }
    return { ...listener, news: connection.listen('channel', listener) }
  }

  it('come from every node of a cluster, whichever is listened to', async () => {
    const cluster = owned(await startRedisCluster())
    const { told, news } = listen(connect(cluster.nodes[0]?.url ?? ''))
    await vi.waitFor(() => expect(news.live).toBe(true))
    for (const [i, { client }] of cluster.nodes.entries()) await client.publish('channel', `news ${i}`)
    await vi.waitFor(() => expect(told.mock.calls.flat().sort()).toEqual(['news 0', 'news 1', 'news 2']))
  })

  it('that may have been missed are said to be, whenever they come in again', async () => {
    const redis = owned(await startRedis())
    const connection = connect(redis.url)
    const { told, missed, news } = listen(connection)
    await vi.waitFor(() => expect(missed).toHaveBeenCalledTimes(1))
    expect(news.live).toBe(true)
    await redis.client.publish('channel', 'one')
    await vi.waitFor(() => expect(told).toHaveBeenLastCalledWith('one'))

    await redis.stop()
    await vi.waitFor(() => expect(news.live).toBe(false))
    await redis.start()
    await vi.waitFor(() => expect(missed).toHaveBeenCalledTimes(2), { timeout: 10_000 })
    await redis.client.publish('channel', 'two')
    await vi.waitFor(() => expect(told).toHaveBeenLastCalledWith('two'))

    // Only this connection is cut.
    await redis.client.call('client', 'kill', 'type', 'pubsub')
    await vi.waitFor(() => expect(missed).toHaveBeenCalledTimes(3), { timeout: 10_000 })
    news.stop()
    await vi.waitFor(async () =>
      expect(await redis.client.pubsub('NUMSUB', 'channel')).toEqual(['channel', 0]),
    )
  })

  it('are not live where they are not allowed', async () => {
    const redis = owned(await startRedis())
    await redis.client.call('acl', 'setuser', 'deaf', 'on', '>test-password', '~*', '+@all', '-subscribe')
    const { news, missed } = listen(connect(`redis://deaf:test-password@127.0.0.1:${redis.port}`))
    await vi.waitFor(async () => expect(String(await redis.client.call('acl', 'log'))).toContain('subscribe'))
    expect([news.live, missed.mock.calls.length]).toEqual([false, 0])
  })
})
