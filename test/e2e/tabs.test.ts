/** More tabs than one: they sign in at once, sign in as others, sleep, and are never in each other's way. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { MODES, useApp } from './app.js'
import { at, choose, getOrders, inState, isAsked, press, sees, signIn, signInBare } from './user.js'

describe('two tabs', () => {
  const app = useApp()
  const calls = () => app.demo.api.requests.map(({ method, claims }) => `${method} ${claims?.sub}`)

  it.each(MODES)('that sign in at once both end signed in (%s)', async (mode) => {
    const browser = await app.visitor()
    const [one, other] = [
      await app.open(at(mode), browser),
      await app.open(at(mode, '/orders/1001'), browser),
    ]
    for (const tab of [one, other]) {
      await press(tab, 'login')
      await isAsked(tab)
    }
    for (const tab of [one, other]) {
      await choose(tab, 'alice')
      await inState(tab, 'authenticated')
    }
    expect(other.url()).toBe(app.demo.url + at(mode, '/orders/1001'))
    for (const tab of [one, other]) {
      await getOrders(tab)
      await inState(tab, 'authenticated')
    }
    for (const tab of [one, other]) {
      await tab.reload()
      await inState(tab, 'authenticated')
    }
  })

  it.each([
    ['bff', 409],
    ['mediated', 'user_changed'],
  ] as const)(
    'a call of alice’s that leaves after bob signed in reaches no API (%s)',
    async (mode, outcome) => {
      const browser = await app.visitor()
      // As in a tab that has not heard of it yet.
      await browser.addInitScript(() => Reflect.deleteProperty(window, 'BroadcastChannel'))
      await browser.route('**/bff/events', (route) => route.abort())
      const alices = await app.open(`/spa/${mode}/`, browser)
      await signInBare(alices, 'alice')
      const bobs = await app.open(at(mode), browser)
      await inState(bobs, 'authenticated')
      await press(bobs, 'switch-user')
      await choose(bobs, 'bob')
      await sees(bobs, 'Bob Bergström')

      const called = alices.evaluate(async () => {
        const { client, api } = tandem
        try {
          return (await client.fetch(`${api}/orders`, { method: 'POST', body: '{"amount":1}' })).status
        } catch (error) {
          return Reflect.get(Object(error), 'reason') as unknown
        }
      })
      expect(await called).toBe(outcome)
      expect(calls()).toEqual([])
      // And the tab knows now whose session it is.
      expect(await alices.evaluate(() => tandem.client.getState())).toMatchObject({
        status: 'authenticated',
        session: { user: { sub: 'bob' } },
      })
      await getOrders(bobs)
      expect(calls()).toEqual(['GET bob'])
    },
  )

  it('a page that holds the tokens itself is the next user’s, too, and calls as nobody else', async () => {
    const browser = await app.visitor()
    const alices = await app.open('/spa/', browser)
    await signInBare(alices, 'alice')
    const bobs = await app.open(at('browser'), browser)
    await inState(bobs, 'authenticated')
    await press(bobs, 'switch-user')
    await choose(bobs, 'bob')
    await sees(bobs, 'Bob Bergström')

    await expect
      .poll(() => alices.evaluate(() => tandem.client.getState()))
      .toMatchObject({ status: 'authenticated', session: { user: { sub: 'bob' } } })
    await alices.evaluate(async () => void (await tandem.client.fetch(`${tandem.api}/orders`)))
    await getOrders(bobs)
    expect(calls()).toEqual(['GET bob', 'GET bob'])
  })

  it.each(['/spa/', '/spa/bff/', '/spa/mediated/'])(
    'that call all the time while another logs out all know that it was a logout (%s)',
    async (path) => {
      const browser = await app.visitor()
      const first = await app.open(path, browser)
      const others = [await app.open(path, browser), await app.open(path, browser)]
      for (const round of [1, 2]) {
        if (round === 1) await signInBare(first, 'alice')
        else await first.evaluate(() => void tandem.client.login())
        await inState(first, 'authenticated')
        const ends = others.map(async (tab) => {
          await expect
            .poll(() => tab.evaluate(() => tandem.client.getState().status), { message: `round ${round}` })
            .toBe('authenticated')
          return tab.evaluateHandle(() => {
            const { client, api } = tandem
            const ended = new Promise((resolve) => client.on('ended', ({ reason }) => resolve(reason)))
            // Each call looks at the cookie that says whose session it is, which is gone before anybody can be told.
            const calling = async (): Promise<void> => {
              while (client.getState().status === 'authenticated')
                await client.fetch(`${api}/orders`, { method: 'HEAD' }).catch(() => {})
            }
            void calling()
            return { ended }
          })
        })
        const handles = await Promise.all(ends)
        await first.evaluate(() => tandem.client.logout({ scope: 'app' }))
        const reasons = handles.map((handle) => handle.evaluate(({ ended }) => ended))
        expect(await Promise.all(reasons)).toEqual(['logout', 'logout'])
      }
    },
  )

  it('a call with the CSRF value of alice’s session is answered 409 session_conflict, whatever it asks for', async () => {
    const browser = await app.visitor()
    const page = await app.open('/', browser)
    await signIn(page, 'alice')
    const csrf = await page.evaluate(() => /__Host-csrf=([^;]+)/.exec(document.cookie)?.[1] ?? '')
    await press(page, 'switch-user')
    await choose(page, 'bob')
    await sees(page, 'Bob Bergström')
    const answers = await page.evaluate(async (value) => {
      const call = async (method: string, path: string) => {
        const headers = { 'X-CSRF-Token': value, 'content-type': 'application/json' }
        const body = method === 'POST' ? '{}' : null
        const answer = await fetch(path, { method, headers, body })
        return [answer.status, ((await answer.json()) as { code: string }).code]
      }
      return Promise.all([
        call('POST', '/bff/api/shop/orders'),
        call('GET', '/bff/api/shop/orders'),
        call('POST', '/bff/refresh'),
        call('POST', '/bff/logout'),
      ])
    }, csrf)
    expect(answers).toEqual(Array.from({ length: 4 }, () => [409, 'session_conflict']))
    expect(calls()).toEqual([])
    await getOrders(page)
  })
})

describe.each(['memory', 'sqlite'])('a tab that slept, over sessions in %s', (kind) => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-e2e-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const app = useApp({ store: kind === 'memory' ? 'memory:' : `sqlite:${folder}/sessions.db` })

  /** The device sleeps for so long, ms, and is opened again: headless Chromium itself never hides a page. */
  const sleep = async (page: Page, ms: number): Promise<void> => {
    await page.clock.fastForward(ms)
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  }

  /** Who ended the session and when, by the BFF's answer to the tab. */
  const told = async (page: Page, during: () => Promise<void>) => {
    const asked = page.waitForResponse((response) => response.url().endsWith('/bff/session'))
    await during()
    return (await (await asked).json()) as { last?: { ended_by: string; at: number } }
  }

  it('says who ended its session meanwhile, and when', async () => {
    const browser = await app.visitor()
    await browser.clock.install()
    const page = await app.open('/', browser)
    await signIn(page)

    const before = Date.now()
    expect(await app.demo.bff.sessions.end({ sub: 'alice' })).toBe(1)
    const { last } = await told(page, () => sleep(page, 20_000))
    expect(last?.ended_by).toBe('revoked')
    expect(last?.at).toBeGreaterThanOrEqual(before)
    expect(last?.at).toBeLessThanOrEqual(Date.now())
    await inState(page, 'unauthenticated')
    await sees(page, 'An administrator ended the session.')

    // And so does another tab that is opened on it.
    await page.reload()
    await sees(page, 'Nobody is signed in')
  })

  it('says so, too, where a call or a renewal finds out', async () => {
    const browser = await app.visitor()
    await browser.clock.install()
    const [calling, renewing] = [await app.open('/', browser), await app.open('/', browser)]
    await signIn(calling)
    // Nobody is told before they ask.
    await browser.route('**/bff/events', (route) => route.abort())
    await Promise.all([calling.reload(), renewing.reload()])
    await inState(calling, 'authenticated')
    await inState(renewing, 'authenticated')

    await app.demo.bff.sessions.end({ sub: 'alice' })
    await press(calling, 'orders')
    await sees(calling, 'An administrator ended the session.')
    expect(app.demo.api.requests, 'calls that reached the API').toEqual([])
    await renewing.clock.fastForward(50_000)
    await sees(renewing, 'An administrator ended the session.')
  })

  it('is signed in by the user who signed in anew in another tab', async () => {
    const browser = await app.visitor()
    await browser.clock.install()
    const page = await app.open('/', browser)
    await signIn(page, 'alice')
    const other = await app.open('/', browser)
    await inState(other, 'authenticated')
    await press(other, 'switch-user')
    await choose(other, 'bob')
    await sees(other, 'Bob Bergström')

    await sleep(page, 20_000)
    await sees(page, 'Bob Bergström')
    await getOrders(page)
  })
})
