/** The cookies of the BFF, as a real browser takes, keeps and sends them. */
import { describe, expect, it } from 'vitest'
import { useApp } from './app.js'
import { startOtherSite } from './routes.js'
import { at, choose, getOrders, press, sees, signIn } from './user.js'

const app = useApp()

const SESSION = '__Host-Http-session'

describe('the cookies of a session', () => {
  it('are hardened, end with the browser, and only those without a secret can be read by scripts', async () => {
    const browser = await app.visitor()
    const page = await app.open('/', browser)
    await signIn(page)
    const cookies = (await browser.cookies(app.demo.url)).filter(({ name }) => name.startsWith('__Host-'))
    const hardened = { path: '/', secure: true, domain: 'localhost', expires: -1 }
    expect(cookies.toSorted((one, other) => one.name.localeCompare(other.name))).toMatchObject([
      { name: '__Host-csrf', httpOnly: false, sameSite: 'Strict', ...hardened },
      { name: '__Host-hint', httpOnly: false, sameSite: 'Lax', value: '1', ...hardened },
      // Kept for ten minutes at most: that logins came back lately.
      ...cookies.filter(({ name }) => name === '__Host-Http-login'),
      { name: SESSION, httpOnly: true, sameSite: 'Strict', ...hardened },
    ])
    const readable = await page.evaluate(() => document.cookie.split('; ').map((pair) => pair.split('=')[0]))
    // The provider is on this host, too, and says there for its frame whether its session changed.
    const ours = readable.filter((name) => name !== 'idp_browser_state')
    expect(ours.toSorted()).toEqual(['__Host-csrf', '__Host-hint'])
  })

  it('are new at every authentication; the one before opens nothing', async () => {
    const browser = await app.visitor()
    const page = await app.open('/', browser)
    const cookie = async () => (await browser.cookies(app.demo.url)).find(({ name }) => name === SESSION)
    await signIn(page)
    const before = await cookie()
    await press(page, 'require-mfa')
    await choose(page, 'mfa')
    await sees(page, 'The session meets acr mfa')
    expect((await cookie())?.value).not.toBe(before?.value)

    const thief = await app.visitor()
    await thief.addCookies(before === undefined ? [] : [before])
    const stolen = await app.open('/', thief)
    const answer = await stolen.evaluate(async () => {
      const response = await fetch('/bff/session', { headers: { 'x-csrf-token': '1' } })
      return (await response.json()) as unknown
    })
    expect(answer).toMatchObject({ authenticated: false, last: { ended_by: 'replaced' } })
  })

  it('cannot be tossed by a script: the browser keeps none beside them', async () => {
    const page = await app.open('/')
    await signIn(page)
    await page.evaluate(() => {
      for (const attributes of [
        'Path=/bff; Secure',
        'Path=/bff/api; Secure',
        'Path=/; Domain=localhost; Secure',
        'Path=/',
      ])
        for (const name of ['__Host-csrf', '__Host-Http-session', '__Host-hint'])
          document.cookie = `${name}=tossed; ${attributes}`
    })
    expect(await page.evaluate(() => document.cookie)).not.toContain('tossed')
    await getOrders(page)
  })
})

describe('a page that is not the app’s', () => {
  it.each([
    ['of another site', '127.0.0.1'],
    ['of the same site, on another port', 'localhost'],
  ] as const)('%s makes the browser do nothing with the session', async (_, host) => {
    const browser = await app.visitor()
    const page = await app.open(at('bff'), browser)
    await signIn(page)
    const site = await startOtherSite(app.demo.url, host)
    try {
      const other = await browser.newPage()
      await other.goto(site.url)
      const read = await other.evaluate(async (origin) => {
        const outcomes: unknown[] = []
        const attempts: [string, RequestInit][] = [
          ['/bff/api/shop/orders', { method: 'POST', body: '{}' }],
          ['/bff/api/shop/orders', {}],
          ['/bff/session', { headers: { 'x-csrf-token': '1' } }],
          ['/bff/logout', { method: 'POST', body: '{}' }],
        ]
        for (const [path, init] of attempts) {
          for (const mode of ['cors', 'no-cors'] as const) {
            const options = { ...init, mode, credentials: 'include' } as const
            const done = await fetch(origin + path, options).catch(() => 'refused')
            outcomes.push(done instanceof Response ? done.type : done)
          }
        }
        return outcomes
      }, app.demo.url)
      expect(
        read.filter((outcome) => outcome !== 'refused' && outcome !== 'opaque'),
        'answers it could read',
      ).toEqual([])
      expect(app.demo.api.requests, 'calls that reached the API').toEqual([])
      expect(await app.demo.bff.sessions.list({ sub: 'alice' })).toHaveLength(1)

      // Nor by a form.
      await other.evaluate((action) => {
        const form = Object.assign(document.createElement('form'), { method: 'post', action })
        document.body.append(form)
        form.submit()
      }, `${app.demo.url}/bff/logout`)
      await other.waitForURL('**/bff/logout')
      expect(await app.demo.bff.sessions.list({ sub: 'alice' })).toHaveLength(1)
      await getOrders(page)
    } finally {
      await site.close()
    }
  })
})
