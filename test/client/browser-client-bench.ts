/** A tab without a session, and the provider. */
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { browserCookie } from '../../src/client/browser-cookies.js'
import type { Restored } from '../../src/client/oauth-client.js'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import { openBrowserPage, type BrowserPage, type BrowserPageOptions } from '../support/browser-page.js'
import { SPA_CLIENT_ID, startTestIdp, type Idp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'

/** The provider. */
export let idp: Idp
/** The tab of this test. */
export let tab: AppTab

/** Another tab than every test begins with. */
export const useTab = (other: AppTab): void => void (tab = other)
/** Loads the app in it. */
export const load = (options?: BrowserPageOptions): BrowserPage => openBrowserPage(tab, idp.issuer, options)

/** What the cookie of the hint says. */
export const hint = (): string | undefined =>
  tab.platform.cookies.get(browserCookie('hint', idp.issuer, SPA_CLIENT_ID))

/** Where the page is left for, which it must be. */
export const leaving = (restored: Restored): URL => {
  if (restored.type !== 'leaving') throw new Error(`the page stayed: ${JSON.stringify(restored)}`)
  return new URL(restored.url)
}

/** For the file it is called in: what every test begins and ends with. */
export function eachTest(): void {
  beforeAll(async () => {
    idp = await startTestIdp()
  })
  afterAll(() => idp.close())
  beforeEach(() => {
    tab = openAppTab(createUserAgent())
    idp.faults.clear()
    idp.clearRequests()
  })
}
