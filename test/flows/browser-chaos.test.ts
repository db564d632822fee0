/**
 * Tabs that hold their tokens, whatever happens to them: answers that get lost, pages that crash, freeze, hide or sleep in the middle of
 * it, clocks that are set. Nobody is signed out by any of that, and in the end all tabs have the same.
 */
import { expect, it, vi } from 'vitest'
import { seeded } from '../support/seeded.js'
import { expiryOf, isSettled, startBrowserWorld, tokenOf, type AppPage } from './browser-world.js'

vi.setConfig({ testTimeout: 120_000 })

const DAY = 86_400
const FAULTS = ['lost-answer', 'cut', '503', '429'] as const

it.each([1, 2])('nobody is signed out by any of it (seed %i)', async (seed) => {
  const chance = seeded(seed)
  const world = await startBrowserWorld({
    // So that a token whose answer got lost may be made up for.
    idp: {
      refreshReuseWindow: DAY,
      lifetimes: { session: 40 * DAY, refreshToken: 40 * DAY, grant: 40 * DAY },
    },
    client: { session: { absolute: 30 * DAY } },
  })
  let pages = await world.signedIn(4)
  const { ref } = pages[0]!.session
  /** All have the same, and nothing to do. */
  const agreed = async (): Promise<void> => {
    await world.until(pages, isSettled)
    await vi.waitFor(async () => expect(new Set(await Promise.all(pages.map(tokenOf))).size).toBe(1))
  }
  const everSeen = new Set<AppPage>(pages)
  for (let round = 0; round < 60; round += 1) {
    if (pages.length < 7 && chance.happens(0.3)) {
      const page = world.open({ random: chance.fork().next })
      await page.client.start()
      pages.push(page)
      everSeen.add(page)
    }
    const away: [AppPage, () => void][] = []
    const leave = (page: AppPage): void => {
      const { platform } = page.tab
      if (chance.happens(0.5)) {
        platform.freeze()
        away.push([page, () => platform.resume()])
      } else {
        platform.hide()
        away.push([page, () => platform.show()])
      }
    }
    for (const page of pages.slice(1)) if (chance.happens(0.25)) leave(page)
    if (chance.happens(0.4)) {
      const fault = chance.pick(FAULTS)
      const status = Number(fault)
      world.idp.faults.next(
        'token',
        status ? { kind: 'status', status } : { kind: fault as 'lost-answer' | 'cut' },
      )
    }
    if (chance.happens(0.2)) world.device.jump(chance.pick([-3_600_000, -600_000, 600_000, 86_400_000]))
    const here = (): AppPage[] => pages.filter((page) => !away.some(([one]) => one === page))
    vi.setSystemTime(expiryOf(here()) + chance.pick([-60_000, -30_000, 1_000, 400_000]))
    const waking = here()
    for (const { tab } of waking)
      if (chance.happens(0.5)) tab.platform.wake(chance.pick(['visible', 'online'] as const))
    world.device.advance(0)
    // In the middle of it: somebody closes, crashes, freezes or calls.
    for (let turns = chance.below(30); turns > 0; turns -= 1)
      await new Promise((resolve) => setImmediate(resolve))
    const victims = here().slice(1)
    if (victims.length > 1 && chance.happens(0.4)) {
      const victim = chance.pick(victims)
      if (chance.happens(0.5)) leave(victim)
      else {
        pages = pages.filter((page) => page !== victim)
        world.remove(victim, chance.pick(['close', 'crash'] as const))
        everSeen.delete(victim)
      }
    }
    const calls = here().map((page) => tokenOf(page).catch((error: unknown) => error))
    for (const outcome of await Promise.all(calls))
      if (typeof outcome !== 'string') expect(Object(outcome).name).toBe('NetworkError')
    await world.until(here(), (page) => {
      if (page.state.status === 'authenticated' && page.state.renewal.status === 'waiting')
        world.goTo(Date.now() + 1_000)
      return isSettled(page)
    })
    for (const [, back] of away.splice(0)) back()
    await agreed()
  }
  for (const page of everSeen) {
    expect(page.session.ref).toBe(ref)
    expect(page.types().filter((type) => !/refresh/.test(type))).toEqual(['authenticated'])
  }
  expect(world.refreshes().filter(({ error }) => error !== null && error !== undefined)).toEqual([])
})
