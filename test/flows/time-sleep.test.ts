/**
 * Devices sleep, browsers freeze and throttle what nobody looks at: what is due is done late. The first call after that gets fresh access
 * or a clean end, and nobody asks in a circle or all at once.
 */
import { describe, expect, it, vi } from 'vitest'
import { HOLDERS, startWorld, type AppPage, type HeldBy, type World } from './client-world.js'

const HOUR = 3600
const WAKES = ['visible', 'online', 'resumed', 'restored'] as const

/** Whether the device's even clock stands still while it sleeps: that differs between systems. */
const SLEEPERS = [false, true]

const start = (heldBy: HeldBy, evenClockSleeps = false, step = 30): Promise<World> =>
  startWorld(heldBy, { evenClockSleeps, step, bff: { session: { idle: 0 } } })

/** Tabs of one browser that are signed in. */
const signedIn = async ({ open }: World, count = 3): Promise<AppPage[]> => {
  const pages = [open()]
  await pages[0]!.signIn()
  while (pages.length < count) {
    const page = open()
    await page.client.start()
    pages.push(page)
  }
  return pages
}

const requestsOf = (pages: readonly AppPage[]): number =>
  pages.reduce((sum, { tab }) => sum + tab.platform.requests.length, 0)

/** Waits until they have valid access and ask for nothing. */
const renewed = (pages: readonly AppPage[]): Promise<void> =>
  vi.waitFor(() => {
    for (const { state, session } of pages) {
      expect(state).toMatchObject({ status: 'authenticated', renewal: { status: 'idle' } })
      expect(session.access.expiresAt).toBeGreaterThan(Date.now())
    }
  })

describe.each(SLEEPERS)('on a device whose even clock sleeps, too: %s', (evenClockSleeps) => {
  describe.each(HOLDERS)('tokens held by: %s', (heldBy) => {
    it.each([
      ['one expiry', 400],
      ['many expiries', 5 * HOUR],
    ])(
      'calls that come first after sleep over %s get fresh access, by one token request',
      async (_, sleep) => {
        const world = await start(heldBy, evenClockSleeps)
        const pages = await signedIn(world)
        await world.pass(60, ...pages)
        world.sleep(sleep)
        const calls = await Promise.all(
          pages.flatMap((page) => Array.from({ length: 10 }, () => page.call())),
        )
        expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([200]))
        expect(world.refreshes().map(({ error }) => error)).toEqual([null])
        await world.pass(5, ...pages)
        await renewed(pages)
        expect(world.refreshes()).toHaveLength(1)
        for (const page of pages) expect(page.types()).toEqual(['authenticated', 'refreshed'])
      },
    )

    it.each([
      ['one expiry', 400],
      ['many expiries', 5 * HOUR],
    ])('waking from sleep over %s by every sign there is brings one token request', async (_, sleep) => {
      const world = await start(heldBy, evenClockSleeps)
      const pages = await signedIn(world)
      await world.pass(60, ...pages)
      const before = requestsOf(pages)
      world.sleep(sleep)
      for (const sign of WAKES) for (const { tab } of pages) tab.platform.wake(sign)
      await renewed(pages)
      await world.pass(60, ...pages)
      expect(world.refreshes().map(({ error }) => error)).toEqual([null])
      for (const page of pages) expect(page.types()).toEqual(['authenticated', 'refreshed'])
      // Whose session it is, a renewal, its token, a new stream: not more for each tab.
      expect(requestsOf(pages) - before).toBeLessThanOrEqual(4 * pages.length)
    })

    it('sleep over the end of the app session is a clean end, for every tab, and then there is quiet', async () => {
      const world = await start(heldBy, evenClockSleeps)
      const pages = await signedIn(world)
      await world.pass(60, ...pages)
      const before = requestsOf(pages)
      world.sleep(13 * HOUR, ...pages)
      await vi.waitFor(() => {
        for (const { state } of pages)
          expect(state).toMatchObject({ status: 'unauthenticated', reason: 'app_session_over' })
      })
      for (const page of pages) {
        await expect(page.call()).rejects.toMatchObject({
          code: 'session_ended',
          reason: 'app_session_over',
        })
        expect(page.types().filter((type) => type === 'ended')).toHaveLength(1)
      }
      await world.pass(5, ...pages)
      const after = requestsOf(pages)
      expect(after - before).toBeLessThanOrEqual(3 * pages.length)
      for (const { tab } of pages) for (const sign of ['online', 'visible'] as const) tab.platform.wake(sign)
      await world.pass(600, ...pages)
      expect(world.refreshes()).toEqual([])
      expect(world.api.requests).toEqual([])
      // Whoever comes back to a page may have signed in elsewhere: that is asked for, and nothing else.
      expect(requestsOf(pages) - after).toBeLessThanOrEqual(2 * pages.length)
    })

    it('a call that comes first after sleep over the end of the app session does nothing', async () => {
      const world = await start(heldBy, evenClockSleeps)
      const [page] = await signedIn(world, 1)
      await world.pass(60, page!)
      world.sleep(13 * HOUR)
      const outcome: unknown = await page!.call().catch((error: unknown) => error)
      // The BFF refuses what is sent, with or without its cookie; nothing is sent where the page knows.
      const { status, code } = Object(outcome) as { status?: number; code?: string }
      expect([401, 403, 'session_ended']).toContain(status ?? code)
      await vi.waitFor(() =>
        expect(page!.state).toMatchObject({ status: 'unauthenticated', reason: 'app_session_over' }),
      )
      expect(world.api.requests.filter(({ claims }) => claims !== null)).toEqual([])
      expect(world.refreshes()).toEqual([])
    })

    it('sleep over the end of the session at the provider is one refused refresh, and an end', async () => {
      const world = await startWorld(heldBy, {
        evenClockSleeps,
        bff: { session: { idle: 0 } },
        idp: { lifetimes: { session: HOUR } },
      })
      const pages = await signedIn(world)
      await world.pass(60, ...pages)
      world.sleep(2 * HOUR, ...pages)
      await vi.waitFor(() => {
        for (const { state } of pages)
          expect(state).toMatchObject({ status: 'unauthenticated', reason: 'idp_session_over' })
      })
      await world.pass(600, ...pages)
      expect(world.refreshes().map(({ error }) => error)).toEqual(['invalid_grant'])
      for (const page of pages) expect(page.types().filter((type) => type === 'ended')).toHaveLength(1)
    })

    it('waking without a network signs no one out, and the network brings access at once', async () => {
      const world = await start(heldBy, evenClockSleeps)
      const pages = await signedIn(world)
      await world.pass(60, ...pages)
      await world.idp.down()
      const refs = pages.map(({ session }) => session.ref)
      world.sleep(2 * HOUR, ...pages)
      await world.pass(120, ...pages)
      expect(pages.map(({ state }) => state.status)).toEqual(pages.map(() => 'authenticated'))
      await world.idp.up()
      for (const { tab } of pages) tab.platform.wake('online')
      await renewed(pages)
      expect(world.refreshes().map(({ error }) => error)).toEqual([null])
      expect(pages.map(({ session }) => session.ref)).toEqual(refs)
      for (const page of pages) expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
    })
  })
})

describe.each(HOLDERS)('tokens held by: %s', (heldBy) => {
  it.each([
    ['once a minute', 60, 240],
    ['once in five minutes', 300, 300],
  ])(
    'timers that ring %s renew late, once per expiry, and every call gets fresh access',
    async (_, step, cycle) => {
      const world = await start(heldBy, false, step)
      const pages = await signedIn(world)
      for (let expiries = 1; expiries <= 6; expiries += 1) {
        await world.pass(cycle, ...pages)
        for (const page of pages) expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
        await renewed(pages)
        expect(world.refreshes()).toHaveLength(expiries)
      }
      for (const page of pages)
        expect(page.types().filter((type) => type !== 'refreshed')).toEqual(['authenticated'])
    },
  )

  it('a page that was frozen over many expiries is in step again with its first call', async () => {
    const world = await start(heldBy)
    const pages = await signedIn(world)
    const [frozen] = pages
    frozen!.tab.platform.freeze()
    await world.pass(2 * HOUR, ...pages.slice(1))
    const before = world.refreshes().length
    frozen!.tab.platform.resume()
    expect(await frozen!.call()).toEqual({ status: 200, sub: 'alice' })
    await renewed(pages)
    expect(world.refreshes().length - before).toBe(0)
    expect(world.refreshes().filter(({ error }) => error !== null)).toEqual([])
  })
})
