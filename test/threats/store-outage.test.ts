/** The store: hanging, away, full, or fallen back. A real Redis where it can be one. */
import { expect, it, onTestFinished } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { systemEdges } from '../../src/bff/edges.js'
import type { Edges } from '../../src/bff/edges.js'
import { keyOf } from '../../src/bff/sessions/lookup.js'
import { STORE_PATIENCE } from '../../src/bff/stores/bounded.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import type { SessionStore } from '../../src/bff/stores/store.js'
import { startRedis } from '../support/redis.js'
import type { RedisServer } from '../support/redis.js'
import type { Visitor } from './visitor.js'
import { testWorld } from './world.js'
import type { Changes, World } from './world.js'

async function overRedis(changes: Changes = {}): Promise<{ redis: RedisServer; world: World }> {
  const redis = await startRedis()
  onTestFinished(() => redis.close())
  const world = await testWorld({ ...changes, bff: (base) => ({ ...base, store: redis.url }) })
  return { redis, world }
}

/** Another client with the same session cookie: the thief's, who keeps it whatever happens. */
function thiefOf(world: World, visitor: Visitor): Visitor {
  const thief = world.visitor()
  thief.jar.set(cookieNames.session, visitor.cookie('session'))
  return thief
}

const DOORS = [
  ['GET', '/bff/session'],
  ['GET', '/bff/api/orders/1'],
  ['POST', '/bff/api/orders/1'],
  ['POST', '/bff/refresh'],
  ['POST', '/bff/logout'],
  ['GET', '/bff/events'],
] as const

/** All doors at once: each a 503 with `Retry-After`, soon, with no cookie taken away. */
async function unavailable(visitor: Visitor, within: number): Promise<void> {
  const begun = Date.now()
  await Promise.all(
    DOORS.map(async ([method, path]) => {
      const answer = await visitor.call(path, { method })
      expect([path, answer.status]).toEqual([path, 503])
      expect(answer.header('content-type')).toBe('application/problem+json')
      expect(Number(answer.header('retry-after'))).toBeGreaterThan(0)
      expect(answer.all('set-cookie')).toEqual([])
    }),
  )
  expect(Date.now() - begun).toBeLessThan(within)
}

it('T55 a store that hangs: every door says 503 and lets go of its request; it goes on by itself afterwards', async () => {
  const hung = { now: false }
  const whole = memoryStore()
  const { peek: _, ...elsewhere } = whole
  const store = new Proxy<SessionStore>(elsewhere, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return (...given: unknown[]): unknown =>
        hung.now ? new Promise(() => {}) : Reflect.apply(method, target, given)
    },
  })
  const waiting = new Set<object>()
  const timer: Edges['timer'] = (callback, ms, background) => {
    if (ms !== STORE_PATIENCE) return systemEdges.timer(callback, ms, background)
    const one = {}
    waiting.add(one)
    const cancel = systemEdges.timer(() => (waiting.delete(one), callback()), 300)
    return () => (waiting.delete(one), cancel())
  }
  const world = await testWorld({ bff: (base) => ({ ...base, store }), edges: { timer } })
  const alice = await world.signedIn()
  const before = world.api.received.length
  hung.now = true
  await unavailable(alice, 10_000)
  expect((await alice.visit('/readyz')).status).toBe(503)
  expect((await alice.visit('/healthz')).status).toBe(200)
  expect((await world.tellLogout({ sub: 'alice' })).status).toBe(503)
  expect((await world.visitor().signIn()).header('location')).toBe('/app?login_error=server_error')
  expect(world.api.received.length).toBe(before)
  expect(world.log).toContainEqual(expect.objectContaining({ error_code: 'STORE_TIMEOUT' }))
  hung.now = false
  expect(await alice.session()).toMatchObject({ authenticated: true })
  expect((await alice.visit('/readyz')).status).toBe(200)
  expect(waiting.size).toBe(0)
})

it(
  'T55 Redis that stands still, is gone, or takes no writes: 503 soon, no session ends, and no restart is needed',
  { timeout: 60_000 },
  async () => {
    const { redis, world } = await overRedis()
    const alice = await world.signedIn()
    expect((await alice.call('/bff/api/orders/1')).status).toBe(200)

    redis.signal('SIGSTOP')
    await unavailable(alice, 15_000)
    redis.signal('SIGCONT')
    await back(alice)

    await redis.stop('SIGKILL')
    await unavailable(alice, 15_000)
    await redis.start()
    await back(alice)

    // What needs no write works on; what does says so, and nobody is let in by it.
    await redis.client.config('SET', 'min-replicas-to-write', '1')
    expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
    for (const path of ['/bff/refresh', '/bff/logout'] as const) {
      const answer = await alice.call(path, { method: 'POST' })
      expect([path, answer.status, answer.all('set-cookie')]).toEqual([path, 503, []])
    }
    const stranger = world.visitor()
    expect((await stranger.signIn()).header('location')).toBe('/app?login_error=server_error')
    expect(await stranger.session()).toEqual({ authenticated: false })
    await redis.client.config('SET', 'min-replicas-to-write', '0')
    await back(alice)
    expect((await alice.call('/bff/logout', { method: 'POST' })).status).toBe(200)
  },
)

/** It answers again, by itself, before long. */
async function back(visitor: Visitor): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until;)
    if ((await visitor.call('/bff/api/orders/1')).status === 200) break
  expect(await visitor.session()).toMatchObject({ authenticated: true })
}

it('T54 a Redis that fell back to before a logout opens the session to nobody, and is told of the end again', async () => {
  const { redis, world } = await overRedis()
  const second = await world.another()
  const alice = await world.signedIn()
  const thief = thiefOf(world, alice)
  const key = (await keyOf(alice.cookie('session'))) ?? ''
  const [name = ''] = await redis.client.keys(`*${key}*`)
  const before = await redis.client.dumpBuffer(name)
  expect((await alice.call('/bff/logout', { method: 'POST' })).status).toBe(200)
  // The other instance has seen the end, too: by a request with the cookie.
  expect(await thief.at(second).session()).toMatchObject({ authenticated: false })

  const fallBack = (): Promise<unknown> => redis.client.restore(name, 0, before, 'REPLACE')
  for (const instance of [world, second]) {
    await fallBack()
    expect(await redis.client.hexists(name, 'd')).toBe(1)
    const there = thief.at(instance)
    const refused = await there.call('/bff/api/orders/1')
    expect([refused.status, refused.json()['ended_by']]).toEqual([401, 'logout'])
    expect((await redis.client.hkeys(name)).includes('t')).toBe(true)
    await fallBack()
    expect(await there.session()).toMatchObject({ authenticated: false, last: { ended_by: 'logout' } })
    await fallBack()
    expect((await there.call('/bff/refresh', { method: 'POST' })).status).toBeGreaterThanOrEqual(401)
  }
  expect(world.api.received).toHaveLength(0)
  expect(await world.bff.sessions.list({ sub: 'alice' })).toEqual([])
})

it('T56 a Redis that is full lets nobody in, and one that drops sessions signs their users out', async () => {
  const { redis, world } = await overRedis()
  const alice = await world.signedIn()
  const used = /used_memory:(\d+)/.exec(await redis.client.info('memory'))?.[1] ?? '0'
  await redis.client.config('SET', 'maxmemory', String(Math.ceil(Number(used) / 2)))
  const bob = world.visitor()
  expect((await bob.signIn()).header('location')).toBe('/app?login_error=server_error')
  expect(await bob.session()).toEqual({ authenticated: false })
  expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
  const ready = () => alice.visit('/readyz')
  expect((await ready()).status).toBe(503)
  await redis.client.config('SET', 'maxmemory', '1gb')
  expect((await ready()).json()).toEqual({ status: 'ready' })
  await redis.client.config('SET', 'maxmemory-policy', 'allkeys-lru')
  expect((await ready()).json()['warnings']).toEqual([expect.stringContaining('allkeys-lru')])
  await redis.client.config('SET', 'maxmemory', '1')
  await redis.client.set('another', 'x').catch(() => {})
  expect(await redis.client.dbsize()).toBe(0)
  await redis.client.config('SET', 'maxmemory', '0')
  const answer = await alice.call('/bff/api/orders/2')
  expect([answer.status, answer.json()['code']]).toEqual([401, 'session_unknown'])
  expect(world.api.received).toHaveLength(1)
  await alice.signIn()
  expect((await alice.call('/bff/api/orders/3')).status).toBe(200)
})
