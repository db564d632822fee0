/** The cookies of a BFF as a browser takes them, keeps them, and sends them. */
import { describe, expect, it } from 'vitest'
import { cookieNames, plainCookieNames } from '../../src/protocol.js'
import type { BffOptions, CookieOptions } from '../../src/bff/options.js'
import { ORIGIN, problemOf, startOddBench } from './bench.js'
import type { Browser } from './bench.js'

const LOCAL = 'http://localhost:3000'
const OTHER_SITE = 'https://elsewhere.test/page'

/** A BFF on this machine, and a browser before it that keeps every `Set-Cookie` it was sent. */
async function local(cookie: CookieOptions) {
  const bench = await startOddBench()
  const { another, newBrowser } = bench
  const bff = another({ origin: LOCAL, session: { cookie } })
  const browser = newBrowser()
  const sent: string[] = []
  browser.agent.handle(LOCAL, async (request) => {
    if (!new URL(request.url).pathname.startsWith('/bff/')) return new Response('the app')
    const answer = await bff.fetch(request)
    sent.push(...answer.headers.getSetCookie())
    return answer
  })
  await browser.agent.navigate(`${LOCAL}/bff/login?return_to=/app`, { from: `${LOCAL}/` })
  const of = (name: string) => sent.filter((one) => one.startsWith(`${name}=`))
  const call = (path: string, init: RequestInit = {}) =>
    browser.agent.fetch(LOCAL + path, {
      from: `${LOCAL}/app`,
      ...init,
      headers: { 'x-csrf-token': browser.agent.cookies.get(LOCAL, plainCookieNames.csrf)?.value ?? '1' },
    })
  return { ...bench, browser, sent, of, call }
}

describe('a session cookie', () => {
  const plant = (browser: Browser, value: string): void =>
    void browser.agent.cookies.set(
      new URL(ORIGIN),
      `${cookieNames.session}=${value}; Path=/; Secure; HttpOnly; SameSite=Strict`,
    )

  it('is a new one after every authentication, step-up too; the one of before opens nothing (S38)', async () => {
    const { browser, bff } = await startOddBench()
    const planted = 'A'.repeat(43)
    plant(browser, planted)
    const values = [planted]
    for (const query of ['', '&prompt=login', '&acr_values=mfa', '&prompt=login&acr_values=mfa']) {
      await browser.login('alice', `/bff/login?return_to=/app${query}`)
      values.push(browser.cookie('session') ?? '')
      expect((await browser.session()).authenticated).toBe(true)
    }
    expect(new Set(values).size).toBe(5)
    for (const old of values.slice(0, -1)) {
      const headers = { cookie: `${cookieNames.session}=${old}`, 'sec-fetch-site': 'same-origin' }
      expect((await bff.fetch(new Request(`${ORIGIN}/bff/api/echo/x`, { headers }))).status).toBe(401)
    }
  })

  it('has no end of its own, and is out of the reach of scripts; only a login and a removal have one (S35, S36, S37, S40)', async () => {
    const { browser, bff } = await startOddBench()
    const sent: string[] = []
    browser.agent.handle(ORIGIN, async (request) => {
      if (!new URL(request.url).pathname.startsWith('/bff/')) return new Response('the app')
      const answer = await bff.fetch(request)
      sent.push(...answer.headers.getSetCookie())
      return answer
    })
    await browser.login()
    await browser.session()
    await browser.post('/bff/logout')
    expect(sent.length).toBeGreaterThan(6)
    for (const one of sent) {
      const [pair = '', ...attributes] = one.split('; ')
      const name = pair.slice(0, pair.indexOf('='))
      expect(attributes).toEqual(expect.arrayContaining(['Path=/', 'Secure']))
      expect(one).not.toMatch(/Domain|Expires/i)
      if (!pair.endsWith('=') && name !== cookieNames.login) expect(one).not.toMatch(/Max-Age/i)
      if (name === cookieNames.session)
        expect(attributes).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Strict']))
    }
  })
})

describe('SameSite', () => {
  const visited = async (cookie: CookieOptions) => {
    const { bff, browser } = await startOddBench(
      {},
      {
        bff: (base): BffOptions => ({ ...base, session: { cookie } }),
      },
    )
    const seen: [string, boolean][] = []
    const route = bff.protect((_, { session }) => new Response(`for ${session.user.sub}`))
    browser.agent.handle(ORIGIN, (request) => {
      const has = (request.headers.get('cookie') ?? '').includes(`${cookieNames.session}=`)
      const { pathname } = new URL(request.url)
      seen.push([`${request.method} ${pathname}`, has])
      if (pathname === '/route') return route(request)
      return pathname.startsWith('/bff/') ? bff.fetch(request) : new Response('the app')
    })
    await browser.login()
    seen.length = 0
    return { browser, seen }
  }

  it('strict: the cookie stays behind at a link on another site; the page loads itself once more', async () => {
    const { browser, seen } = await visited({})
    await browser.agent.navigate(`${ORIGIN}/route`, { from: OTHER_SITE })
    expect(seen[0]).toEqual(['GET /route', false])
  })

  it('lax: it comes along with the link, and not with what another site sends in the background', async () => {
    const { browser, seen } = await visited({ sameSite: 'lax' })
    const page = await browser.agent.navigate(`${ORIGIN}/route`, { from: OTHER_SITE })
    expect(seen).toEqual([['GET /route', true]])
    expect(page.text).toBe('for alice')
    await browser.agent
      .fetch(`${ORIGIN}/bff/refresh`, { from: OTHER_SITE, method: 'POST', credentials: 'include' })
      .catch(() => {})
    expect(seen.at(-1)).toEqual(['POST /bff/refresh', false])
  })
})

describe('dangerously', () => {
  it('persistent: the cookies of a session last as long as it may; a logout takes them away', async () => {
    const { of, call, log } = await local({ dangerouslyPersistent: true })
    for (const name of [cookieNames.session, cookieNames.csrf, cookieNames.hint])
      expect(of(name).at(-1)).toMatch(/; Max-Age=43200$/)
    expect(log).toContainEqual(expect.objectContaining({ level: 'warn', event: 'unsafe_cookies' }))
    await call('/bff/logout', { method: 'POST' })
    expect(of(cookieNames.session)).toHaveLength(1)
  })

  it('insecure: a session on http://localhost that needs no Secure cookie', async () => {
    const { browser, sent, call } = await local({ dangerouslyInsecure: true })
    expect(sent.join()).not.toMatch(/Secure|__Host-/)
    expect(await (await call('/bff/session')).json()).toMatchObject({ authenticated: true })
    expect((await call('/bff/refresh', { method: 'POST' })).status).toBe(200)
    expect((await call('/bff/logout', { method: 'POST' })).status).toBe(200)
    expect(browser.agent.cookies.get(LOCAL, plainCookieNames.session)).toBeUndefined()
    expect(await problemOf(await call('/bff/api/echo/x'))).toMatchObject({ status: 401 })
  })

  it('None: it comes along with requests of every site, and the guards refuse them all the same', async () => {
    const { of, browser, api } = await local({ dangerouslySameSiteNone: true })
    expect(of(cookieNames.session).at(-1)).toContain('SameSite=None')
    const csrf = browser.agent.cookies.get(LOCAL, cookieNames.csrf)?.value ?? ''
    expect(csrf).not.toBe('')
    await browser.agent
      .fetch(`${LOCAL}/bff/api/echo/x`, { from: OTHER_SITE, method: 'POST', credentials: 'include' })
      .catch(() => {})
    expect(api.calls).toEqual([])
  })

  it('nothing is said where nothing is dangerous', async () => {
    const { log } = await startOddBench()
    expect(log.map(({ event }) => event)).not.toContain('unsafe_cookies')
  })
})
