/** Access is renewed by itself, once per expiry, through outages, until the provider says no. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { MODES, useApp, type Mode } from './app.js'
import { at, choose, getOrders, inState, press, sees, signIn, signInBare } from './user.js'

const app = useApp()

/** The refreshes that reached the provider: of all clients, or of the one whose tokens are held so. */
const refreshes = (mode?: Mode) =>
  app.demo.idp.tokenRequests.filter(
    ({ grant_type: grant, client_id: client }) =>
      grant === 'refresh_token' &&
      (mode === undefined || client === (mode === 'browser' ? 'tandem-spa' : 'tandem-bff')),
  )

/** How long access tokens issued from now on are good for, s. */
const tokensLast = (seconds: number): void => {
  app.demo.idp.lifetimes.accessToken = seconds
}

const countOf = (page: Page, type: string): Promise<number> =>
  page.evaluate((wanted) => tandem.events.filter((event) => event.type === wanted).length, type)

const statusOfCall = (page: Page): Promise<number> =>
  page.evaluate(async () => (await tandem.client.fetch(`${tandem.api}/whoami`)).status)

describe('silent renewal', () => {
  it('over three expiries is three token requests, and nobody notices', async () => {
    tokensLast(3)
    const renewThrice = async (mode: Mode, ...others: Mode[]): Promise<void> => {
      const browser = await app.visitor()
      const page = await app.open(`/spa/${mode}/`, browser)
      await signInBare(page)
      const pages = [page, ...(await Promise.all(others.map((other) => app.open(`/spa/${other}/`, browser))))]
      for (const one of pages) await inState(one, 'authenticated')
      const renewed = () => countOf(page, 'refreshed')
      await expect.poll(renewed, { timeout: 15_000 }).toBeGreaterThanOrEqual(3)
      // None is left whenever nothing is on the wire: a request that was one too many would stay one too many.
      await expect.poll(async () => refreshes(mode).length - (await renewed())).toBe(0)

      const times = refreshes(mode).map(({ at: time }) => time)
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
      expect(Math.min(...gaps), 'ms between two renewals of a token of 3 s').toBeGreaterThan(900)
      expect(refreshes(mode).filter(({ error }) => error !== null)).toEqual([])
      for (const one of pages) {
        const states = await one.evaluate(() => tandem.states.slice(tandem.states.indexOf('authenticated')))
        expect(states.filter((state) => state !== 'authenticated')).toEqual([])
        expect(await statusOfCall(one)).toBe(200)
      }
    }
    // Tabs on the BFF share one session, and one renewal. Where pages hold the tokens themselves, each has a session of its own.
    await Promise.all([renewThrice('browser'), renewThrice('bff', 'bff', 'mediated')])
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

describe('the provider', () => {
  /** For a page on the BFF and for one that holds the tokens itself, at the same time. */
  const forBoth = async (story: (mode: 'bff' | 'browser') => Promise<void>): Promise<void> =>
    void (await Promise.all((['bff', 'browser'] as const).map(story)))

  const signInBoth = async () => {
    const pages = { bff: await app.open(at('bff')), browser: await app.open(at('browser')) }
    await forBoth((mode) => signIn(pages[mode]))
    return pages
  }

  it('does not answer for a while: users stay signed in, beyond the end of the token, and renewing goes on', async () => {
    tokensLast(3)
    const pages = await signInBoth()
    const facts = await Promise.all(Object.values(pages).map((page) => page.locator('#facts').innerText()))
    await app.demo.idp.down()
    try {
      await forBoth(async (mode) => {
        const page = pages[mode]
        await sees(page, 'refresh-failed')
        await page.locator('html[data-renewal=waiting]').waitFor({ state: 'attached' })
        await expect.poll(() => page.locator('#access-clock').innerText(), { timeout: 10_000 }).toBe('0:00')
        await inState(page, 'authenticated')
        await sees(page, 'Alice Andersson')
      })
    } finally {
      await app.demo.idp.up()
    }
    tokensLast(300)
    await forBoth(async (mode) => {
      const page = pages[mode]
      // As the browser says when the network is back: the next try need not be waited for.
      await page.evaluate(() => dispatchEvent(new Event('online')))
      await page.locator('html[data-renewal=idle]').waitFor({ state: 'attached' })
      await getOrders(page)
    })
    const later = await Promise.all(Object.values(pages).map((page) => page.locator('#facts').innerText()))
    expect(later, 'the same sessions').toEqual(facts)
  })

  it('refuses: access is renewed no more, and when it is over the user is told why', async () => {
    tokensLast(3)
    const pages = await signInBoth()
    // A page that may ask in a frame would get other tokens, for as long as the provider has the session.
    await pages.browser.context().clearCookies({ name: /^idp_session/ })
    expect(await app.demo.idp.revoke('alice')).toBe(2)
    await forBoth(async (mode) => {
      const page = pages[mode]
      await sees(page, 'idp-session-ended')
      await inState(page, 'unauthenticated')
      await sees(page, 'The session at the provider is over, so access could not be renewed.')
      expect(refreshes(mode), 'a refusal is an answer: nothing is tried twice').toHaveLength(1)
      await press(page, 'login')
      if (mode === 'browser') await choose(page, 'alice')
      await inState(page, 'authenticated')
    })
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

  it('a provider that breaks while the user comes back from it is asked again, and has them signed in', async () => {
    const page = await app.open(at('browser'))
    await inState(page, 'unauthenticated')
    await press(page, 'login')
    app.demo.idp.faults.set('token', { kind: 'status', status: 503 })
    await choose(page, 'alice')
    await sees(page, 'No answer yet')
    app.demo.idp.faults.clear('token')
    await inState(page, 'authenticated')
    await sees(page, 'Alice Andersson')
    expect(page.url()).toBe(app.demo.url + at('browser'))
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
