/**
 * The BFF, or something on the way to it, is in trouble, for half a minute or for an hour: no one is signed out, it is asked again later and
 * later, and all is well the moment it answers. What it did meanwhile, though its answers were lost, is done once.
 */
import { describe, expect, it, vi } from 'vitest'
import { answers, cut, cutInMidAnswer, dnsGone, hanging, type Interference } from './client-faults.js'
import { startWorld, type AppPage, type World } from './client-world.js'
import { APP_ORIGIN } from '../support/idp.js'

const HOUR = 3600
const html = '<!doctype html><title>Gateway</title><h1>Something happened</h1>'

/** What stands in the way, and what lets those through that wait. */
interface Trouble {
  readonly take: Interference
  readonly release?: () => void
}

/** Made anew for each test. `acts`: the BFF does its work all the same. */
const FAULTS: readonly (readonly [name: string, fault: () => Trouble, acts: boolean])[] = [
  ['500 of a proxy', () => ({ take: answers(500, '') }), false],
  ['503 with HTML', () => ({ take: answers(503, html) }), false],
  ['200 with HTML', () => ({ take: answers(200, html) }), false],
  ['a login page of a proxy, 401', () => ({ take: answers(401, html) }), false],
  [
    'no answer at all',
    () => {
      const { interference, release } = hanging()
      return { take: interference, release }
    },
    false,
  ],
  ['a cut connection', () => ({ take: cut }), false],
  ['half an answer', () => ({ take: cutInMidAnswer }), true],
  ['no such name in the DNS', () => ({ take: dnsGone }), false],
]

/** Begins the trouble. Returns how it ends, and when the BFF was asked to renew, and for its stream (ms since the epoch). */
const begin = ({ between }: World, fault: Trouble) => {
  const renewals: number[] = []
  const streams: number[] = []
  const noted: Interference = (go, init, url) => {
    if (url.pathname === '/bff/refresh') renewals.push(Date.now())
    if (url.pathname === '/bff/events') streams.push(Date.now())
    return fault.take(go, init, url)
  }
  between.set(APP_ORIGIN, Object.assign(noted, fault.take.hangs && { hangs: fault.take.hangs }))
  const end = (): void => {
    between.delete(APP_ORIGIN)
    fault.release?.()
  }
  return { renewals, streams, end }
}

const gapsOf = (times: readonly number[]): number[] =>
  times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1000)

const expectNobodyIsSignedOut = (page: AppPage, ref: string): void => {
  expect(page.state).toMatchObject({ status: 'authenticated', session: { ref, idp: { status: 'active' } } })
  const rest = page.types().filter((type) => !['authenticated', 'refreshed', 'refresh-failed'].includes(type))
  expect(rest).toEqual([])
}

const start = async (heldBy: 'bff' | 'mediated', step: number) => {
  const world = await startWorld(heldBy, { step, bff: { session: { idle: 0 } } })
  const page = world.open()
  const { ref } = await page.signIn()
  await world.pass(230, page)
  return { world, page, ref }
}

/** The network says that it is back. */
const comesBack = async (page: AppPage): Promise<void> => {
  page.tab.platform.wake('online')
  await vi.waitFor(() => {
    expect(page.state).toMatchObject({ renewal: { status: 'idle' } })
    expect(page.session.access.expiresAt).toBeGreaterThan(Date.now())
  })
}

describe.each(['bff', 'mediated'] as const)('tokens held by: %s', (heldBy) => {
  describe.each(FAULTS)('instead of the BFF’s answers: %s', (_, fault, acts) => {
    it('for half a minute: asked a few times more, and nobody notices', async () => {
      const { world, page, ref } = await start(heldBy, 1)
      const trouble = begin(world, fault())
      await world.pass(40, page)
      expectNobodyIsSignedOut(page, ref)
      expect(trouble.renewals.length).toBeGreaterThanOrEqual(1)
      expect(trouble.renewals.length).toBeLessThanOrEqual(7)
      trouble.end()
      await comesBack(page)
      expect(world.refreshes().map(({ error }) => error)).toEqual([null])
      expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
      expectNobodyIsSignedOut(page, ref)
    })

    it('for an hour: asked later and later, and all is well the moment it answers', async () => {
      const { world, page, ref } = await start(heldBy, 10)
      const trouble = begin(world, fault())
      await world.pass(HOUR, page)
      expectNobodyIsSignedOut(page, ref)
      for (const times of [trouble.renewals, trouble.streams]) expect(times.length).toBeLessThan(130)
      if (!acts) {
        expect(trouble.renewals.length).toBeGreaterThan(20)
        expect(gapsOf(trouble.renewals).at(-1)).toBeGreaterThanOrEqual(30)
      }
      // What was done for answers that got lost was done once for each expiry.
      const done = world.refreshes()
      expect(done.filter(({ error }) => error !== null)).toEqual([])
      expect(done.length).toBeLessThanOrEqual(acts ? HOUR / 240 + 1 : 0)

      trouble.end()
      await comesBack(page)
      expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
      expectNobodyIsSignedOut(page, ref)
      expect(world.refreshes().filter(({ error }) => error !== null)).toEqual([])
      if (!acts) expect(world.refreshes()).toHaveLength(1)
    })
  })

  it('a proxy that asks to wait by Retry-After is waited for', async () => {
    const { world, page, ref } = await start(heldBy, 5)
    const trouble = begin(world, { take: answers(429, html, { 'retry-after': '120' }) })
    await world.pass(HOUR, page)
    expectNobodyIsSignedOut(page, ref)
    for (const times of [trouble.renewals, trouble.streams]) {
      const gaps = gapsOf(times)
      if (times === trouble.renewals) expect(gaps.length).toBeGreaterThan(20)
      for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(120)
    }
    trouble.end()
    await world.pass(130, page)
    await vi.waitFor(() => expect(page.state).toMatchObject({ renewal: { status: 'idle' } }))
    expect(world.refreshes()).toHaveLength(1)
  })
})
