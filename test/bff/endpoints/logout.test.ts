import { describe, expect, it, vi } from 'vitest'
import type { LogoutAnswer } from '../../../src/protocol.js'
import { BFF_CLIENT_ID } from '../../support/idp.js'
import { ORIGIN, problemOf, startBench, startOddBench } from '../bench.js'
import type { Browser } from '../bench.js'
import { steal } from '../wired.js'

const logout = async (
  browser: Browser,
  body?: unknown,
  init: { csrf?: string } = {},
): Promise<URL | null> => {
  const answer = await browser.post('/bff/logout', body, init)
  expect(answer.status).toBe(200)
  const { end_session_url: url } = (await answer.json()) as LogoutAnswer
  return url === null ? null : new URL(url)
}

describe('a logout', () => {
  it('ends the session here, revokes the refresh token, clears the cookies, and ends the IDP session there', async () => {
    const { browser, idp, newBrowser } = await startBench()
    await browser.login('alice')
    const cookie = browser.cookie('session')
    const url = await logout(browser)
    expect(url?.origin).toBe(idp.origin)
    expect(url?.searchParams.get('id_token_hint')).toMatch(/^eyJ/)
    expect(url?.searchParams.get('post_logout_redirect_uri')).toBe(`${ORIGIN}/`)
    expect(browser.agent.cookies.all(ORIGIN).filter(({ name }) => name !== '__Host-Http-login')).toEqual([])
    expect(idp.live('RefreshToken')).toBe(0)
    expect(idp.count('revocation')).toBe(1)

    const thief = newBrowser()
    thief.agent.cookies.set(new URL(ORIGIN), `__Host-Http-session=${cookie}; Secure; HttpOnly; Path=/`)
    expect(await thief.session()).toMatchObject({ authenticated: false, last: { ended_by: 'logout' } })

    await browser.agent.navigate(url ?? '', { from: `${ORIGIN}/` })
    expect(browser.agent.page?.url.href).toBe(`${ORIGIN}/`)
    expect(idp.live('Session')).toBe(0)
  })

  it('of the app alone says nothing to the IDP of its session', async () => {
    const { browser, idp } = await startBench()
    await browser.login('alice')
    expect(await logout(browser, { scope: 'app' })).toBeNull()
    expect((await browser.session()).authenticated).toBe(false)
    expect(idp.live('Session')).toBe(1)
    expect(idp.live('RefreshToken')).toBe(0)
  })

  it('of a page that alice left does not end the session of bob, who signed in since', async () => {
    const { browser } = await startBench()
    await browser.login('alice')
    const alices = browser.cookie('csrf') ?? ''
    await browser.login('bob', '/bff/login?return_to=/&prompt=login')
    const late = await browser.post('/bff/logout', {}, { csrf: alices })
    expect([late.status, (await problemOf(late))['code']]).toEqual([409, 'session_conflict'])
    expect(await browser.session()).toMatchObject({ authenticated: true, session: { user: { sub: 'bob' } } })
  })

  it('after the end of the session ends the one at the IDP, also from a page that has no token any more', async () => {
    const { browser, clock } = await startBench()
    await browser.login('alice')
    expect((await browser.post('/bff/logout', {}, { csrf: '1' })).status).toBe(403)
    expect((await browser.session()).authenticated).toBe(true)
    clock.advance(1801)
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'app_session_over' } })
    expect(browser.cookie('csrf')).toBeUndefined()
    expect((await logout(browser, {}, { csrf: '1' }))?.searchParams.get('post_logout_redirect_uri')).toBe(
      `${ORIGIN}/`,
    )
    expect(browser.cookie('session')).toBeUndefined()
  })

  it('by a client that the session is not bound to ends it, and is told nothing that it holds', async () => {
    const [chrome, firefox] = [
      'Mozilla/5.0 (Windows NT 10.0) Chrome/156.0',
      'Mozilla/5.0 (X11) Firefox/145.0',
    ]
    const { newBrowser } = await startBench()
    const [owner, thief] = [chrome, firefox].map((agent) => newBrowser({ 'user-agent': agent ?? '' }))
    if (owner === undefined || thief === undefined) throw new TypeError('two browsers')
    await owner.login('alice')
    steal(owner, thief)
    const url = await logout(thief, {}, { csrf: owner.cookie('csrf') ?? '' })
    expect(url?.searchParams.get('post_logout_redirect_uri')).toBe(`${ORIGIN}/`)
    expect([...(url?.searchParams.keys() ?? [])].filter((name) => name.includes('hint'))).toEqual([])
    expect(await owner.session()).toMatchObject({ authenticated: false, last: { ended_by: 'logout' } })
  })

  it('comes back to a path of the app, and to nowhere else', async () => {
    const { browser } = await startOddBench()
    await browser.login()
    for (const return_to of ['//evil.test', 'https://evil.test', '/bff/login', 7, '/\\evil']) {
      const answer = await browser.post('/bff/logout', { return_to })
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([400, 'invalid_request'])
    }
    expect((await browser.post('/bff/logout', { scope: 'everything' })).status).toBe(400)
    expect((await browser.session()).authenticated).toBe(true)
    const url = await logout(browser, { return_to: '/signed-out?x=1' })
    expect(url?.searchParams.get('post_logout_redirect_uri')).toBe(`${ORIGIN}/signed-out?x=1`)
  })

  it('twice is once: what was asked for is so', async () => {
    const { browser } = await startOddBench()
    await browser.login()
    const csrf = browser.cookie('csrf') ?? ''
    await logout(browser)
    const again = await browser.post('/bff/logout', {}, { csrf })
    expect(again.status).toBe(200)
  })

  it('is over here though the IDP does not answer, and says so soon', async () => {
    const { browser, idp } = await startOddBench(
      {},
      { bff: (base) => ({ ...base, idp: { ...base.idp, timeout: 6 } }) },
    )
    await browser.login()
    idp.traits.hangs = ['revocation', 'discovery']
    const started = performance.now()
    const url = await logout(browser)
    expect(performance.now() - started).toBeLessThan(5_900)
    expect(url?.pathname).toBe('/logout')
    expect((await browser.session()).authenticated).toBe(false)
  })

  it('from another site, or without the token, logs nobody out', async () => {
    const { browser, bff } = await startOddBench()
    await browser.login()
    const cookie = browser.agent.cookies.header({
      ...{ url: new URL(ORIGIN), method: 'POST', initiator: new URL(ORIGIN), topLevel: false },
    })
    const csrf = browser.cookie('csrf') ?? ''
    for (const headers of [
      { 'sec-fetch-site': 'cross-site', 'x-csrf-token': csrf },
      { 'sec-fetch-site': 'same-site', 'x-csrf-token': csrf },
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'same-origin', 'x-csrf-token': '1' },
      { 'x-csrf-token': csrf },
      { origin: 'null', 'x-csrf-token': csrf },
    ] as Record<string, string>[]) {
      const request = new Request(`${ORIGIN}/bff/logout`, {
        method: 'POST',
        headers: { ...headers, cookie: cookie ?? '' },
      })
      const answer = await bff.fetch(request)
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([403, 'csrf_failed'])
    }
    expect((await browser.session()).authenticated).toBe(true)
  })
})

describe('the hint of a logout', () => {
  it('is the client and the user where the ID token is to stay', async () => {
    const { browser } = await startBench({
      bff: (base) => ({ ...base, idp: { ...base.idp, idTokenHint: false } }),
    })
    await browser.login('alice')
    const params = (await logout(browser))?.searchParams
    expect(params?.has('id_token_hint')).toBe(false)
    expect(params?.get('client_id')).toBe(BFF_CLIENT_ID)
    expect(params?.get('logout_hint')).toBe('alice')
  })

  it('is the same where the ID token is too long for an address', async () => {
    const { browser } = await startOddBench({
      claimsSize: 20_000,
      user: { sub: 'alice', login_hint: 'opaque-hint' },
    })
    await browser.login()
    const params = (await logout(browser))?.searchParams
    expect(params?.has('id_token_hint')).toBe(false)
    expect(params?.get('logout_hint')).toBe('opaque-hint')
  })
})

describe('a provider without an end-session endpoint', () => {
  it('gets no address to go to, and the session is over', async () => {
    const { browser, idp } = await startOddBench({
      metadata: { end_session_endpoint: undefined, revocation_endpoint: undefined },
    })
    await browser.login()
    expect(await logout(browser)).toBeNull()
    expect((await browser.session()).authenticated).toBe(false)
    await vi.waitFor(() => expect(idp.count('revocation')).toBe(0))
  })
})
