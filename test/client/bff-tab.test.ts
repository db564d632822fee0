/** Several tabs of one browser with one session at the BFF: what one learns the others hear, each once. */
import { describe, expect, it, vi } from 'vitest'
import { createWireBff, MINUTE, own, problem } from './wire-bff.js'
import type { WireBff } from './wire-bff.js'
import { openIn, setUp, statusOf, userOf, all, type Tab } from './bff-tabs.js'

describe('what one tab learns', () => {
  it('a login signs the others in, and they ask nothing', async () => {
    const { bff, tabs, first } = await setUp()
    bff.signIn('alice')
    await first.client.checkSession()
    await all(tabs, userOf, 'alice')
    await all(tabs, ({ heard }) => heard, ['authenticated alice'])
    expect(tabs.slice(1).flatMap(({ asked }) => asked())).toEqual([])
  })

  it('a logout ends the session in all, with its reason, and they ask nothing', async () => {
    const { tabs, first } = await setUp('alice')
    await first.client.logout({ scope: 'app' })
    await all(tabs, statusOf, 'unauthenticated')
    await all(tabs, ({ heard }) => heard, ['ended logout'])
    expect(tabs.slice(1).flatMap(({ asked }) => asked())).toEqual([])
    expect(tabs[1]?.client.getState()).toMatchObject({ reason: 'logout' })
  })

  it("another user's login leaves no tab with the first one's data", async () => {
    const { bff, tabs, first } = await setUp('alice')
    bff.signIn('bob')
    await first.client.checkSession()
    await all(tabs, userOf, 'bob')
    await all(tabs, ({ heard }) => heard, ['ended user_changed', 'authenticated bob'])
  })

  it('a renewal is for all of them', async () => {
    const { tabs, first } = await setUp('alice')
    const { access } = await first.client.refresh()
    await all(
      tabs,
      ({ client }) => client.getState(),
      expect.objectContaining({ session: expect.objectContaining({ access }) }),
    )
    await all(tabs, ({ heard }) => heard, ['refreshed alice'])
    expect(tabs.flatMap(({ asked }) => asked())).toEqual(['POST /bff/refresh'])
  })

  it('the end that an answer told, too', async () => {
    const { bff, tabs, first } = await setUp('alice')
    bff.session = null
    bff.last = { ended_by: 'revoked', at: Date.now() }
    await first.client.refresh().catch(() => {})
    await all(tabs, ({ heard }) => heard, ['ended revoked'])
    expect(tabs.flatMap(({ asked }) => asked())).toEqual(['POST /bff/refresh'])
  })

  it('the end that a call was answered, too', async () => {
    const { bff, tabs, first } = await setUp('alice')
    bff.session = null
    bff.last = { ended_by: 'revoked', at: Date.now() }
    await first.client.fetch('https://api.test/orders/1')
    await all(tabs, ({ heard }) => heard, ['ended revoked'])
    expect(tabs.flatMap(({ asked }) => asked())).toEqual(['GET /bff/api/orders/1'])
  })

  it('a client that was stopped hears nothing, and does again', async () => {
    const { bff, tabs, first } = await setUp()
    const [, second] = tabs
    second?.client.stop()
    bff.signIn('alice')
    await first.client.checkSession()
    await expect.poll(() => tabs[2] && userOf(tabs[2])).toBe('alice')
    expect(second && statusOf(second)).toBe('unauthenticated')
    await second?.client.start()
    expect(second && userOf(second)).toBe('alice')
  })
})

describe('the user is there', () => {
  const idling = { app: { idle_ends_at: Date.now() + 20 * MINUTE } }
  const slides = (bff: WireBff): string[] => {
    const bodies: string[] = []
    bff.always('POST /bff/refresh', ({ body }) => {
      bodies.push(body)
      if (bff.session === null) return problem('login_required', 401)
      const app = { ...bff.session.app, idle_ends_at: bff.page.clock.now() + 20 * MINUTE }
      bff.session = { ...bff.session, app }
      return own({ authenticated: true, session: bff.session, now: bff.page.clock.now() })
    })
    return bodies
  }

  it('the BFF is told sparingly, by one of the tabs, and all know the new end', async () => {
    const bff = createWireBff()
    bff.signIn('alice', idling)
    const told = slides(bff)
    const tabs = [openIn(bff.page), openIn(bff.tab())]
    for (const { client } of tabs) await client.start()
    await expect.poll(() => tabs.map(({ page }) => page.watching)).toEqual([2, 2])
    for (let second = 0; second < 59; second += 1) {
      for (const { page } of tabs) page.act()
      bff.page.advance(1000)
    }
    expect(told).toEqual([])
    bff.page.advance(2000)
    for (let second = 0; second < 30; second += 1) {
      for (const { page } of tabs) page.act()
      await vi.waitFor(() => expect(told.length).toBeGreaterThan(0))
      await new Promise((resolve) => setImmediate(resolve))
      bff.page.advance(1000)
    }
    const endIn = ({ client }: Tab): number | undefined => {
      const state = client.getState()
      return state.status === 'authenticated' ? state.session.app.idleEndsAt : undefined
    }
    await expect
      .poll(() => tabs.map((tab) => endIn(tab) === bff.session?.app.idle_ends_at))
      .toEqual([true, true])
    expect(told.length).toBeLessThanOrEqual(2)
    expect(JSON.parse(told[0] ?? '')).toEqual({ active: true })
  })

  it('nothing is told where there is no idle end, or no answer comes', async () => {
    const bff = createWireBff({ signedIn: 'alice' })
    const told = slides(bff)
    const tab = openIn(bff.page)
    await tab.client.start()
    await expect.poll(() => tab.page.watching).toBe(2)
    bff.page.advance(2 * MINUTE)
    tab.page.act()
    expect(told).toEqual([])
    expect(statusOf(tab)).toBe('authenticated')
  })
})
