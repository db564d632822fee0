/** S36 and S37 as Chromium decides: which cookies it takes, and where it sends them. */
import { describe, expect, it } from 'vitest'
import { cookieNames } from '../../../src/protocol.js'
import { sees } from '../../e2e/user.js'
import { useSite, type Received, type Stage } from './site.js'
import { cookiesOf, signedIn, statusOf } from './user.js'

const has = ({ cookie }: Received, name: string): boolean => cookie.includes(`${name}=`)
const asked = ({ site }: Stage, method: string, path: string): Received[] =>
  site.received.filter((one) => one.method === method && one.path === path)

describe('with the cookies as they are by default', () => {
  const stage = useSite()

  it('S36 Chromium takes the cookies under their prefix: Secure, for this host alone, for all of its paths', async () => {
    const browser = await stage.visitor()
    await signedIn(stage.site, browser)
    const cookies = await cookiesOf(stage.site, browser)
    for (const name of [cookieNames.session, cookieNames.csrf, cookieNames.hint])
      expect(cookies.get(name)).toMatchObject({ secure: true, path: '/', domain: 'app.tandem.test' })
    // It knows the rules of the prefix: the same name without them is not taken.
    const page = await browser.newPage()
    await page.goto(`${stage.site.url}/spa/bff/`)
    await page.evaluate(() => {
      document.cookie = '__Host-csrf=planted; Path=/; Secure; Domain=tandem.test'
      document.cookie = '__Host-csrf=planted; Path=/bff; Secure'
      document.cookie = '__Host-csrf=planted; Path=/'
    })
    expect(await page.evaluate(() => document.cookie)).not.toContain('planted')
  })

  it('S36 over plain http no cookie is sent', async () => {
    const browser = await stage.visitor()
    const page = await signedIn(stage.site, browser)
    await page.goto(stage.site.plain.url)
    await sees(page, 'plain http')
    expect(stage.site.plain.cookies).toEqual([''])
    await page.goto(`${stage.site.url}/secret`)
    await sees(page, 'The secret of alice')
  })

  it('S37 Strict: a login completes though its callback comes from the IDP’s site', async () => {
    const browser = await stage.visitor()
    const page = await signedIn(stage.site, browser)
    // Once more while signed in: the session cookie is there, and stays behind.
    await page.evaluate(() => void tandem.client.login({ prompt: 'login' }))
    await page.locator('button[value=alice]').click()
    await page.waitForURL(`${stage.site.url}/spa/bff/`)
    await page.locator('html[data-status=authenticated]').waitFor({ state: 'attached' })
    const callbacks = asked(stage, 'GET', '/bff/callback')
    expect(callbacks.map(({ site }) => site)).toEqual(['cross-site', 'cross-site'])
    expect(callbacks.map((one) => has(one, cookieNames.session))).toEqual([false, false])
    expect(callbacks.map((one) => has(one, cookieNames.login))).toEqual([true, true])
    expect(await statusOf(page, '/bff/api/shop/1')).toBe(200)
    // The one that the second login took the place of is over: it was known from the login's own cookie.
    expect(await stage.site.bff.sessions.list({ sub: 'alice' })).toHaveLength(1)
  })

  it('S37 Strict: a link of another site carries no session cookie, and a page of this site opens it all the same', async () => {
    const browser = await stage.visitor()
    const page = await signedIn(stage.site, browser)
    await page.goto(stage.site.elsewhere(`${stage.site.url}/secret`))
    await page.getByRole('link').click()
    await sees(page, 'The secret of alice')
    expect(asked(stage, 'GET', '/secret').map((one) => [one.site, has(one, cookieNames.session)])).toEqual([
      ['cross-site', false],
      ['same-origin', true],
    ])
    expect(asked(stage, 'GET', '/bff/login'), 'nobody was sent to log in again').toHaveLength(1)
  })

  it('S37 Strict: a form of another site carries no session cookie, and does nothing', async () => {
    const browser = await stage.visitor()
    const page = await signedIn(stage.site, browser)
    for (const path of ['/bff/api/shop/1', '/bff/logout', '/secret']) {
      await page.goto(stage.site.elsewhere(stage.site.url + path))
      const answered = page.waitForResponse((response) => response.request().method() === 'POST')
      await page.getByRole('button').click()
      expect((await answered).status()).toBeGreaterThanOrEqual(400)
      expect(asked(stage, 'POST', path).map((one) => [one.site, has(one, cookieNames.session)])).toEqual([
        ['cross-site', false],
      ])
    }
    expect(await stage.site.bff.sessions.list({ sub: 'alice' })).toHaveLength(1)
  })
})

describe('with SameSite=Lax', () => {
  const stage = useSite({ bff: { session: { cookie: { sameSite: 'lax' } } } })

  it('S37 Lax: a tab that another site’s link opens carries the session cookie, a form does not', async () => {
    const browser = await stage.visitor()
    const page = await signedIn(stage.site, browser)
    expect((await cookiesOf(stage.site, browser)).get(cookieNames.session)?.sameSite).toBe('Lax')
    await page.goto(stage.site.elsewhere(`${stage.site.url}/secret`))
    await page.getByRole('link').click()
    await sees(page, 'The secret of alice')
    expect(asked(stage, 'GET', '/secret').map((one) => [one.site, has(one, cookieNames.session)])).toEqual([
      ['cross-site', true],
    ])

    await page.goto(stage.site.elsewhere(`${stage.site.url}/bff/logout`))
    const answered = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.getByRole('button').click()
    expect((await answered).status()).toBe(403)
    expect(asked(stage, 'POST', '/bff/logout').map((one) => has(one, cookieNames.session))).toEqual([false])
    expect(await stage.site.bff.sessions.list({ sub: 'alice' })).toHaveLength(1)
  })

  it('S37 Lax: neither a fetch nor a frame of another site carries it', async () => {
    const browser = await stage.visitor()
    const page = await signedIn(stage.site, browser)
    await page.goto(stage.site.elsewhere('/'))
    stage.site.received.length = 0
    await page.evaluate(async (url) => {
      await fetch(`${url}/secret`, { mode: 'no-cors', credentials: 'include' }).catch(() => {})
      const frame = document.createElement('iframe')
      frame.src = `${url}/secret`
      const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
      document.body.append(frame)
      await loaded
    }, stage.site.url)
    const requests = asked(stage, 'GET', '/secret')
    expect(requests.length).toBeGreaterThanOrEqual(2)
    expect(requests.map((one) => has(one, cookieNames.session))).toEqual(requests.map(() => false))
  })
})
