/** What a user does in a browser in front of the site. */
import type { BrowserContext, Page } from 'playwright-core'
import { choose, inState } from '../../e2e/user.js'
import type { Site } from './site.js'

/** Opens the app (`/spa/bff/`, the bare page with a session client) and signs in at Mosaic. */
export const signedIn = async (site: Site, browser: BrowserContext, user = 'alice'): Promise<Page> => {
  const page = await browser.newPage()
  await page.goto(`${site.url}/spa/bff/`)
  await inState(page, 'unauthenticated')
  await page.evaluate(() => void tandem.client.login())
  await choose(page, user)
  await inState(page, 'authenticated')
  return page
}

/** Cookies of the app's host, by name. */
export const cookiesOf = async (site: Site, browser: BrowserContext) =>
  new Map((await browser.cookies(site.url)).map((cookie) => [cookie.name, cookie]))

/** Status of a call from a page of the app to a door, with the token of the session that its readable cookie names. */
export const statusOf = (page: Page, path: string, method = 'GET'): Promise<number> =>
  page.evaluate(
    async ([path, method]) => {
      const token = /__Host-csrf=([^;]*)/.exec(document.cookie)?.[1] ?? '1'
      return (await fetch(path, { method, headers: { 'x-csrf-token': token } })).status
    },
    [path, method] as const,
  )
