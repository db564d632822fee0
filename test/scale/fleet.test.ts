/**
 * Three processes over one store behind nginx: one refresh per expiry whatever happens, nobody is signed out, and calls fail only where a connection
 * was cut.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { endAll } from '../bff/server-command.js'
import { startRedis } from '../support/redis.js'
import type { RedisServer } from '../support/redis.js'
import { startFleet } from './fleet.js'
import type { Fleet, User } from './fleet.js'
import { signIn, startLoad } from './load.js'
import type { Load } from './load.js'

const ACCESS = 3
const names = ['alice', 'bob', 'alice', 'bob', 'alice', 'bob']

let redis: RedisServer | undefined
let fleet: Fleet
const ends: (() => Promise<void>)[] = []
const start = async (store: string, reuse = 0): Promise<void> => {
  // What Redis answered is on the disk: else a kill may take the last two seconds with it, rotated refresh tokens among them.
  redis = store === 'redis' ? await startRedis(['--appendfsync', 'always']) : undefined
  if (redis !== undefined) ends.push(redis.close)
  const lifetimes = { accessToken: ACCESS }
  fleet = await startFleet(redis?.url ?? 'sqlite:./sessions.db', { lifetimes, refreshReuseWindow: reuse })
  ends.push(fleet.close)
}
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  endAll()
})

/** Calls go on until so many more were answered well, and access was renewed once more for about every user. */
async function goesOn(load: Load, calls = 50): Promise<void> {
  const before = fleet.refreshes().length
  await load.served(calls)
  await vi.waitFor(() => expect(fleet.refreshes().length).toBeGreaterThanOrEqual(before + names.length), {
    timeout: 30_000,
    interval: 20,
  })
}

/** Nobody was signed out, and no refresh token was used twice. */
async function allIsWell(users: readonly User[], seconds: number): Promise<void> {
  for (const user of users) expect((await user.session()).authenticated).toBe(true)
  expect(fleet.refreshes().filter(({ error }) => error !== null)).toEqual([])
  expect(fleet.refreshes().length).toBeGreaterThan(users.length)
  // Access is renewed when a third of it is left, at the earliest.
  const most = users.length * (Math.ceil(seconds / ((ACCESS * 2) / 3)) + 1)
  expect(fleet.refreshes().length).toBeLessThanOrEqual(most)
}

describe.each(['redis', 'sqlite'])('three instances over %s', (store) => {
  describe('with a provider that takes every refresh token once', () => {
    beforeEach(() => start(store))

    it('renew access once for a hundred calls, however slow the IDP; and who is ended is ended everywhere', async () => {
      const { idp } = fleet
      const user = await fleet.signIn()
      const { session } = (await user.session()) as { session: { access: { expires_at: number } } }
      await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(session.access.expires_at), {
        timeout: 10_000,
      })
      idp.lifetimes.accessToken = 300
      // Longer than a lease lasts that nobody renews.
      idp.faults.next('token', { kind: 'delay', ms: 9_500 })
      const calls = await Promise.all(Array.from({ length: 100 }, () => user.call()))
      expect(calls.filter(({ status }) => status !== 200)).toEqual([])
      expect(fleet.refreshes().map(({ error }) => error)).toEqual([null])

      const load = startLoad([user, user, user, user, user, user])
      await load.served(20)
      const ended = await fetch(`${fleet.instances[0]?.admin}/sessions?sub=alice`, { method: 'DELETE' })
      expect(await ended.json()).toEqual({ ended: 1 })
      const after = await Promise.all(Array.from({ length: 30 }, () => user.call()))
      expect(new Set(after.map(({ status }) => status))).toEqual(new Set([401]))
      await load.stop()
      expect(load.failed().every(({ status, code }) => status === 401 && code === 'login_required')).toBe(
        true,
      )
    }, 180_000)

    it('are restarted one after the other, and nobody notices', async () => {
      const users = await signIn(fleet, names)
      const began = Date.now()
      const load = startLoad(users)
      for (const instance of fleet.instances) {
        await load.served(50)
        await instance.end('SIGTERM')
        await goesOn(load)
        await instance.start()
      }
      await goesOn(load)
      await load.stop()
      expect(load.failed()).toEqual([])
      await allIsWell(users, (Date.now() - began) / 1000)
    }, 180_000)
  })

  it('go on when one of them is killed, and when it is back', async () => {
    // It may have been in the middle of a refresh.
    await start(store, 30)
    const users = await signIn(fleet, names)
    const began = Date.now()
    const load = startLoad(users)
    for (const instance of [fleet.instances[1], fleet.instances[2]]) {
      await goesOn(load)
      await instance?.end('SIGKILL')
      await goesOn(load)
      await instance?.start()
    }
    await goesOn(load)
    await load.stop()
    // No more than one call a user can have been on its way there, and nginx asks another one where it may.
    expect(load.failed().filter(({ status }) => status !== 502 && status !== 'cut')).toEqual([])
    expect(load.failed().length).toBeLessThanOrEqual(2 * names.length)
    await allIsWell(users, (Date.now() - began) / 1000)
  }, 180_000)
})

describe('three instances over a Redis that is restarted', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'with its data (%s) say so, sign nobody out, and go on',
    async (signal) => {
      await start('redis')
      const users = await signIn(fleet, names)
      const began = Date.now()
      const load = startLoad(users)
      for (let round = 0; round < 3; round++) {
        await goesOn(load)
        await redis?.stop(signal)
        await load.refused(60)
        const ready = await fetch(`${fleet.url}/readyz`)
        expect([ready.status, await ready.json()]).toEqual([503, { status: 'store unavailable' }])
        await redis?.start()
        await goesOn(load)
      }
      await load.stop()
      const refusals = load.failed().map(({ status, code }) => `${status} ${code}`)
      expect([...new Set(refusals)]).toEqual(['503 idp_unavailable'])
      await allIsWell(users, (Date.now() - began) / 1000)
    },
    180_000,
  )

  it('while the IDP answers keep the answer, serve whoever waits, and ask once', async () => {
    await start('redis')
    const { idp } = fleet
    const user = await fleet.signIn()
    const { session } = (await user.session()) as { session: { access: { expires_at: number } } }
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(session.access.expires_at), { timeout: 10_000 })
    idp.lifetimes.accessToken = 300
    idp.faults.next('token', { kind: 'held-answer' })
    const waiting = user.call()
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    await redis?.stop('SIGKILL')
    idp.faults.release()
    const load = startLoad([user, user])
    await load.refused(30)
    await redis?.start()
    expect((await waiting).status).toBe(200)
    await load.served(30)
    await load.stop()
    expect(fleet.refreshes().map(({ error }) => error)).toEqual([null])
    expect((await user.session()).authenticated).toBe(true)
  })
})
