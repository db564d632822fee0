/** Access is renewed by itself, once per expiry, through outages, until the provider says no. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { MODES, useApp } from './app.js'
import { at, getOrders, inState, press, sees, signIn, signInBare } from './user.js'

const app = useApp()

const refreshes = () => app.demo.idp.tokenRequests.filter(({ grant_type }) => grant_type === 'refresh_token')

/** How long access tokens issued from now on are good for, s. */
const tokensLast = (seconds: number): void => {
  app.demo.idp.lifetimes.accessToken = seconds
}

const count = (page: Page, type: string): Promise<number> =>
  page.evaluate((wanted) => tandem.events.filter((event) => event.type === wanted).length, type)

const getStatus = (page: Page): Promise<number> =>
  page.evaluate(async () => (await tandem.client.fetch(`${tandem.api}/whoami`)).status)

describe('silent renewal', () => {
  it.each(MODES)('over three expiries is three token requests, and nobody notices (%s)', async (mode) => {
    tokensLast(3)
    const browser = await app.visitor()
    const page = await app.open(`/spa/${mode}/`, browser)
    await signInBare(page)
    // A second tab of the same session takes part; where pages hold the tokens themselves, each has a session of its own.
    const pages = [page]
    if (mode !== 'browser') {
      pages.push(await app.open(`/spa/${mode}/`, browser))
      await inState(pages[1] ?? page, 'authenticated')
    }
    await expect.poll(refreshes, { timeout: 10_000 }).toHaveLength(2)
    // The third one lasts, so that there is no fourth while this looks.
    tokensLast(300)
    await expect.poll(() => count(page, 'refreshed'), { timeout: 10_000 }).toBe(3)
    for (const one of pages) await one.waitForLoadState('networkidle')

    const made = refreshes()
    expect(made.map(({ status }) => status)).toEqual([200, 200, 200])
    const gaps = made.slice(1).map(({ at: time }, index) => time - (made[index]?.at ?? 0))
    expect(Math.min(...gaps), 'ms between two renewals of a token of 3 s').toBeGreaterThan(1_500)
    for (const one of pages) {
      expect(
        new Set(await one.evaluate(() => tandem.states.slice(tandem.states.indexOf('authenticated')))),
      ).toEqual(new Set(['authenticated']))
      expect(await getStatus(one)).toBe(200)
    }
    expect(refreshes()).toHaveLength(3)
  })

  it.each(MODES)('for 50 calls at once with an expired token is one token request (%s)', async (mode) => {
    tokensLast(2)
    const page = await app.open(`/spa/${mode}/`)
    await signInBare(page)
    // As long as the client rests, nothing is renewed.
    await page.evaluate(() => tandem.client.stop())
    await page.waitForFunction(() => {
      const state = tandem.client.getState()
      return state.status === 'authenticated' && Date.now() > state.session.access.expiresAt + 500
    })
    tokensLast(300)
    app.demo.idp.clearRequests()

    const statuses = await page.evaluate(() =>
      Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const response = await tandem.client.fetch(`${tandem.api}/whoami?call=${index}`)
          return response.status
        }),
      ),
    )
    expect(statuses).toEqual(Array.from({ length: 50 }, () => 200))
    expect(refreshes()).toHaveLength(1)
    const calls = app.demo.api.requests.filter(({ status }) => status === 200)
    expect(new Set(calls.map(({ url }) => url)).size, 'calls the API answered').toBe(50)
  })
})

describe.each(['bff', 'browser'] as const)('the provider (%s)', (mode) => {
  it('does not answer for a while: the user stays signed in, beyond the end of the token, and renewing goes on', async () => {
    tokensLast(3)
    const page = await app.open(at(mode))
    await signIn(page)
    const session = await page.locator('#facts').innerText()
    await app.demo.idp.down()
    try {
      await sees(page, 'refresh-failed')
      await page.locator('html[data-renewal=waiting]').waitFor({ state: 'attached' })
      await expect
        .poll(() => page.locator('#access-clock').innerText(), { timeout: 10_000 })
        .toMatch(/0:00|expired|over/)
      await inState(page, 'authenticated')
      await sees(page, 'Alice Andersson')
    } finally {
      await app.demo.idp.up()
    }
    tokensLast(300)
    // As the browser says when the network is back: the next try need not be waited for.
    await page.evaluate(() => dispatchEvent(new Event('online')))
    await page.locator('html[data-renewal=idle]').waitFor({ state: 'attached' })
    await getOrders(page)
    expect(await page.locator('#facts').innerText(), 'the same session').toBe(session)
  })

  it('refuses: what is there lasts as long as it lasts, and then the user is told', async () => {
    tokensLast(4)
    const page = await app.open(at(mode))
    await signIn(page)
    expect(await app.demo.idp.revoke('alice')).toBe(1)
    await sees(page, 'idp-session-ended')
    await inState(page, 'authenticated')
    await getOrders(page)

    await inState(page, 'unauthenticated')
    await sees(page, 'The session at the provider is over, so access could not be renewed.')
    expect(refreshes(), 'a refusal is an answer: nothing is tried twice').toHaveLength(1)
    await press(page, 'login')
    await inState(page, 'authenticated')
  })
})

describe('at page load', () => {
  it('a BFF that does not answer is not taken for "signed out"', async () => {
    const page = await app.open('/')
    await signIn(page)
    await page.route('**/bff/session', (route) => route.abort())
    await page.reload()
    await sees(page, 'No answer yet')
    await inState(page, 'loading')
    await page.unroute('**/bff/session')
    await inState(page, 'authenticated')
    await sees(page, 'Alice Andersson')
  })

  it('a provider that does not answer is not taken for "signed out"', async () => {
    const page = await app.open(at('browser'))
    await signIn(page)
    await app.demo.idp.down()
    try {
      await page.reload()
      await sees(page, 'No answer yet')
      await inState(page, 'loading')
    } finally {
      await app.demo.idp.up()
    }
    await inState(page, 'authenticated')
    await sees(page, 'Alice Andersson')
  })
})
