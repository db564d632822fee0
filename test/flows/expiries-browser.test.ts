/**
 * Access in the page over very many expiries, with several tabs of one browser: one token request for each, whatever the tabs do, and
 * every fact told once. The provider is the real one, and revokes everything when a refresh token is used twice.
 */
import { expect, it, vi } from 'vitest'
import { seeded } from '../support/seeded.js'
import {
  expiryOf,
  isSettled,
  startBrowserWorld,
  toldExpiries,
  tokenOf,
  type AppPage,
  type BrowserWorld,
} from './browser-world.js'

const DAY = 86_400
/** How long before its expiry access is renewed at the latest, ms. */
const MARGIN = 60_000

const start = (): Promise<BrowserWorld> =>
  startBrowserWorld({
    idp: { lifetimes: { session: 40 * DAY, refreshToken: 40 * DAY, grant: 40 * DAY, idToken: 40 * DAY } },
    client: { session: { absolute: 30 * DAY } },
  })

const expectEachFactOnce = (page: AppPage): void => {
  const facts = toldExpiries(page)
  expect(facts).toEqual([...new Set(facts)])
  expect(page.types().filter((type) => type !== 'refreshed')).toEqual(['authenticated'])
}

const expectNoneRefused = ({ refreshes, idp }: BrowserWorld): void => {
  expect(refreshes().filter(({ error, status }) => error !== null || status !== 200)).toEqual([])
  expect(idp.tokenRequests).toHaveLength(refreshes().length)
}

it('a thousand expiries with five tabs are a thousand token requests, and each tab is told each once', async () => {
  const world = await start()
  const pages = await world.signedIn(5)
  const { ref } = pages[0]!.session
  const requests: number[] = []
  for (let expiries = 0; expiries < 1000; expiries += 1) {
    world.goTo(expiryOf(pages) - MARGIN)
    await world.until(pages, isSettled)
    requests.push(world.refreshes().length)
  }
  expect(requests).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1))
  expectNoneRefused(world)
  const token = await tokenOf(pages[0]!)
  for (const page of pages) {
    expect(toldExpiries(page)).toHaveLength(1000)
    expectEachFactOnce(page)
    expect(page.session.ref).toBe(ref)
    expect(await tokenOf(page)).toBe(token)
  }
}, 300_000)

it.each([1, 2, 3])(
  'a hundred expiries with tabs that come, go, crash, freeze and sleep are a hundred token requests (seed %i)',
  async (seed) => {
    const chance = seeded(seed)
    const world = await start()
    const pages = await world.signedIn(4)
    const { ref } = pages[0]!.session
    const requests: number[] = []
    for (let expiries = 0; expiries < 100; expiries += 1) {
      if (pages.length < 8 && chance.happens(0.2)) {
        const page = world.open({ random: chance.fork().next })
        await page.client.start()
        pages.push(page)
      }
      if (pages.length > 2 && chance.happens(0.15)) {
        const [gone] = pages.splice(chance.below(pages.length), 1)
        expectEachFactOnce(gone!)
        world.remove(gone!, chance.pick(['close', 'crash'] as const))
      }
      const first = chance.pick(pages)
      const absent = pages.filter((page) => page !== first && chance.happens(0.4))
      const awake = pages.filter((page) => !absent.includes(page))
      const isHidden = chance.happens(0.5)
      for (const { tab } of absent) tab.platform[isHidden ? 'hide' : 'freeze']()
      const at = expiryOf(awake)
      switch (chance.below(3)) {
        case 0:
          // One after the other becomes due, as their jitter has it.
          for (let moment = at - MARGIN * 1.1; moment < at + 3000; moment += 6000) {
            world.goTo(moment)
            await world.until(awake, isSettled)
          }
          break
        case 1:
          // Timers are throttled, over more than one expiry at times: then all wake.
          vi.setSystemTime(at + chance.below(4) * 300_000 + 1)
          for (const { tab } of awake) tab.platform.wake(chance.pick(['visible', 'online']))
          break
        case 2: {
          // What is called finds that access has expired.
          vi.setSystemTime(at + chance.below(100_000))
          await Promise.all(awake.map(tokenOf))
          world.goTo(Date.now())
        }
      }
      await world.until(awake, isSettled)
      for (const { tab } of absent) tab.platform[isHidden ? 'show' : 'resume']()
      await world.until(pages, (page) => isSettled(page) && page.session.access.expiresAt === expiryOf(pages))
      requests.push(world.refreshes().length)
    }
    expect(requests).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    expectNoneRefused(world)
    for (const page of pages) {
      expectEachFactOnce(page)
      expect(page.session.ref).toBe(ref)
    }
  },
  300_000,
)
