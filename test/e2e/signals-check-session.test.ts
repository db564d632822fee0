/** OpenID Connect Session Management in a browser that gives the provider's frame its cookie, and in one that does not. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useTlsApp } from './tls-app.js'
import { allShow, details, expectEnded, logOutAtIdp, openTabs, signInAll } from './tls-tabs.js'

const PATH = '/spa/'

/** Waits until the provider's frame in this tab, which is in front, says that nothing has changed. */
const saysUnchanged = (tab: Page): Promise<void> =>
  tab.evaluate(
    () =>
      new Promise((resolve) => {
        addEventListener('message', ({ data }) => data === 'unchanged' && resolve())
      }),
  )

describe('where the frame is given its cookie', () => {
  const app = useTlsApp({ thirdPartyCookies: 'allowed', idp: { checkSession: true } })

  it('tabs that hold the tokens themselves are told of a logout at the provider’s own page, once, and rely on what they have', async () => {
    app.site.idp.lifetimes.accessToken = 6
    const tabs = await openTabs(app, PATH, 3)
    await signInAll(tabs)
    await saysUnchanged(tabs[0])
    await logOutAtIdp(app)
    await tabs[0].bringToFront()
    const told = () => Promise.all(tabs.map((tab) => details(tab, 'idp-session-ended')))
    await expect.poll(async () => (await told()).map(({ length }) => length)).toEqual([1, 1, 1])
    await allShow(tabs, 'alice')
    await expectEnded(tabs, 'idp_session_over')
    expect((await told()).map(({ length }) => length)).toEqual([1, 1, 1])
  })
})

describe('where the frame is blinded', () => {
  const app = useTlsApp({ thirdPartyCookies: 'blocked', idp: { checkSession: true } })

  it('nobody is signed out by what it says', async () => {
    const tabs = await openTabs(app, PATH, 3)
    await signInAll(tabs)
    await expect.poll(() => app.site.idp.count('check_session')).toBeGreaterThan(0)
    for (const tab of tabs) {
      await tab.bringToFront()
      await tab.evaluate(() => tandem.client.refresh())
    }
    await allShow(tabs, 'alice')
    for (const tab of tabs) {
      expect(await details(tab, 'ended')).toEqual([])
      expect(await details(tab, 'idp-session-ended')).toEqual([])
    }
  })
})
