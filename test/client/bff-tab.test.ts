/** Several tabs of one browser with one session at the BFF: what one learns the others hear, each once. */
import { describe, expect, it, vi } from 'vitest'
import { bffClient, createSessionClient } from '../../src/index.js'
import type { SessionClient, SessionEvents } from '../../src/index.js'
import type { TestPlatform } from '../support/test-platform.js'
import { ORDERS } from './api-calls.js'
import { createWireBff, MINUTE, own, problem } from './wire-bff.js'
import type { WireBff } from './wire-bff.js'

interface Tab {
  readonly page: TestPlatform
  readonly client: SessionClient
  /** Every event so far, in a few words. */
  readonly heard: string[]
  asked(): string[]
}

const types = ['authenticated', 'refreshed', 'idp-session-ended', 'expiring', 'ended', 'error'] as const

const openIn = (page: TestPlatform): Tab => {
  const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }), resources: [ORDERS] }, page)
  const heard: string[] = []
  for (const type of types)
    client.on(type, (detail: SessionEvents[typeof type]) => {
      const more = 'reason' in detail ? detail.reason : 'session' in detail ? detail.session.user.sub : ''
      heard.push(more ? `${type} ${more}` : type)
    })
  return {
    page,
    client,
    heard,
    asked: () => page.requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`),
  }
}

const setUp = async (signedIn?: string, count = 3): Promise<{ bff: WireBff; tabs: Tab[]; first: Tab }> => {
  const bff = createWireBff(signedIn === undefined ? {} : { signedIn })
  const pages = [bff.page, ...Array.from({ length: count - 1 }, () => bff.tab())]
  const tabs = pages.map(openIn)
  for (const { client } of tabs) await client.start()
  // What they said to each other is heard.
  await new Promise((resolve) => setTimeout(resolve))
  await new Promise((resolve) => setTimeout(resolve))
  for (const { page, heard } of tabs) {
    page.requests.length = 0
    heard.length = 0
  }
  return { bff, tabs, first: tabs[0]! }
}
const statusOf = ({ client }: Tab): string => client.getState().status
const userOf = ({ client }: Tab): string | undefined => {
  const state = client.getState()
  return state.status === 'authenticated' ? state.session.user.sub : undefined
}
const all = (tabs: Tab[], look: (tab: Tab) => unknown, what: unknown) =>
  expect.poll(() => tabs.map(look)).toEqual(tabs.map(() => what))

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

describe('late messages', () => {
  it('about a session that this browser holds no more make the tab ask', async () => {
    const { bff, tabs, first } = await setUp('alice')
    const [, second] = tabs
    const alices = first.client.getState()
    bff.signIn('bob')
    await first.client.checkSession()
    await all(tabs, userOf, 'bob')
    first.page
      .tabs('tandem 1 /bff')
      .post({ type: 'restored', session: alices.status === 'authenticated' && alices.session })
    await expect.poll(() => second?.asked()).toEqual(['GET /bff/session'])
    expect(second && userOf(second)).toBe('bob')
  })

  it('with access of before change nothing', async () => {
    const { tabs, first } = await setUp('alice')
    const before = first.client.getState()
    await first.client.refresh()
    const after = tabs[1]?.client.getState()
    first.page
      .tabs('tandem 1 /bff')
      .post({ type: 'restored', session: before.status === 'authenticated' && before.session })
    first.page.tabs('tandem 1 /bff').post({ type: 'suspicion' })
    await expect.poll(() => tabs[1]?.asked()).toEqual(['GET /bff/session'])
    await all(tabs, ({ heard }) => heard, ['refreshed alice'])
    expect(tabs[1]?.client.getState().status).toBe(after?.status)
  })

  it('about a session that is over do not bring it back, though its cookie is there', async () => {
    const { bff, tabs, first } = await setUp('alice')
    const before = first.client.getState()
    bff.session = null
    bff.last = { ended_by: 'revoked', at: Date.now() }
    await first.client.refresh().catch(() => {})
    await all(tabs, ({ heard }) => heard, ['ended revoked'])
    const session = before.status === 'authenticated' && before.session
    tabs[2]?.page.tabs('tandem 1 /bff').post({ type: 'restored', session })
    await expect.poll(() => tabs[1]?.asked()).toEqual(['GET /bff/session'])
    await all(tabs, ({ heard }) => heard, ['ended revoked'])
  })

  it('about the end of another session end nothing', async () => {
    const { tabs, first } = await setUp('alice')
    first.page.tabs('tandem 1 /bff').post({ type: 'absent', ref: 'ref-of-before', reason: 'logout' })
    await first.client.refresh()
    await all(tabs, ({ heard }) => heard, ['refreshed alice'])
    await all(tabs, statusOf, 'authenticated')
  })

  it('a question that was under way when another tab signed in is asked again, and nobody is signed out', async () => {
    const { bff, tabs, first } = await setUp('alice')
    let answer: (response: Response) => void = () => {}
    bff.once('GET /bff/session', () => new Promise((resolve) => (answer = resolve)))
    const asking = tabs[1]?.client.checkSession()
    await expect.poll(() => tabs[1]?.asked()).toEqual(['GET /bff/session'])
    bff.signIn('alice')
    await first.client.checkSession()
    await all(tabs, ({ heard }) => heard, ['ended replaced', 'authenticated alice'])
    answer(own({ authenticated: false }))
    await asking
    expect(tabs[1]?.asked()).toEqual(['GET /bff/session', 'GET /bff/session'])
    await all(tabs, ({ heard }) => heard, ['ended replaced', 'authenticated alice'])
  })
})

describe('a tab that slept', () => {
  it('through a logout says so when it is back from the cache, and shows nobody until it knows', async () => {
    const { tabs, first } = await setUp('alice')
    const second = tabs[1]!
    second.page.hide()
    await first.client.logout({ scope: 'app' })
    const seen: string[] = []
    second.client.subscribe(({ status }) => seen.push(status))
    second.page.show()
    await expect.poll(() => statusOf(second)).toBe('unauthenticated')
    expect(seen).toEqual(['loading', 'unauthenticated'])
    expect(second.heard).toEqual(['ended logout'])
  })

  it("through another user's login never shows the first one again", async () => {
    const { bff, tabs, first } = await setUp('alice')
    const second = tabs[1]!
    second.page.hide()
    bff.signIn('bob')
    await first.client.checkSession()
    const seen: unknown[] = []
    second.client.subscribe(() => seen.push(userOf(second) ?? statusOf(second)))
    second.page.show()
    await expect.poll(() => userOf(second)).toBe('bob')
    expect(seen).toEqual(['loading', 'bob'])
    expect(second.heard).toEqual(['ended user_changed', 'authenticated bob'])
  })

  it('through nothing goes on as it was', async () => {
    const { tabs } = await setUp('alice')
    const second = tabs[1]!
    second.page.hide()
    second.page.show()
    await expect.poll(() => second.asked()).toEqual(['GET /bff/session'])
    expect(statusOf(second)).toBe('authenticated')
    expect(second.heard).toEqual([])
  })

  it('and is loaded anew is told why the session it saw is over; the one that ended it is not', async () => {
    const { bff, tabs, first } = await setUp('alice')
    const [, second] = tabs
    const loaded = openIn(second!.page.reload())
    await loaded.client.start()
    loaded.client.stop()
    await first.client.logout({ scope: 'app' })
    const again = openIn(loaded.page.reload())
    expect(await again.client.start()).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
    expect(again.asked()).toEqual([])
    const own = openIn(bff.reload())
    expect(await own.client.start()).toEqual({ status: 'unauthenticated' })
  })

  it('with a cookie that is gone asks, and goes on: the BFF sets it again', async () => {
    const { bff, tabs } = await setUp('alice')
    const second = tabs[1]!
    bff.page.jar.clear()
    second.page.wake('visible')
    await expect.poll(() => statusOf(second)).toBe('authenticated')
    expect(second.heard).toEqual([])
    expect(second.asked()).toEqual(['GET /bff/session'])
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
