/** Leaving the page, and coming back to it: by Back, from other sites, from another host, and not at all. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { MODES, useApp } from './app.js'
import { startOtherSite } from './routes.js'
import { at, choose, getOrders, inState, isAsked, press, sees, signIn, signInBare } from './user.js'

const app = useApp()

/** From now on the page notes whether it comes back from the back-forward cache. */
const noteRestoring = (page: Page): Promise<void> =>
  page.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => {
      document.documentElement.dataset['persisted'] = String(persisted)
    })
  })
const isRestored = (page: Page): Promise<void> =>
  page.locator('html[data-persisted=true]').waitFor({ state: 'attached' })

describe('Back from the provider, out of the back-forward cache', () => {
  it.each(MODES)('the page is not stuck on the way: one can log in once more (%s)', async (mode) => {
    const page = await app.open(at(mode))
    await inState(page, 'unauthenticated')
    await noteRestoring(page)
    await press(page, 'login')
    await isAsked(page)

    await page.goBack({ waitUntil: 'commit' })
    await isRestored(page)
    await inState(page, 'unauthenticated')
    await signIn(page)
    await getOrders(page)
  })

  it.each(MODES)('a page left to step up still has its session (%s)', async (mode) => {
    const page = await app.open(at(mode))
    await signIn(page)
    await noteRestoring(page)
    await press(page, 'require-mfa')
    await sees(page, 'Confirm that it is you')

    await page.goBack({ waitUntil: 'commit' })
    await isRestored(page)
    await inState(page, 'authenticated')
    await getOrders(page)
  })

  it.each(['bff', 'browser'] as const)(
    'after the login, the provider’s page is over and the app’s is not (%s)',
    async (mode) => {
      const page = await app.open(at(mode))
      await signIn(page)
      await page.goBack({ waitUntil: 'commit' })
      await page.waitForURL((url) => url.origin === app.demo.idp.origin)
      // Kept by the browser or loaded anew: pressed once more, it answers nothing.
      const again = page.locator('button[value=alice]')
      await again.or(page.getByText('This sign-in is over')).first().waitFor()
      if (await again.isVisible()) await again.click()
      await sees(page, 'This sign-in is over')

      await page.goto(app.demo.url + at(mode))
      await inState(page, 'authenticated')
      await getOrders(page)
    },
  )

  it('a page left before the logout does not show the session that is over', async () => {
    const browser = await app.visitor()
    const page = await app.open('/', browser)
    await signIn(page)
    await noteRestoring(page)
    await page.goto(`${app.demo.idp.origin}/.well-known/openid-configuration`)
    const other = await app.open('/', browser)
    await inState(other, 'authenticated')
    await press(other, 'logout-app')
    await inState(other, 'unauthenticated')

    await page.goBack({ waitUntil: 'commit' })
    await isRestored(page)
    await inState(page, 'unauthenticated')
    await sees(page, 'Nobody is signed in')
  })
})

describe('logout', () => {
  it.each(MODES)('reaches the server though the page closes at once (%s)', async (mode) => {
    const page = await app.open(at(mode))
    await signIn(page)
    // With every connection to that server taken, the log-out has not even been sent when the page closes.
    const { origin } = mode === 'browser' ? app.demo.idp : new URL(app.demo.url)
    const busy = mode === 'browser' ? '/.well-known/openid-configuration' : '/never'
    app.demo.idp.faults.set('discovery', { kind: 'hang' })
    await page.evaluate(async (address) => {
      for (let taken = 0; taken < 6; taken += 1) fetch(address, { cache: 'no-store' }).catch(() => {})
      document.getElementById('logout-app')?.click()
      location.href = 'about:blank'
    }, origin + busy)
    await page.close()

    const left = async () => ({
      refreshTokens: app.demo.idp.live('RefreshToken', 'alice'),
      sessions: (await app.demo.bff.sessions.list({ sub: 'alice' })).length,
    })
    await expect.poll(left, { timeout: 10_000 }).toEqual({ refreshTokens: 0, sessions: 0 })
  })

  it.each(MODES)('is not overtaken by a login that is asked for meanwhile (%s)', async (mode) => {
    const page = await app.open(`/spa/${mode}/`)
    await signInBare(page)
    const asked: string[] = []
    page.on('request', (request) => void asked.push(new URL(request.url()).pathname))
    await page.evaluate(() => {
      void tandem.client.logout({ scope: 'app' })
      void tandem.client.login()
    })
    await inState(page, 'unauthenticated')
    await page.waitForLoadState('networkidle')
    expect(await page.evaluate(() => tandem.client.getState())).toMatchObject({
      status: 'unauthenticated',
      reason: 'logout',
    })
    expect(asked.filter((path) => path === '/auth' || path === '/bff/login')).toEqual([])
  })
})

describe('the app’s address', () => {
  it('opened by IP address, it is moved to its own host before the login', async () => {
    const page = await app.open('/')
    const byIp = app.demo.url.replace('localhost', '127.0.0.1')
    await page.goto(`${byIp}/orders/1001`)
    await inState(page, 'unauthenticated')
    await press(page, 'login')
    await choose(page, 'alice')
    await inState(page, 'authenticated')
    expect(page.url()).toBe(`${app.demo.url}/orders/1001`)
    await sees(page, 'Tandem, steel, 54 cm')
  })

  it('linked from another site, a page behind the session opens while signed in', async () => {
    const page = await app.open('/')
    await signIn(page)
    const site = await startOtherSite(`${app.demo.url}/account`)
    try {
      await page.goto(site.url)
      app.demo.idp.clearRequests()
      await page.getByRole('link').click()
      await sees(page, 'The account of alice')
      expect(page.url()).toBe(`${app.demo.url}/account`)
      expect(app.demo.idp.requests, 'nobody was sent to log in').toEqual([])
    } finally {
      await site.close()
    }
  })

  it('linked from another site, that page asks a stranger to log in, and opens then', async () => {
    const page = await app.open('/')
    const site = await startOtherSite(`${app.demo.url}/account`)
    try {
      await page.goto(site.url)
      await page.getByRole('link').click()
      await choose(page, 'bob')
      await sees(page, 'The account of bob')
      expect(page.url()).toBe(`${app.demo.url}/account`)
    } finally {
      await site.close()
    }
  })
})
