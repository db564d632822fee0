/** What the BFF knows, every tab shows: over one event stream for all of them, across sites, without a third party's cookie. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useTlsApp } from './tls-app.js'
import {
  allShow,
  crash,
  details,
  expectEnded,
  happened,
  logOutAtIdp,
  openTabs,
  setFrozen,
  signInAll,
  switchUser,
  type Tabs,
} from './tls-tabs.js'

const app = useTlsApp()
const PATH = '/spa/bff/'
const EVENTS = '/bff/events'

const streams = () => app.site.open(EVENTS)

/** Waits until the tabs listen, and on how many streams. */
const listening = () => expect.poll(streams, { timeout: 10_000 }).toBe(1)

/** Tabs that are signed in and listen. */
const listen = async (count: number): Promise<Tabs> => {
  const tabs = await openTabs(app, PATH, count)
  await signInAll(tabs)
  await listening()
  return tabs
}

describe('tabs', () => {
  it('ten of them, show whoever ends the session, on one stream, and the next login in one of them', async () => {
    const tabs = await listen(10)
    await logOutAtIdp(app)
    await expectEnded(tabs, 'logout')
    expect(app.site.peaks.get(EVENTS), 'streams at once').toBe(1)
    await expect.poll(streams).toBe(0)

    const [loadedAnew, ...others] = tabs
    await signInAll(tabs)
    await listening()
    expect(await app.site.bff.sessions.end({ sub: 'alice' })).toBe(1)
    await expectEnded([loadedAnew], 'revoked')
    await expectEnded(others, 'logout', 'revoked')

    await signInAll(tabs)
    await listening()
    const answer = await fetch(`${app.site.admin}/sessions?sub=alice`, { method: 'DELETE' })
    expect(await answer.json()).toEqual({ ended: 1 })
    await expectEnded([loadedAnew], 'revoked')
    await expectEnded(others, 'logout', 'revoked', 'revoked')
    expect(app.site.peaks.get(EVENTS), 'streams at once').toBe(1)
  })

  it('never show alice’s data after bob signed in in one of them', async () => {
    // Or the provider ends alice's session by itself, before anybody hears of bob.
    app.site.idp.settings.backchannelLogout = false
    const tabs = await listen(5)
    const [switching, ...others] = tabs
    await switchUser(switching, 'bob')
    await allShow(tabs, 'bob')
    for (const tab of tabs) {
      await tab.evaluate(() => tandem.client.checkSession())
      const users = await tab.evaluate(() => tandem.users)
      expect(users.slice(users.indexOf('bob'))).not.toContain('alice')
      const shop = () => tab.evaluate(async () => (await tandem.client.fetch(`${tandem.api}/whoami`)).json())
      expect(await shop()).toEqual({ sub: 'bob' })
    }
    for (const tab of others) {
      expect((await happened(tab)).map(({ type }) => type)).toEqual([
        'authenticated',
        'ended',
        'authenticated',
      ])
      expect((await details(tab, 'ended')).map(({ reason }) => reason)).toEqual(['user_changed'])
    }
  })
})

describe('every tab, once', () => {
  const each = (tabs: Tabs, type: Parameters<typeof details>[1], times: number) =>
    expect
      .poll(() => Promise.all(tabs.map(async (tab) => (await details(tab, type)).length)))
      .toEqual(tabs.map(() => times))

  it('is told of a renewal, and of a logout in one of them', async () => {
    const tabs = await listen(3)
    await tabs[1].evaluate(async () => void (await tandem.client.refresh()))
    await each(tabs, 'refreshed', 1)
    await tabs[1].evaluate(() => void tandem.client.logout())
    const [first, loadedAnew, third] = tabs
    await loadedAnew.waitForURL((url) => url.origin === app.site.url && url.pathname === '/')
    await expectEnded([first, third ?? first], 'logout')
    await each([first, third ?? first], 'refreshed', 1)
  })

  it('is told that the session at the provider is over, and until when the app relies on what it has', async () => {
    app.site.idp.settings.backchannelLogout = false
    app.site.idp.lifetimes.accessToken = 6
    const tabs = await listen(3)
    await app.site.idp.endSession('alice')
    await tabs[2]?.evaluate(async () => void (await tandem.client.refresh()))
    await each(tabs, 'idp-session-ended', 1)
    await allShow(tabs, 'alice')
    const [told] = await details(tabs[0], 'idp-session-ended')
    // A refusal does not say why.
    expect(told?.endedBy).toBe('unknown')
    await expectEnded(tabs, 'idp_session_over')
    for (const tab of tabs) {
      const [ended] = await details(tab, 'ended')
      expect(ended?.endedAt).toBeGreaterThanOrEqual(told?.until ?? Infinity)
    }
    await each(tabs, 'idp-session-ended', 1)
  })
})

describe('where the tab with the stream', () => {
  /** The tabs in which the stream was opened, oldest first. */
  const leaders = (): Page[] => {
    const opened: Page[] = []
    app.browser.on('request', (request) => {
      if (request.url().endsWith(EVENTS)) opened.push(request.frame().page())
    })
    return opened
  }

  /** Tabs that listen, and the one of them in which the stream is open; it is not in front, for a tab that is looked at is never frozen. */
  const led = async (opened: readonly Page[]): Promise<{ leader: Page; others: Page[] }> => {
    const tabs = await listen(3)
    await expect.poll(() => opened).toHaveLength(1)
    const [leader] = opened
    const others = tabs.filter((tab) => tab !== leader)
    if (leader === undefined) throw new Error('No tab has opened the stream.')
    await others[0]?.bringToFront()
    return { leader, others }
  }

  it.each([
    ['is closed', (tab: Page) => tab.close()],
    ['is left for another site', async (tab: Page) => void (await tab.goto(`${app.site.idp.origin}/`))],
    ['crashes', crash],
    ['is frozen', (tab: Page) => setFrozen(tab, true)],
  ])('%s, another takes it over and nobody misses the end', async (_how, goes) => {
    const opened = leaders()
    const { leader, others } = await led(opened)
    await goes(leader)
    await expect.poll(() => opened.length).toBe(2)
    await listening()
    expect(opened[1]).not.toBe(leader)
    await app.site.bff.sessions.end({ sub: 'alice' })
    await expectEnded(others, 'revoked')
  })

  it('crashes while the session is ended, the next one brings what was missed', async () => {
    const { leader, others } = await led(leaders())
    await Promise.all([crash(leader), app.site.bff.sessions.end({ sub: 'alice' })])
    await expectEnded(others, 'revoked')
  })
})
