/**
 * Three processes over one store behind nginx: one refresh per expiry whatever happens, nobody is signed out, and calls fail only where a connection
 * was cut.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { names, useCrew } from './crew.js'
import { order, signIn, startLoad } from './load.js'

/** The tests of three instances over one kind of store. */
export function threeInstancesOver(store: 'redis' | 'sqlite'): void {
  const crew = useCrew()

  describe(`three instances over ${store}`, () => {
    describe('with a provider that takes every refresh token once', () => {
      beforeEach(() => crew.start(store))

      it('renew access once for a hundred calls, however slow the IDP; and who is ended is ended everywhere', async () => {
        const { fleet } = crew
        const user = await crew.withExpiredAccess()
        // Longer than a lease lasts that nobody renews.
        fleet.idp.faults.next('token', { kind: 'delay', ms: 9_500 })
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
        const { fleet } = crew
        const users = await signIn(fleet, names)
        const began = Date.now()
        const load = startLoad(users)
        // nginx asks nobody else for these: a connection that is closed just as one comes on it is a call that failed.
        const orders = startLoad([...users, ...users], { ask: order, pause: 0 })
        for (const instance of fleet.instances) {
          await load.served(50)
          await orders.served(50)
          await instance.end('SIGTERM')
          await crew.goesOn(load)
          await instance.start()
        }
        await crew.goesOn(load)
        await Promise.all([load.stop(), orders.stop()])
        expect([...load.failed(), ...orders.failed()]).toEqual([])
        await crew.allIsWell(users, (Date.now() - began) / 1000)
      }, 180_000)
    })

    it('go on when one of them is killed, and when it is back', async () => {
      // It may have been in the middle of a refresh.
      await crew.start(store, 30)
      const { fleet } = crew
      const users = await signIn(fleet, names)
      const began = Date.now()
      const load = startLoad(users)
      for (const instance of [fleet.instances[1], fleet.instances[2]]) {
        await crew.goesOn(load)
        await instance?.end('SIGKILL')
        await crew.goesOn(load)
        await instance?.start()
      }
      await crew.goesOn(load)
      await load.stop()
      // No more than one call a user can have been on its way there, and nginx asks another one where it may.
      expect(load.failed().filter(({ status }) => status !== 502 && status !== 'cut')).toEqual([])
      expect(load.failed().length).toBeLessThanOrEqual(2 * names.length)
      await crew.allIsWell(users, (Date.now() - began) / 1000)
    }, 180_000)
  })
}
