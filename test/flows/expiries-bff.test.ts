/**
 * Access at a BFF over very many expiries, with several tabs of one browser: one token request for each, whatever tabs and calls there
 * are, and every fact told once. The provider is the real one, and revokes everything when a refresh token is used twice.
 */
import { expect, it, vi } from 'vitest'
import { memoryStore } from '../../src/bff/index.js'
import { seeded } from '../support/seeded.js'
import { startWorld, type AppPage, type World, type WorldOptions } from './client-world.js'

const DAY = 86_400
/** How long before its expiry access is renewed at the latest, ms. */
const MARGIN = 60_000
/** No renewal takes so long, ms of the real time. */
const PATIENCE = 60_000

const start = (options: WorldOptions = {}): Promise<World> =>
  startWorld('bff', {
    ...options,
    idp: { lifetimes: { session: 40 * DAY, refreshToken: 40 * DAY, grant: 40 * DAY, idToken: 40 * DAY } },
    bff: { session: { idle: 0, absolute: 30 * DAY }, ...options.bff },
  })

/** Signs in on a first page, and has `count` in all on that session. */
const openPages = async ({ open }: World, count: number): Promise<AppPage[]> => {
  const pages = [open()]
  await pages[0]?.signIn()
  while (pages.length < count) pages.push(await opened(open()))
  return pages
}

const opened = async (page: AppPage): Promise<AppPage> => {
  await page.client.start()
  return page
}

/** Waits until all these pages have valid access, and nothing is due or on the wire. The clocks go on meanwhile. */
const settled = async ({ device }: World, pages: readonly AppPage[]): Promise<void> => {
  const isSettled = ({ state }: AppPage): boolean =>
    state.status === 'authenticated' &&
    state.renewal.status === 'idle' &&
    (state.renewal.dueAt ?? 0) > Date.now() &&
    state.session.access.expiresAt > Date.now()
  const limit = performance.now() + PATIENCE
  for (let turns = 1; !pages.every(isSettled); turns += 1) {
    if (performance.now() > limit)
      throw new Error(`not renewed: ${JSON.stringify(pages.map(({ state }) => state))}`)
    await new Promise((resolve) => setImmediate(resolve))
    if (turns % 16 === 0) device.advance(0)
  }
}

/** When the access of these pages expires: the newest they have. */
const expiry = (pages: readonly AppPage[]): number =>
  Math.max(...pages.map(({ session }) => session.access.expiresAt))

/** The clock stands there, and whoever is not frozen does what is due. */
const goTo = ({ device }: World, moment: number): void => {
  vi.setSystemTime(moment)
  device.advance(0)
}

/** The expiries that a page was told of, one by one. */
const told = (page: AppPage): number[] =>
  page.told
    .filter(({ type }) => type === 'refreshed')
    .map(({ detail }) => (detail as { session: AppPage['session'] }).session.access.expiresAt)

const expectEachFactOnce = (page: AppPage): void => {
  const facts = told(page)
  expect(facts.toSorted((one, other) => one - other)).toEqual([...new Set(facts)])
  expect(page.told.filter(({ type }) => type !== 'refreshed')).toMatchObject([{ type: 'authenticated' }])
}

it('a thousand expiries with five tabs are a thousand token requests, and each tab is told each once', async () => {
  const world = await start()
  const pages = await openPages(world, 5)
  const { ref } = pages[0]!.session
  const requests: number[] = []
  for (let expiries = 0; expiries < 1000; expiries += 1) {
    goTo(world, expiry(pages) - MARGIN)
    await settled(world, pages)
    requests.push(world.refreshes().length)
  }
  expect(requests).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1))
  expect(world.refreshes().filter(({ error, status }) => error !== null || status !== 200)).toEqual([])
  for (const page of pages) {
    expect(told(page)).toHaveLength(1000)
    expectEachFactOnce(page)
    expect(page.session.ref).toBe(ref)
    expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
  }
}, 300_000)

it.each([1, 2, 3])(
  'two hundred expiries with tabs that come, go, crash, freeze, sleep and call are two hundred token requests (seed %i)',
  async (seed) => {
    const chance = seeded(seed)
    const world = await start()
    const pages = await openPages(world, 4)
    const { ref } = pages[0]!.session
    const frozen = new Set<AppPage>()
    const statuses: unknown[] = []
    const requests: number[] = []
    for (let expiries = 0; expiries < 200; expiries += 1) {
      if (pages.length < 8 && chance.happens(0.2)) {
        pages.push(await opened(world.open('/', { random: chance.fork().next })))
      }
      if (pages.length > 2 && chance.happens(0.15)) {
        const [gone] = pages.splice(chance.below(pages.length), 1)
        expectEachFactOnce(gone!)
        frozen.delete(gone!)
        gone?.tab.platform[chance.pick(['close', 'crash'] as const)]()
      }
      const first = chance.pick(pages)
      for (const page of pages) {
        const sleeps = page !== first && chance.happens(0.4)
        if (sleeps === frozen.has(page)) continue
        if (sleeps) frozen.add(page)
        else frozen.delete(page)
        page.tab.platform[sleeps ? 'freeze' : 'resume']()
      }
      const awake = pages.filter((page) => !frozen.has(page))
      await settled(world, awake)
      const at = expiry(pages)
      switch (chance.below(3)) {
        case 0:
          // One after the other becomes due, as their jitter has it and what they knew.
          for (let moment = at - MARGIN * 1.1; moment < at + 3000; moment += 3000) {
            goTo(world, moment)
            await settled(world, awake)
          }
          break
        case 1:
          // The device sleeps, over more than one expiry at times.
          world.sleep((at - Date.now()) / 1000 + chance.below(4) * 300 + 1, ...awake)
          break
        case 2: {
          // No timer has rung when calls come, all at once.
          vi.setSystemTime(at + chance.below(100_000))
          const calls = Array.from({ length: 6 }, () => chance.pick(awake).call())
          statuses.push(...(await Promise.all(calls)).map(({ status }) => status))
        }
      }
      await settled(world, awake)
      requests.push(world.refreshes().length)
    }
    expect(requests).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
    expect(world.refreshes().filter(({ error }) => error !== null)).toEqual([])
    expect(statuses.length).toBeGreaterThan(100)
    expect(new Set(statuses)).toEqual(new Set([200]))
    for (const { tab } of frozen) tab.platform.resume()
    await settled(world, pages)
    for (const page of pages) {
      expectEachFactOnce(page)
      expect(page.session.ref).toBe(ref)
    }
    expect(world.refreshes()).toHaveLength(200)
  },
  300_000,
)

it('a hundred expiries at two instances of the BFF with one store are a hundred token requests', async () => {
  const world = await start({ instances: 2, bff: { store: memoryStore() } })
  const pages = await openPages(world, 4)
  const requests: number[] = []
  for (let expiries = 0; expiries < 100; expiries += 1) {
    goTo(world, expiry(pages) - MARGIN)
    await settled(world, pages)
    requests.push(world.refreshes().length)
  }
  expect(requests).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  expect(world.refreshes().filter(({ error }) => error !== null)).toEqual([])
  for (const page of pages) {
    expect(told(page)).toHaveLength(100)
    expectEachFactOnce(page)
  }
}, 300_000)
