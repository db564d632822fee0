import { describe, expect, it } from 'vitest'
import { ORIGIN, problemOf, startBench, startOddBench } from '../bff/bench.js'
import type { BffBench, Browser } from '../bff/bench.js'

/** Goes as far as the provider's answer, and stops before it is taken in. */
async function answerFor(browser: Browser, query = 'return_to=/app'): Promise<URL> {
  const stopped = await browser.agent.navigate(`${ORIGIN}/bff/login?${query}`, {
    from: `${ORIGIN}/`,
    stopAt: (url) => url.pathname === '/bff/callback',
  })
  return stopped.url
}

const arrive = async (browser: Browser, url: URL): Promise<string> => {
  const page = await browser.agent.navigate(url, { from: 'http://localhost' })
  return page.url.href.slice(ORIGIN.length)
}

/** What a browser sends at a visit, for requests outside of the tab. */
const visit = ({ agent }: Browser, url: URL, init: RequestInit = {}): Request =>
  new Request(url, {
    redirect: 'manual',
    ...init,
    headers: {
      cookie:
        agent.cookies.header({
          url,
          method: 'GET',
          initiator: new URL('http://localhost'),
          topLevel: true,
        }) ?? '',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      ...init.headers,
    },
  })

describe('an answer at the redirect URI', () => {
  it('opened again, from Back or a bookmark, leads to the app and to no second token request', async () => {
    const { browser, idp } = await startOddBench()
    const answer = await answerFor(browser)
    expect(await arrive(browser, answer)).toBe('/app')
    const { ref } = await browser.signedIn()
    expect(await arrive(browser, answer)).toBe('/')
    expect((await browser.signedIn()).ref).toBe(ref)
    expect(idp.tokenCalls).toHaveLength(1)
  })

  it('opened the next morning leads to the app, saying that it is stale', async () => {
    const { browser, clock, idp } = await startOddBench()
    const answer = await answerFor(browser)
    clock.advance(12 * 3600)
    expect(await arrive(browser, answer)).toBe('/?login_error=stale_callback')
    expect(idp.tokenCalls).toEqual([])
  })

  it('is a problem for whatever is not a visit', async () => {
    const { bff } = await startOddBench()
    const script = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
    const url = `${ORIGIN}/bff/callback?code=x&state=y`
    for (const headers of [script, { accept: '*/*' }, {}] as Record<string, string>[]) {
      const answer = await bff.fetch(new Request(url, { headers }))
      expect(answer.status).toBe(400)
      expect(await problemOf(answer)).toMatchObject({ code: 'stale_callback' })
    }
  })

  it('is not taken in by another browser (login CSRF), which stays who it was', async () => {
    const { browser, newBrowser, idp } = await startOddBench()
    const victim = newBrowser()
    expect(await arrive(victim, await answerFor(browser))).toBe('/?login_error=stale_callback')
    expect(await victim.session()).toEqual({ authenticated: false })
    expect(idp.tokenCalls).toEqual([])
  })

  it('that comes twice at once is exchanged once, and both get the same session', async () => {
    const { browser, bff, idp } = await startOddBench()
    const answer = await answerFor(browser)
    const answers = await Promise.all([1, 2, 3].map(() => bff.fetch(visit(browser, answer))))
    const sessions = answers.map((one) =>
      one.headers.getSetCookie().find((cookie) => cookie.startsWith('__Host-Http-session=')),
    )
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303])
    expect(new Set(sessions).size).toBe(1)
    expect(sessions[0]).toMatch(/=[\w-]{43};/)
    expect(idp.tokenCalls).toHaveLength(1)
  })

  it('comes with POST too (form_post), from a site whose POST brings no cookie along', async () => {
    const { browser, idp } = await startOddBench()
    const answer = await answerFor(browser)
    const page = await browser.agent.navigate(`${ORIGIN}/bff/callback`, {
      method: 'POST',
      body: answer.searchParams,
      from: 'http://localhost',
    })
    expect(page.url.href).toBe(`${ORIGIN}/app`)
    expect((await browser.signedIn()).user.sub).toBeTruthy()
    expect(idp.tokenCalls).toHaveLength(1)
  })

  it('is read from the body where the cookie came along', async () => {
    const { browser, bff } = await startOddBench()
    const answer = await answerFor(browser)
    const url = new URL(`${ORIGIN}/bff/callback`)
    const taken = await bff.fetch(visit(browser, url, { method: 'POST', body: answer.searchParams }))
    expect([taken.status, taken.headers.get('location')]).toEqual([303, '/app'])
  })

  it.each(['iframe', 'frame', 'embed', 'object'])(
    'is not loaded into a %s, nor is a login',
    async (frame) => {
      const { browser, bff, idp } = await startOddBench()
      const answer = await answerFor(browser)
      for (const url of [answer, new URL(`${ORIGIN}/bff/login`)]) {
        const refused = await bff.fetch(visit(browser, url, { headers: { 'sec-fetch-dest': frame } }))
        expect([refused.status, (await problemOf(refused))['code']]).toEqual([403, 'csrf_failed'])
      }
      expect(idp.tokenCalls).toEqual([])
    },
  )
})

describe('a login that fails', () => {
  const failing: [string, Parameters<typeof startOddBench>[0], string][] = [
    ['an error of the provider', { authorizationError: 'access_denied' }, 'access_denied'],
    ['an error code of its own', { authorizationError: 'user_on_holiday' }, 'user_on_holiday'],
    ['an error that is no code', { authorizationError: '<script>alert(1)</script>' }, 'oauth_error'],
    ['another issuer (mix-up)', { callbackIss: 'wrong' }, 'issuer_mismatch'],
    ['no issuer where one was announced', { callbackIss: 'missing' }, 'issuer_mismatch'],
    [
      'an error from another issuer',
      { authorizationError: 'access_denied', callbackIss: 'wrong' },
      'issuer_mismatch',
    ],
    ['a token endpoint that is down', { answers: { token: { status: 503, body: '' } } }, 'idp_unavailable'],
    ['a page instead of tokens', { answers: { token: { status: 200, body: '<html>' } } }, 'idp_unavailable'],
    ['keys that cannot be had', { answers: { jwks: { status: 500, body: '' } } }, 'idp_unavailable'],
    ['a misconfigured client', { clientSecret: 'another-test-secret' }, 'invalid_client'],
    ['a refused code', { refuseCode: { status: 400, body: '{"error":"invalid_grant"}' } }, 'invalid_grant'],
  ]
  it.each(failing)('by %s goes back with why', async (_, traits, code) => {
    const { browser } = await startOddBench(traits)
    expect(await arrive(browser, await answerFor(browser, 'return_to=/app?x=1'))).toBe(
      `/app?x=1&login_error=${code}`,
    )
    expect(await browser.session()).toEqual({ authenticated: false })
  })

  it.each([
    ...([
      'wrong_iss',
      'wrong_aud',
      'many_aud',
      'wrong_azp',
      'expired',
      'no_exp',
      'future_iat',
      'no_iat',
    ] as const),
    ...(['wrong_nonce', 'no_nonce', 'wrong_at_hash', 'no_sub', 'bad_signature', 'alg_none'] as const),
    ...(['alg_hs256', 'unknown_key', 'garbage'] as const),
  ])('by an ID token with %s goes back with why', async (flaw) => {
    const { browser } = await startOddBench({ idTokenFlaws: [flaw], clientSecret: 'test-secret' })
    expect(await arrive(browser, await answerFor(browser))).toBe('/app?login_error=id_token_invalid')
    expect(await browser.session()).toEqual({ authenticated: false })
  })

  it('because the authentication is older than was asked goes back with why', async () => {
    const { browser } = await startOddBench({ authTime: Math.floor(Date.now() / 1000) - 1000 })
    expect(await arrive(browser, await answerFor(browser, 'return_to=/app&max_age=300'))).toBe(
      '/app?login_error=id_token_invalid',
    )
    expect(await arrive(browser, await answerFor(browser, 'return_to=/app&max_age=2000'))).toBe('/app')
  })

  it.each([
    ['a parameter twice', (answer: URL) => answer.searchParams.append('code', 'x'), 'callback_invalid'],
    ['no code', (answer: URL) => answer.searchParams.delete('code'), 'callback_invalid'],
    ['tokens in the address', (answer: URL) => answer.searchParams.set('id_token', 'x'), 'callback_invalid'],
  ])('by %s goes back with why, and asks for nothing', async (_, change, code) => {
    const { browser, idp } = await startOddBench()
    const answer = await answerFor(browser)
    change(answer)
    expect(await arrive(browser, answer)).toBe(`/app?login_error=${code}`)
    expect(idp.tokenCalls).toEqual([])
  })

  it('by a state that is not ours, or comes twice, belongs to no login', async () => {
    const { browser, idp } = await startOddBench()
    for (const change of [
      (answer: URL) => answer.searchParams.set('state', 'x'),
      (answer: URL) => answer.searchParams.delete('state'),
    ]) {
      const answer = await answerFor(browser)
      change(answer)
      expect(await arrive(browser, answer)).toBe('/?login_error=stale_callback')
    }
    expect(idp.tokenCalls).toEqual([])
  })

  it('because the provider cannot be reached comes back at once', async () => {
    const { browser, idp, bff } = await startBench()
    await idp.down()
    const page = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app`, { from: `${ORIGIN}/` })
    expect(page.url.href).toBe(`${ORIGIN}/app?login_error=idp_unavailable`)
    const script = await bff.fetch(new Request(`${ORIGIN}/bff/login`))
    expect([script.status, script.headers.has('retry-after')]).toEqual([503, true])
    await idp.up()
    expect((await browser.login('alice')).href).toBe(`${ORIGIN}/app`)
  })
})

describe('logins that go in circles', () => {
  const round = async (browser: Browser): Promise<string> => arrive(browser, await answerFor(browser))

  it('stop after three that came back and led to no used session', async () => {
    const { browser, log } = await startOddBench()
    for (let i = 0; i < 3; i++) {
      expect(await round(browser)).toBe('/app')
      // The app never sees the session: its cookie is gone before it asks.
      browser.agent.cookies.delete(ORIGIN, '__Host-Http-session')
    }
    const stopped = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app`, { from: `${ORIGIN}/` })
    expect(stopped.url.href).toBe(`${ORIGIN}/app?login_error=login_loop`)
    expect(log.map(({ event }) => event)).toContain('login_loop')
  })

  it('stop after three that failed, and go on after a minute', async () => {
    const { browser, clock } = await startOddBench({ authorizationError: 'access_denied' })
    for (let i = 0; i < 3; i++) expect(await round(browser)).toBe('/app?login_error=access_denied')
    const stopped = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app`, { from: `${ORIGIN}/` })
    expect(stopped.url.href).toBe(`${ORIGIN}/app?login_error=login_loop`)
    clock.advance(61)
    expect(await round(browser)).toBe('/app?login_error=access_denied')
  })

  const uses: [string, (browser: Browser, bench: BffBench) => Promise<unknown>][] = [
    ['asked for', (browser) => browser.signedIn()],
    ['used for a call', (browser) => browser.fetch('/bff/api/echo/x')],
  ]
  it.each(uses)('are none where each session is %s', async (_, use) => {
    const bench = await startOddBench()
    for (let i = 0; i < 5; i++) {
      expect(await round(bench.browser)).toBe('/app')
      await use(bench.browser, bench)
    }
  })

  it('are none where logins are only begun', async () => {
    const { browser } = await startOddBench()
    for (let i = 0; i < 6; i++) await answerFor(browser)
    expect(await round(browser)).toBe('/app')
  })
})

describe('the app on another host or scheme than its origin', () => {
  it.each([
    ['http://127.0.0.1:3000', {}],
    ['http://app.test', {}],
    ['https://app.test:8443', {}],
    ['https://www.app.test', {}],
    ['https://app.test', { 'x-forwarded-proto': 'http' }],
  ])('%s %j is moved there before anything is set', async (base, headers) => {
    const { bff } = await startOddBench()
    for (const path of ['/bff/login?return_to=/x', '/bff/callback?code=a&state=b']) {
      const moved = await bff.fetch(new Request(base + path, { headers }))
      expect([moved.status, moved.headers.get('location')]).toEqual([303, ORIGIN + path])
      expect(moved.headers.has('set-cookie')).toBe(false)
    }
    for (const path of ['/bff/session', '/bff/api/echo/x', '/bff/nothing']) {
      const refused = await bff.fetch(
        new Request(base + path, {
          headers: { 'sec-fetch-site': 'same-origin', 'x-csrf-token': '1', ...headers },
        }),
      )
      expect([refused.status, (await problemOf(refused))['code']]).toEqual([400, 'invalid_request'])
    }
    for (const path of ['/healthz', '/readyz'])
      expect((await bff.fetch(new Request(base + path, { headers }))).status).toBe(200)
  })

  it('is what the proxy in front says its scheme is', async () => {
    const { bff } = await startOddBench()
    const request = new Request('http://app.test/bff/login', { headers: { 'x-forwarded-proto': 'https' } })
    expect((await bff.fetch(request)).headers.get('location')).toContain('/authorize?')
  })
})
