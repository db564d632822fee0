/** What the tests of this folder have in common: a fleet of three for each test, users with a load, and what must be so at the end. */
import { afterEach, expect, vi } from 'vitest'
import { endAll } from '../bff/server-command.js'
import { startRedis } from '../support/redis.js'
import type { RedisServer } from '../support/redis.js'
import { startFleet } from './fleet.js'
import type { Fleet, User } from './fleet.js'
import type { Load } from './load.js'

/** How long access lasts, s. */
const ACCESS = 3
/** Who signs in. */
export const names = ['alice', 'bob', 'alice', 'bob', 'alice', 'bob']

/** The fleet of a test. */
export interface Crew {
  readonly fleet: Fleet
  /** Only where the fleet is over Redis. */
  readonly redis: RedisServer
  /** Starts them. `reuse`: for how long the provider takes a refresh token twice, s. */
  start(store: 'redis' | 'sqlite', reuse?: number): Promise<void>
  /** Signs alice in, and waits until her access has expired; from then on it lasts five minutes. */
  withExpiredAccess(): Promise<User>
  /** Calls go on until so many more were answered well, and access was renewed once more for about every user. */
  goesOn(load: Load, calls?: number): Promise<void>
  /** Nobody was signed out, no refresh token was used twice, and access was not renewed too often in so many seconds. */
  allIsWell(users: readonly User[], seconds: number): Promise<void>
}

/** For one file: whatever a test has started ends with it. */
export function useCrew(): Crew {
  let redis: RedisServer | undefined
  let fleet: Fleet | undefined
  const ends: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
    endAll()
  })
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('It has not been started in this test.')
    return value
  }

  return {
    get fleet() {
      return there(fleet)
    },
    get redis() {
      return there(redis)
    },
    async start(store, reuse = 0) {
      // What Redis answered is on the disk: else a kill may take the last two seconds with it, rotated refresh tokens among them.
      redis = store === 'redis' ? await startRedis(['--appendfsync', 'always']) : undefined
      if (redis !== undefined) ends.push(redis.close)
      const lifetimes = { accessToken: ACCESS }
      fleet = await startFleet(redis?.url ?? 'sqlite:./sessions.db', { lifetimes, refreshReuseWindow: reuse })
      ends.push(fleet.close)
    },
    async withExpiredAccess() {
      const { signIn, idp } = there(fleet)
      const user = await signIn()
      const { session } = (await user.session()) as { session: { access: { expires_at: number } } }
      await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(session.access.expires_at), {
        timeout: 10_000,
      })
      idp.lifetimes.accessToken = 300
      return user
    },
    async goesOn(load, calls = 50) {
      const { refreshes } = there(fleet)
      const before = refreshes().length
      await load.served(calls)
      await vi.waitFor(() => expect(refreshes().length).toBeGreaterThanOrEqual(before + names.length), {
        timeout: 30_000,
        interval: 20,
      })
    },
    async allIsWell(users, seconds) {
      const { refreshes } = there(fleet)
      for (const user of users) expect((await user.session()).authenticated).toBe(true)
      expect(refreshes().filter(({ error }) => error !== null)).toEqual([])
      expect(refreshes().length).toBeGreaterThan(users.length)
      // Access is renewed when a third of it is left, at the earliest.
      const most = users.length * (Math.ceil(seconds / ((ACCESS * 2) / 3)) + 1)
      expect(refreshes().length).toBeLessThanOrEqual(most)
    },
  }
}
