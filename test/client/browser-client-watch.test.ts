// @vitest-environment node
/** What a page on `browserClient` hears, and what it loads for that. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { browserCookie } from '../../src/client/browser-cookies.js'
import type { News } from '../../src/client/oauth-client.js'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import {
  openBrowserPage,
  signIn,
  type BrowserPage,
  type BrowserPageOptions,
} from '../support/browser-page.js'
import { APP_ORIGIN, SPA_CLIENT_ID, startTestIdp, type Idp } from '../support/idp.js'
import { createTestBrowser, type TestBrowser } from '../support/test-platform.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'

const loading = vi.hoisted(() => ({ times: 0, fails: false }))
// The real module; noted is that somebody asked for it, and it may not be there, as on a bad line.
vi.mock(import('../../src/oidc/engine.js'), async (original) => {
  const real = await original()
  return {
    ...real,
    get createHolder() {
      loading.times += 1
      if (loading.fails) throw new TypeError('Failed to fetch dynamically imported module')
      return real.createHolder
    },
  }
})

interface Watching {
  readonly tab: AppTab
  readonly page: BrowserPage
  readonly told: News[]
  stop(): void
}

let idp: Idp
let agent: UserAgent
let browser: TestBrowser

/** Opens a tab and watches, as the session client does. */
const open = (options: BrowserPageOptions = {}): Watching => {
  const tab = openAppTab(agent.newTab(), { browser })
  return watch(tab, openBrowserPage(tab, idp.issuer, options))
}
const watch = (tab: AppTab, page: BrowserPage): Watching => {
  const told: News[] = []
  const stop = page.connection.watch?.((news) => told.push(news)) ?? (() => {})
  return { tab, page, told, stop }
}
/** A tab that is signed in. */
const signedIn = async (options: BrowserPageOptions = {}): Promise<Watching> => {
  const tab = openAppTab(agent.newTab(), { browser })
  const { page } = await signIn(tab, idp.issuer, options)
  return watch(tab, page)
}
const heard = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.close())
beforeEach(() => {
  agent = createUserAgent({ handlers: { [APP_ORIGIN]: () => new Response('') } })
  browser = createTestBrowser()
  idp.clearRequests()
  loading.fails = false
})

describe('a page that is signed out', () => {
  it('loads nothing for what is said of others, and signs in by a grant', async () => {
    const page = open()
    await page.page.restore()
    loading.times = 0
    const others = openAppTab(agent.newTab(), { browser }).platform.tabs(`tandem 1 ${idp.issuer} tandem-spa`)
    for (const message of [
      null,
      'x',
      { type: 'grant?' },
      { type: 'ended', ref: 'a', reason: 'logout', endedAt: 1 },
    ])
      others.post(message)
    page.tab.platform.wake('visible')
    await heard()
    expect([loading.times, page.told]).toEqual([0, []])
    const { session } = await signIn(openAppTab(agent.newTab(), { browser }), idp.issuer)
    await expect.poll(() => page.told).toEqual([{ type: 'restored', session }])
    expect(page.page.connection.isCurrent?.(session)).toBe(true)
    expect(page.tab.platform.requests).toEqual([])
  })

  it('and cannot load what it needs stays so, and tries again when it wakes', async () => {
    const page = open()
    await page.page.restore()
    loading.fails = true
    const one = await signedIn().catch(() => null)
    expect(one).toBeNull()
    loading.fails = false
    const other = await signedIn()
    await expect.poll(() => page.told).toHaveLength(1)

    const late = open()
    loading.fails = true
    late.tab.platform.wake('online')
    await heard()
    expect(late.told).toEqual([])
    loading.fails = false
    late.tab.platform.wake('online')
    const session = await other.page.session()
    await expect.poll(() => late.told).toEqual([{ type: 'restored', session }])
  })
})

describe('watching', () => {
  it('has nothing left when it ends', async () => {
    const { tab, page, stop } = await signedIn({ session: { idle: 600 } })
    const { platform } = tab
    await expect.poll(() => browser.held()).toHaveLength(1)
    expect([platform.listening, platform.watching, browser.channels]).toEqual([1, 1, 1])
    stop()
    await expect.poll(() => browser.held()).toEqual([])
    expect([platform.listening, platform.watching, browser.channels, platform.timers]).toEqual([0, 0, 0, 0])
    // And begins again.
    const again = watch(tab, page)
    await expect.poll(() => browser.held()).toHaveLength(1)
    again.stop()
  })

  it('listens to what the user does only where there is an idle limit', async () => {
    const { tab } = await signedIn()
    expect(tab.platform.watching).toBe(0)
    tab.platform.act()
    expect(tab.platform.cookies.get(browserCookie('used', idp.issuer, SPA_CLIENT_ID))).toBeUndefined()
  })

  it('moves the idle end by what the user does', async () => {
    const { tab, page, told } = await signedIn({ session: { idle: 600, absolute: 3_600 } })
    const { app } = await page.session()
    expect(app.endsAt).toBe(app.startedAt + 3_600_000)
    // From when it was used first: a few ms later.
    expect(app.idleEndsAt).toBeGreaterThanOrEqual(app.startedAt + 600_000)
    expect(app.idleEndsAt).toBeLessThan(app.startedAt + 610_000)
    browser.advance(100_000)
    tab.platform.act()
    expect(told).toMatchObject([{ type: 'restored', session: { ref: (await page.session()).ref } }])
    expect((await page.session()).app.idleEndsAt).toBeGreaterThan(app.startedAt + 690_000)
    expect(tab.platform.cookies.get(browserCookie('used', idp.issuer, SPA_CLIENT_ID))).toMatch(/^\d+$/)
  })
})

describe('after sleep', () => {
  it('time is learnt before a call leaves, and the session client asked what is over', async () => {
    const resources = [{ url: 'https://api.test/' }]
    const { tab, page } = await signedIn({ resources })
    const session = await page.session()
    const asked = vi.fn(async () => session)
    page.connection.access = asked
    await page.call('https://api.test/x', session)
    expect(asked).not.toHaveBeenCalled()
    browser.jump(3_600_000)
    await page.call('https://api.test/x', session)
    expect(asked).toHaveBeenCalledOnce()
    expect(tab.platform.clock.isSure()).toBe(true)
    browser.jump(3_600_000)
    await page.getAccessToken()
    expect(tab.platform.clock.isSure()).toBe(true)
  })

  it('what has become of the session is asked for, as long as nobody knows the time', async () => {
    const { tab, told } = await signedIn()
    agent.handle(APP_ORIGIN, () => Promise.reject(new TypeError('offline')))
    browser.jump(3_600_000)
    tab.platform.wake('online')
    expect(told).toEqual([{ type: 'suspicion' }])
  })
})
