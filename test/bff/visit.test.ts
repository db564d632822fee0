import { describe, expect, it } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { ORIGIN, problemOf, startOddBench } from './bench.js'

describe('a tossed cookie', () => {
  it.each(Object.entries(cookieNames))(
    '(%s) is refused once, and gone at the next request',
    async (name, wire) => {
      const { browser, bff, api } = await startOddBench()
      await browser.login()
      const own = browser.agent.cookies.header({
        ...{ url: new URL(ORIGIN), method: 'GET', initiator: new URL(ORIGIN), topLevel: false },
      })
      const value = browser.cookie(name as 'session') ?? 'x'
      const twice = [`${own}; ${wire}=tossed; ${wire}=${value}`, `${wire}=tossed; ${wire}=${value}; ${own}`]
      for (const cookie of twice) {
        const headers = { cookie, 'sec-fetch-site': 'same-origin' }
        const answer = await bff.fetch(new Request(`${ORIGIN}/bff/api/echo/x`, { headers }))
        expect([answer.status, (await problemOf(answer))['code']]).toEqual([400, 'cookie_conflict'])
        const cure = answer.headers.getSetCookie()
        expect(cure.every((one) => one.startsWith(`${wire}=; `) && one.includes('Max-Age=0'))).toBe(true)
        expect(cure.some((one) => one.includes('Path=/bff/api') && one.includes('Domain=app.test'))).toBe(
          true,
        )
        for (const one of cure) browser.agent.cookies.set(new URL(`${ORIGIN}/bff/api/echo/x`), one)
      }
      expect(api.calls).toEqual([])
      // The next request is clean, and what is missing is set again.
      const after = await browser.session()
      expect(after.authenticated).toBe(name !== 'session')
      if (after.authenticated) {
        expect(browser.cookie('csrf')).toBeDefined()
        expect(browser.cookie('hint')).toBeDefined()
      }
    },
  )
})

describe('a call without the token of its session', () => {
  it('is refused while there is one, and told why it ended once it is over', async () => {
    const { browser, api, clock } = await startOddBench()
    await browser.login()
    expect((await browser.session()).authenticated).toBe(true)
    const told = async (path: string) => {
      const answer = await browser.post(path, undefined, { csrf: '1' })
      const { code, ended_by } = await problemOf(answer)
      return [answer.status, code, ended_by]
    }
    const doors = ['/bff/refresh', '/bff/api/echo/x']
    for (const path of [...doors, '/bff/logout'])
      expect(await told(path)).toEqual([403, 'csrf_failed', undefined])
    expect((await browser.session()).authenticated).toBe(true)
    clock.advance(1801)
    for (const path of doors) expect(await told(path)).toEqual([401, 'login_required', 'app_session_over'])
    expect((await browser.post('/bff/logout', undefined, { csrf: '1' })).status).toBe(200)
    expect(api.calls).toEqual([])
  })
})

describe('the app behind a proxy that changes what was asked for', () => {
  it.each([
    ['http://127.0.0.1:3000', {}],
    ['https://backend.internal', {}],
    ['http://app.test', {}],
    ['https://app.test', { 'x-forwarded-proto': 'http' }],
  ])('(%s %j) says so, instead of sending the user round in circles', async (base, headers) => {
    const { bff, log } = await startOddBench()
    const visit = (referer: string, site = 'same-origin') =>
      bff.fetch(
        new Request(`${base}/bff/login?return_to=/x`, {
          headers: { referer, 'sec-fetch-site': site, 'sec-fetch-dest': 'document', ...headers },
        }),
      )
    const told = await visit(`${ORIGIN}/orders`)
    expect(told.status).toBe(400)
    expect(await told.text()).toContain('pass the <code>Host</code> header on')
    expect(log.map(({ event }) => event)).toContain('wrong_host')
    // Whoever is not there yet is sent there.
    expect((await visit('http://127.0.0.1:3000/orders')).status).toBe(303)
    expect((await visit(`${ORIGIN}/orders`, 'cross-site')).status).toBe(303)
    expect((await visit('nonsense')).status).toBe(303)
  })

  it('tells a program so, too', async () => {
    const { bff } = await startOddBench()
    const answer = await bff.fetch(new Request('http://backend:3000/bff/login?moved=1'))
    expect((await problemOf(answer))['detail']).toContain('passes the Host header on')
  })

  it('takes no notice of the note on the way to a login', async () => {
    const { bff } = await startOddBench()
    const answer = await bff.fetch(new Request(`${ORIGIN}/bff/login?return_to=/x&moved=1`))
    expect(answer.headers.get('location')).toMatch(/\/authorize\?(?!.*moved)/)
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
      const tab = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' }
      for (const sent of [headers, { ...tab, ...headers }]) {
        const moved = await bff.fetch(new Request(base + path, { headers: sent }))
        expect([moved.status, moved.headers.get('location')]).toEqual([303, ORIGIN + path])
        expect(moved.headers.has('set-cookie')).toBe(false)
      }
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

describe('every door', () => {
  const elsewhere: [string, Record<string, string>][] = [
    ['another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['a sibling', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['an image elsewhere', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' }],
    [
      'a form elsewhere',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    ],
    ['an opaque origin', { origin: 'null' }],
    ['an origin like ours', { origin: `${ORIGIN}.evil` }],
    ['nobody knows where', {}],
  ]
  const calls: [string, string][] = [
    ['GET', '/bff/session'],
    ['POST', '/bff/session'],
    ['POST', '/bff/refresh'],
    ['POST', '/bff/logout'],
    ['GET', '/bff/token'],
    ['GET', '/bff/api/echo/x'],
    ['HEAD', '/bff/api/echo/x'],
    ['POST', '/bff/api/echo/x'],
    ['DELETE', '/bff/api/nothing'],
    ['PROPFIND', '/bff/api/echo/x'],
  ]

  it.each(elsewhere)('refuses %s, with the session’s cookies and the right token', async (_, headers) => {
    const { browser, bff, api, idp } = await startOddBench(
      {},
      { bff: (base) => ({ ...base, mediateTokens: true }) },
    )
    await browser.login()
    const cookie = `${cookieNames.session}=${browser.cookie('session')}; ${cookieNames.csrf}=${browser.cookie('csrf')}`
    for (const [method, path] of calls) {
      const all = {
        ...headers,
        cookie,
        'x-csrf-token': browser.cookie('csrf') ?? '',
        authorization: 'Bearer x',
      }
      const answer = await bff.fetch(new Request(ORIGIN + path, { method, headers: all }))
      // A header that cannot come from elsewhere speaks for a client that is no browser; this one's is worth nothing.
      if (path === '/bff/session' && method === 'POST' && Object.keys(headers).length === 0) {
        expect([answer.status, (await problemOf(answer))['code']]).toEqual([401, 'token_not_accepted'])
        continue
      }
      expect([method, path, answer.status]).toEqual([method, path, 403])
      if (method !== 'HEAD') expect((await problemOf(answer))['code']).toBe('csrf_failed')
      expect(answer.headers.has('set-cookie')).toBe(false)
      expect(answer.headers.has('access-control-allow-origin')).toBe(false)
    }
    expect(api.calls).toEqual([])
    expect(idp.tokenCalls).toHaveLength(1)
    expect((await browser.session()).authenticated).toBe(true)
  })

  it.each(calls.filter(([method]) => method !== 'HEAD'))(
    '%s %s needs the header, where it can do harm',
    async (method, path) => {
      const { browser } = await startOddBench({}, { bff: (base) => ({ ...base, mediateTokens: true }) })
      await browser.login()
      const without = await browser.fetch(path, { method, csrf: null })
      const reading = path === '/bff/api/echo/x' && method === 'GET'
      const bringing = path === '/bff/session' && method === 'POST'
      expect(without.status).toBe(reading ? 200 : bringing ? 401 : 403)
      const forged = await browser.fetch(path, {
        method,
        csrf: `${browser.cookie('csrf')?.split('.')[0]}.forged`,
      })
      expect([forged.status, (await problemOf(forged))['code']]).toEqual([403, 'csrf_failed'])
    },
  )

  it.each(calls.filter(([method]) => method !== 'HEAD'))(
    '%s %s tells who brings no session so, whatever the header says',
    async (method, path) => {
      const { browser, bff, api } = await startOddBench(
        {},
        { bff: (base) => ({ ...base, mediateTokens: true }) },
      )
      const fine = path === '/bff/session' && method === 'GET' ? 200 : path === '/bff/logout' ? 200 : 401
      for (const csrf of ['1', 'anything', 'a.b', `${'x'.repeat(22)}.${'y'.repeat(43)}`]) {
        const answer = await browser.fetch(path, { method, csrf })
        expect([csrf, answer.status]).toEqual([csrf, fine])
        const body = await problemOf(answer)
        if (fine === 401) expect(body['code']).toMatch(/^(?:login_required|token_not_accepted)$/)
        else expect(Object.keys(body)).toEqual([path === '/bff/logout' ? 'end_session_url' : 'authenticated'])
      }
      // A cookie that opens nothing is a session all the same: there, the guard is not told what became of it.
      const cookie = `${cookieNames.session}=${'A'.repeat(43)}`
      const headers = { cookie, 'sec-fetch-site': 'same-origin', 'x-csrf-token': 'anything' }
      expect((await bff.fetch(new Request(ORIGIN + path, { method, headers }))).status).toBe(403)
      expect(api.calls).toEqual([])
    },
  )

  it('is not fooled by an override of the method', async () => {
    const { browser, api } = await startOddBench()
    await browser.login()
    await browser.fetch('/bff/api/echo/x?_method=DELETE', {
      csrf: null,
      headers: { 'x-http-method-override': 'DELETE' },
    })
    expect(api.calls.map(({ method }) => method)).toEqual(['GET'])
  })
})
