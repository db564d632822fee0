/** A device’s clock is what users set it to: wrong from the start, or set while the page is open. Sessions go by the servers' time. */
import { describe, expect, it, vi } from 'vitest'
import { HOLDERS, startWorld, type AppPage } from './client-world.js'

const MINUTE = 60_000
const DAY = 86_400_000
const WRONG = [
  ['ten minutes fast', 10 * MINUTE],
  ['ten minutes slow', -10 * MINUTE],
  ['a day fast', DAY],
  ['a day slow', -DAY],
] as const

const requestsOf = ({ tab }: AppPage): number => tab.platform.requests.length

const expectStillThere = (page: AppPage, ref: string): void => {
  expect(page.state).toMatchObject({
    status: 'authenticated',
    session: { ref, idp: { status: 'active' } },
    renewal: { status: 'idle' },
  })
  expect(page.types().filter((type) => type !== 'refreshed')).toEqual(['authenticated'])
}

describe.each(HOLDERS)('tokens held by: %s', (heldBy) => {
  it.each(WRONG)('a clock that is %s at the start changes nothing', async (_, skew) => {
    const { open, pass, refreshes } = await startWorld(heldBy, { skew, bff: { session: { idle: 0 } } })
    const page = open('/deep?x=1')
    const { ref, app, access } = await page.signIn()
    // What is told is told in the server's clock.
    expect(Math.abs(app.endsAt - Date.now() - DAY / 2)).toBeLessThan(3_000)
    expect(Math.abs(access.expiresAt - Date.now() - 5 * MINUTE)).toBeLessThan(3_000)
    for (let expiries = 1; expiries <= 3; expiries += 1) {
      await pass(240, page)
      expect(refreshes()).toHaveLength(expiries)
      expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
    }
    expectStillThere(page, ref)
    expect((await page.load()).status).toBe('authenticated')
    expect(Math.abs(page.session.app.endsAt - app.endsAt)).toBeLessThan(3_000)
  })

  it.each(WRONG)('a clock that becomes %s while the page is open changes nothing', async (_, ms) => {
    const { open, pass, refreshes, device } = await startWorld(heldBy, { bff: { session: { idle: 0 } } })
    const pages = [open()]
    const { ref, app } = await pages[0]!.signIn()
    pages.push(open())
    await pages[1]!.client.start()
    await pass(100, ...pages)
    const before = pages.map(requestsOf)
    const refs = pages.map(({ session }) => session.ref)
    expect(refs[0]).toBe(ref)

    // Set, and set right again.
    for (const jump of [ms, -ms]) {
      device.jump(jump)
      const count = refreshes().length
      await pass(120, ...pages)
      await pass(120, ...pages)
      // Tabs of one browser share what they have.
      expect(refreshes()).toHaveLength(count + 1)
      for (const [index, page] of pages.entries()) {
        expectStillThere(page, refs[index] ?? '')
        expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
        expect(Math.abs(page.session.app.endsAt - app.endsAt)).toBeLessThan(3_000)
      }
    }
    // Who asks the time asks once, not in a circle: for each time the clock was set a question, a renewal, its token and a call, and now and then a new stream.
    for (const [index, page] of pages.entries()) {
      expect(requestsOf(page) - (before[index] ?? 0)).toBeLessThanOrEqual(2 * 6)
    }
  })

  it('a clock that is set again and again is no reason to ask again and again', async () => {
    const { open, pass, refreshes, device } = await startWorld(heldBy, {
      bff: { session: { idle: 0 } },
      step: 1,
    })
    const page = open()
    const { ref } = await page.signIn()
    const before = requestsOf(page)
    for (let times = 0; times < 20; times += 1) {
      device.jump(times % 2 === 0 ? DAY : -DAY)
      await pass(5, page)
    }
    expectStillThere(page, ref)
    expect(refreshes()).toHaveLength(0)
    expect(requestsOf(page) - before).toBeLessThanOrEqual(21)
    await pass(160, page)
    await vi.waitFor(() => expect(refreshes()).toHaveLength(1))
    expectStillThere(page, ref)
  })
})
