import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemEdges } from '../../src/bff/edges.js'
import type { Edges } from '../../src/bff/edges.js'
import type { BffOptions } from '../../src/bff/options.js'
import { listenTo } from '../support/event-stream.js'
import type { Listening } from '../support/event-stream.js'
import { freePort } from '../support/free-port.js'
import { startRedis } from '../support/redis.js'
import type { RedisServer } from '../support/redis.js'
import { ORIGIN, problemOf, startOddBench } from './bench.js'
import type { Browser } from './bench.js'

const redisAt = async (port?: number): Promise<RedisServer> => {
  const redis = await startRedis([], port)
  onTestFinished(() => redis.close())
  return redis
}
const over = (url: string) => ({ bff: (base: BffOptions): BffOptions => ({ ...base, store: url }) })

/** Nothing is looked at now and then: what is told was told. */
const unhurried: Partial<Edges> = {
  timer: (callback, ms, background) =>
    background === true ? () => {} : systemEdges.timer(callback, ms, background),
}
const connect = async (browser: Browser): Promise<Listening> =>
  listenTo(await browser.fetch('/bff/events', { csrf: null }))

describe('two instances over one Redis', () => {
  it('a session that is ended at one is refused by the other, and its stream there is told', async () => {
    const redis = await redisAt()
    const { browser, bff, another } = await startOddBench({}, { ...over(redis.url), edges: unhurried })
    const other = another()
    await browser.login()
    const stream = await connect(browser)
    await stream.next('session')
    await vi.waitFor(async () => expect(await redis.client.pubsub('CHANNELS')).toHaveLength(1))

    browser.agent.handle(ORIGIN, other.fetch)
    const ended = stream.next('ended')
    expect((await browser.post('/bff/logout', { scope: 'app' })).status).toBe(200)
    browser.agent.handle(ORIGIN, bff.fetch)
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(401)
    expect(await ended).toMatchObject({ ended_by: 'logout' })
    await stream.ended
  })

  it('a stream that the news did not reach is told as soon as they come in again', async () => {
    const redis = await redisAt()
    const { browser, another } = await startOddBench({}, { ...over(redis.url), edges: unhurried })
    await browser.login()
    const stream = await connect(browser)
    await stream.next('session')
    const others = another()
    await others.sessions.list({ sub: 'nobody' })
    // No connection can subscribe any more, and the one that is there is cut.
    await redis.client.call('acl', 'setuser', 'default', '-subscribe')
    await redis.client.call('client', 'kill', 'type', 'pubsub')
    await vi.waitFor(async () => expect(await redis.client.pubsub('CHANNELS')).toEqual([]))
    expect(await others.sessions.end({ sub: 'alice' })).toBe(1)
    await vi.waitFor(async () => expect(String(await redis.client.call('acl', 'log'))).toContain('subscribe'))
    expect(stream.of('ended')).toEqual([])
    await redis.client.call('acl', 'setuser', 'default', '+subscribe')
    expect(await stream.next('ended')).toMatchObject({ ended_by: 'revoked' })
  })
})

describe('a BFF without its Redis', () => {
  it('starts, is not ready, and says to come again; then it is', async () => {
    const port = await freePort()
    const { bff, browser } = await startOddBench({}, over(`redis://127.0.0.1:${port}`))
    await bff.ready
    const ready = (): Promise<Response> => bff.fetch(new Request(`${ORIGIN}/readyz`))
    expect((await ready()).status).toBe(503)
    expect((await bff.fetch(new Request(`${ORIGIN}/healthz`))).status).toBe(200)
    await redisAt(port)
    await vi.waitFor(async () => expect((await ready()).status).toBe(200), { timeout: 10_000 })
    expect(await (await ready()).json()).toEqual({ status: 'ready' })
    await browser.login()
    expect((await browser.session()).authenticated).toBe(true)
  })

  it('signs nobody out: every door says 503 and when to come again, and streams stay', async () => {
    const redis = await redisAt()
    const { browser } = await startOddBench({}, over(redis.url))
    await browser.login()
    const stream = await connect(browser)
    await stream.next('session')
    await redis.stop('SIGKILL')
    for (const call of [
      () => browser.fetch('/bff/api/echo/x'),
      () => browser.fetch('/bff/session', { csrf: '1' }),
      () => browser.post('/bff/refresh'),
      () => browser.post('/bff/logout', { scope: 'app' }),
      () => browser.fetch('/bff/events', { csrf: null }),
    ]) {
      const answer = await call()
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(await problemOf(answer)).toMatchObject({ code: 'idp_unavailable' })
    }
    await redis.start()
    await vi.waitFor(async () => expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200), {
      timeout: 10_000,
    })
    expect(stream.of('ended')).toEqual([])
    await browser.post('/bff/logout', { scope: 'app' })
    expect(await stream.next('ended')).toMatchObject({ ended_by: 'logout' })
  })
})
