/** Several tabs of one browser on the bare page (`/spa/…`): what they show, and what they were told. */
import type { Page } from 'playwright-core'
import type { SessionEvents } from 'tandem-session'
import { expect } from 'vitest'
import type { TestPage } from './app.js'
import type { TlsApp } from './tls-app.js'
import { choose, inState } from './user.js'

/** At least two tabs of the browser, the last in front. */
export type Tabs = readonly [Page, Page, ...Page[]]

/** Opens so many tabs at a path of the app. */
export const openTabs = async (app: TlsApp, path: string, count: number): Promise<Tabs> => {
  const tabs: [Page, Page, ...Page[]] = [await app.open(path), await app.open(path)]
  while (tabs.length < count) tabs.push(await app.open(path))
  return tabs
}

/** Waits until each of these tabs shows this user, or nobody (''). */
export const allShow = async (tabs: readonly Page[], user: string): Promise<void> => {
  const status = user === '' ? 'unauthenticated' : 'authenticated'
  for (const tab of tabs) await inState(tab, status)
  for (const tab of tabs) await tab.locator(`html[data-user='${user}']`).waitFor({ state: 'attached' })
}

/** Signs in in the first of these tabs, whether the provider asks who it is or not; the others follow by themselves. */
export const signInAll = async (tabs: Tabs, user = 'alice'): Promise<void> => {
  const [first] = tabs
  await inState(first, 'unauthenticated')
  await first.evaluate(() => void tandem.client.login())
  const asked = first.locator(`button[value=${user}]`)
  await first.locator('html[data-status=authenticated]').or(asked).waitFor({ state: 'attached' })
  if (await asked.isVisible()) await choose(first, user)
  await allShow(tabs, user)
}

/** What happened in a tab since it was loaded. */
export const happened = (tab: Page): Promise<TestPage['events']> => tab.evaluate(() => tandem.events)

/** The details of one type of event in a tab. */
export const details = async <Type extends keyof SessionEvents>(
  tab: Page,
  type: Type,
): Promise<SessionEvents[Type][]> =>
  (await happened(tab)).filter((event) => event.type === type).map(({ detail }) => detail as never)

/**
 * Each of these tabs shows that nobody is signed in, and since it was loaded told so once for each of these reasons. Every tab is asked
 * anew before they are counted: what else was on its way is there by then.
 */
export const expectEnded = async (tabs: readonly Page[], ...reasons: readonly string[]): Promise<void> => {
  await allShow(tabs, '')
  for (const tab of tabs) {
    await tab.evaluate(() => tandem.client.checkSession())
    const told = (await details(tab, 'ended')).map(({ reason }) => reason)
    expect(told, `why it ended, by tab ${tabs.indexOf(tab)}`).toEqual(reasons)
  }
}

/** Another tab of the same browser at the provider's own page for signing out, and the user signs out. */
export const logOutAtIdp = async (app: TlsApp): Promise<void> => {
  const page = await app.browser.newPage()
  await page.goto(`${app.site.idp.origin}/session/end`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out').waitFor()
  await page.close()
}

/** Signs in as somebody else, in this tab. */
export const switchUser = async (tab: Page, user: string): Promise<void> => {
  await tab.evaluate(() => void tandem.client.login({ prompt: 'select_account' }))
  await choose(tab, user)
  await allShow([tab], user)
}

/** Freezes a tab as the browser does with one nobody has looked at for long, or wakes it. */
export const setFrozen = async (tab: Page, frozen: boolean): Promise<void> => {
  const session = await tab.context().newCDPSession(tab)
  await session.send('Page.setWebLifecycleState', { state: frozen ? 'frozen' : 'active' })
  await session.detach()
}

/** The renderer of a tab ends at once, as when it runs out of memory. */
export const crash = async (tab: Page): Promise<void> => {
  const crashed = tab.waitForEvent('crash')
  const session = await tab.context().newCDPSession(tab)
  session.send('Page.crash').catch(() => {})
  await crashed
}

/**
 * Leaves a page for another one. Returns the way Back to it, out of the back-forward cache; that resolves with what the page shows at the
 * moment it is there again: status and user.
 */
export const leaveFor = async (tab: Page, elsewhere: string): Promise<() => Promise<string>> => {
  await tab.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => {
      const { status, user } = document.documentElement.dataset
      document.title = `${persisted ? 'restored' : 'loaded'}: ${status} ${user}`
    })
  })
  await tab.goto(elsewhere)
  return async () => {
    // No load event comes from a page restored.
    await tab.goBack({ waitUntil: 'commit' })
    await expect.poll(() => tab.title(), { message: 'back from the cache' }).toMatch(/^restored/)
    return tab.title()
  }
}
