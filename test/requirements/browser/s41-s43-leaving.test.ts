/** S41, S42 and S43 in Chromium: Back after a logout, a cache between, and the other tabs. */
import { getRequestListener } from '@hono/node-server'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { cookieNames } from '../../../src/protocol.js'
import { leaveFor } from '../../e2e/tls-tabs.js'
import { choose, inState, sees } from '../../e2e/user.js'
import { createTransport } from '../../support/user-agent/transport.js'
import { createSharedCache, type SharedCache } from '../shared-cache.js'
import { useSite } from './site.js'
import { cookiesOf, signedIn, statusOf } from './user.js'

/** Signs out at the app and, by way of Mosaic's own page, at the IDP. */
const signOut = async (page: Page): Promise<void> => {
  await page.evaluate(() => void tandem.client.logout())
  await page.waitForURL(/\/cis\/oidc\/session\/end|^https:\/\/app\.tandem\.test:\d+\/$/)
  await page.waitForURL(/^https:\/\/app\.tandem\.test:\d+\/$/)
}

describe('S41 and S43 in Chromium', () => {
  const stage = useSite()

  it('S41 Back after the logout shows nothing of what was protected, on any page of the history', async () => {
    const { site } = stage
    const browser = await stage.visitor()
    const page = await signedIn(site, browser)
    await page.goto(`${site.url}/secret`)
    await sees(page, 'The secret of alice')
    await page.goto(`${site.url}/bff/api/shop/1`)
    await sees(page, 'orders of the user')
    await page.goto(`${site.url}/spa/bff/`)
    await inState(page, 'authenticated')
    await signOut(page)

    const commands = await browser.newCDPSession(page)
    const { entries, currentIndex } = await commands.send('Page.getNavigationHistory')
    const before = entries.slice(0, currentIndex)
    const visited = before.filter(({ url }) => url.startsWith(site.url)).toReversed()
    expect(visited.map(({ url }) => new URL(url).pathname)).toEqual(
      expect.arrayContaining(['/secret', '/bff/api/shop/1', '/spa/bff/']),
    )
    for (const { id, url } of visited) {
      const committed = page.waitForEvent('framenavigated')
      await commands.send('Page.navigateToHistoryEntry', { entryId: id })
      await committed
      await expect.poll(() => page.evaluate(() => document.readyState)).toBe('complete')
      expect([url, await page.content()]).toEqual([url, expect.not.stringMatching(/secret of|orders of/)])
      // The bare page of the client shows nothing but its state.
      if (page.url().endsWith('/spa/bff/')) await inState(page, 'unauthenticated')
      expect([url, await page.locator('html[data-user=alice]').count()]).toEqual([url, 0])
    }
  })

  it('S41 Back after a logout in another tab shows nothing of it either', async () => {
    const { site } = stage
    const browser = await stage.visitor()
    const other = await signedIn(site, browser)
    const page = await browser.newPage()
    await page.goto(`${site.url}/secret`)
    await sees(page, 'The secret of alice')
    await page.goto(site.elsewhere('/'))
    await signOut(other)
    await page.goBack({ waitUntil: 'commit' })
    await page.waitForLoadState()
    await page.waitForURL((url) => url.pathname !== '/secret')
    expect(await page.content()).not.toContain('secret of')
    await page.locator('button[value=bob]').waitFor()
  })

  it('S41 a page that Back takes out of the back-forward cache shows nobody, from its first moment on', async () => {
    const { site } = stage
    const browser = await stage.visitor()
    const other = await signedIn(site, browser)
    const page = await browser.newPage()
    await page.goto(`${site.url}/spa/bff/`)
    await inState(page, 'authenticated')
    const back = await leaveFor(page, site.elsewhere('/'))
    await signOut(other)
    expect(await back()).toMatch(/^restored: (?:loading|unauthenticated)$/)
    await inState(page, 'unauthenticated')
  })

  it('S43 a logout signs out every tab, clears the cookies, and the old cookie opens nothing', async () => {
    const { site } = stage
    const browser = await stage.visitor()
    const page = await signedIn(site, browser)
    const other = await browser.newPage()
    await other.goto(`${site.url}/spa/bff/`)
    await inState(other, 'authenticated')
    const stolen = await browser.cookies(site.url)
    await signOut(page)
    await inState(other, 'unauthenticated')
    expect(await other.evaluate(() => tandem.client.getState())).toMatchObject({ reason: 'logout' })
    expect(await other.evaluate(() => JSON.stringify(tandem.client.getState()))).not.toContain('alice')
    const left = await cookiesOf(site, browser)
    for (const name of [cookieNames.session, cookieNames.csrf, cookieNames.hint])
      expect(left.has(name)).toBe(false)
    expect(site.mosaic.sessions('alice')).toEqual([])
    expect(await site.bff.sessions.list({ sub: 'alice' })).toEqual([])

    const thief = await stage.visitor()
    await thief.addCookies(stolen)
    const tab = await thief.newPage()
    await tab.goto(`${site.url}/signed-out.html`)
    expect(await statusOf(tab, '/bff/api/shop/1')).toBe(401)
  })
})

describe('S41 and S42 with a cache that users share in front of the app', () => {
  let cache: SharedCache | undefined
  const behind = createServer()
  afterAll(() => new Promise((resolve) => behind.close(resolve)))

  /** The cache as a server: asks the app behind it under the name it was asked by itself. */
  const between = (answer: RequestListener): RequestListener => {
    behind.on('request', answer).listen(0, '127.0.0.1')
    const ask = createTransport(new Map())
    cache = createSharedCache((request) => {
      const { pathname, search, host } = new URL(request.url)
      const headers = new Headers(request.headers)
      headers.set('host', host)
      headers.set('x-forwarded-proto', 'https')
      const { port } = behind.address() as AddressInfo
      const { method, body } = request
      const init: RequestInit = { method, headers, body }
      if (body !== null) Object.assign(init, { duplex: 'half' })
      return ask(new Request(`http://127.0.0.1:${port}${pathname}${search}`, init))
    })
    return getRequestListener(cache.fetch, { overrideGlobalObjects: false })
  }
  const stage = useSite({ between })

  const visit = async (browser: BrowserContext, user: string): Promise<Page> => {
    const page = await browser.newPage()
    await page.goto(`${stage.site.url}/secret`)
    await choose(page, user)
    await sees(page, `The secret of ${user}`)
    return page
  }

  it('S41 nothing of a session is stored between, and each user gets their own', async () => {
    const [alices, bobs] = [await stage.visitor(), await stage.visitor()]
    const page = await visit(alices, 'alice')
    await page.goto(`${stage.site.url}/spa/bff/`)
    await inState(page, 'authenticated')
    expect(await statusOf(page, '/bff/api/shop/1')).toBe(200)
    await visit(bobs, 'bob')
    const ofSession = cache?.stored.filter(
      (name) => /\/bff\/(?!$)|\/secret/.test(name) && !name.includes('/spa/'),
    )
    expect(ofSession).toEqual([])
    expect(cache?.stored, 'it does store').not.toEqual([])
    await page.goto(`${stage.site.url}/secret`)
    await sees(page, 'The secret of alice')
  })

  it('S42 what every cache may keep gives a second user neither the first one’s page nor cookie', async () => {
    const [alices, bobs] = [await stage.visitor(), await stage.visitor()]
    const alice = await visit(alices, 'alice')
    // A login under way: its cookie is written anew with the next answer.
    await alice.evaluate(() => fetch('/bff/login?return_to=/other', { redirect: 'manual' }))
    await alice.goto(`${stage.site.url}/cacheable`)
    await sees(alice, 'The secret of alice')
    const bob = await visit(bobs, 'bob')
    await bob.goto(`${stage.site.url}/cacheable`)
    await sees(bob, 'The secret of bob')
    const [ofAlice, ofBob] = [await cookiesOf(stage.site, alices), await cookiesOf(stage.site, bobs)]
    for (const name of [cookieNames.session, cookieNames.login, cookieNames.csrf]) {
      const value = ofAlice.get(name)?.value
      if (value !== undefined) expect(ofBob.get(name)?.value).not.toBe(value)
    }
  })
})
