/** Tabs that were not there when it happened: in the back-forward cache, frozen, or without the stream. They show the truth when they are back. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useTlsApp } from './tls-app.js'
import {
  allShow,
  details,
  expectEnded,
  leaveFor,
  logOutAtIdp,
  openTabs,
  setFrozen,
  signInAll,
  switchUser,
} from './tls-tabs.js'

const app = useTlsApp()
const EVENTS = '/bff/events'

describe.each([
  ['bff', '/spa/bff/'],
  ['browser', '/spa/'],
])('with tokens held by: %s', (mode, path) => {
  const endBy = (other: Page): Promise<void> =>
    mode === 'bff' ? logOutAtIdp(app) : other.evaluate(() => void tandem.client.logout({ scope: 'app' }))

  /** Two tabs, signed in; the first is then left for a page of another site. */
  const leave = async (): Promise<{ left: Page; other: Page; back: () => Promise<string> }> => {
    const tabs = await openTabs(app, path, 2)
    await signInAll(tabs)
    const [left, other] = tabs
    return { left, other, back: await leaveFor(left, `${app.site.idp.origin}/elsewhere`) }
  }

  it('a tab that comes Back after the session was ended shows that it is over, and why', async () => {
    const { left, other, back } = await leave()
    await endBy(other)
    await allShow([other], '')
    await back()
    await expectEnded([left], 'logout')
    const [ended] = await details(left, 'ended')
    expect(ended?.session.user.sub).toBe('alice')
  })

  it('a tab that comes Back after somebody else signed in shows nothing of who was there before', async () => {
    // Or the provider ends alice's session by itself, before anybody hears of bob.
    app.site.idp.settings.backchannelLogout = false
    const { left, other, back } = await leave()
    await switchUser(other, 'bob')
    expect(await back(), 'what the page shows at the moment it is there again').not.toContain('alice')
    await allShow([left], 'bob')
    const users = await left.evaluate(() => tandem.users)
    expect(users.slice(users.indexOf('bob'))).not.toContain('alice')
    expect((await details(left, 'ended')).map(({ reason }) => reason)).toEqual(['user_changed'])
  })

  it('a tab that comes Back to the session it had goes on with it', async () => {
    const { left, back } = await leave()
    expect(await back()).toContain('alice')
    await left.evaluate(() => tandem.client.checkSession())
    await allShow([left], 'alice')
    expect(await details(left, 'ended')).toEqual([])
    await left.evaluate(() => tandem.client.refresh())
  })

  it('a tab that was frozen meanwhile shows that it is over when it is woken, and why', async () => {
    const tabs = await openTabs(app, path, 3)
    await signInAll(tabs)
    const [frozen, ...others] = tabs
    await others[0]?.bringToFront()
    await setFrozen(frozen, true)
    await endBy(tabs[1])
    await allShow(others, '')
    await setFrozen(frozen, false)
    await expectEnded(tabs, 'logout')
  })
})

it('where nothing brings the stream, the next call of one tab tells all of them', async () => {
  app.site.refused.add(EVENTS)
  const tabs = await openTabs(app, '/spa/bff/', 4)
  await signInAll(tabs)
  await app.site.bff.sessions.end({ sub: 'alice' })
  const called = tabs[1].evaluate(async () => (await tandem.client.fetch(`${tandem.api}/whoami`)).status)
  await expectEnded(tabs, 'revoked')
  expect(await called).toBe(401)
})

it('tabs of a device that was offline meanwhile show it, and why, when it is online again', async () => {
  const tabs = await openTabs(app, '/spa/bff/', 3)
  await signInAll(tabs)
  await expect.poll(() => app.site.open(EVENTS), { timeout: 10_000 }).toBe(1)
  await app.browser.setOffline(true)
  app.site.cut(EVENTS)
  await app.site.bff.sessions.end({ sub: 'alice' })
  await allShow(tabs, 'alice')
  await app.browser.setOffline(false)
  await expectEnded(tabs, 'revoked')
})
