import { describe, expect, it, vi } from 'vitest'
import { names, useCrew } from './crew.js'
import { signIn, startLoad } from './load.js'

const crew = useCrew()

describe('three instances over a Redis that is restarted', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'with its data (%s) say so, sign nobody out, and go on',
    async (signal) => {
      await crew.start('redis')
      const { fleet, redis } = crew
      const users = await signIn(fleet, names)
      const began = Date.now()
      const load = startLoad(users)
      for (let round = 0; round < 3; round++) {
        await crew.goesOn(load)
        await redis.stop(signal)
        await load.refused(60)
        const ready = await fetch(`${fleet.url}/readyz`)
        expect([ready.status, await ready.json()]).toEqual([503, { status: 'store unavailable' }])
        await redis.start()
        await crew.goesOn(load)
      }
      await load.stop()
      const refusals = load.failed().map(({ status, code }) => `${status} ${code}`)
      expect([...new Set(refusals)]).toEqual(['503 idp_unavailable'])
      await crew.allIsWell(users, (Date.now() - began) / 1000)
    },
    180_000,
  )

  it('while the IDP answers keep the answer, serve whoever waits, and ask once', async () => {
    await crew.start('redis')
    const { fleet, redis } = crew
    const { faults } = fleet.idp
    const user = await crew.withExpiredAccess()
    faults.next('token', { kind: 'held-answer' })
    const waiting = user.call()
    await vi.waitFor(() => expect(faults.waiting()).toBe(1))
    await redis.stop('SIGKILL')
    faults.release()
    const load = startLoad([user, user])
    await load.refused(30)
    await redis.start()
    expect((await waiting).status).toBe(200)
    await load.served(30)
    await load.stop()
    expect(fleet.refreshes().map(({ error }) => error)).toEqual([null])
    expect((await user.session()).authenticated).toBe(true)
  })
})
