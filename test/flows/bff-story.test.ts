import { describe, expect, it } from 'vitest'
import type { LogoutAnswer } from '../../src/protocol.js'
import { ORIGIN, problemOf, startBench } from '../bff/bench.js'

describe('a login through the BFF', () => {
  it('ends signed in, where it was begun, with hardened cookies and no token in sight', async () => {
    const { browser, idp } = await startBench()
    expect(await browser.session()).toEqual({ authenticated: false })
    const back = await browser.login('alice', '/bff/login?return_to=%2Fapp%3Fx%3D1%23top')
    expect(back.href).toBe(`${ORIGIN}/app?x=1#top`)

    const session = await browser.signedIn()
    expect(session.user.sub).toBe('alice')
    expect(session.idp).toMatchObject({ status: 'active', sid: expect.any(String) })
    expect(session.access).toMatchObject({ extendable: true, audience: ['urn:tandem:demo-api'] })
    expect(session.authentication.time).toBeGreaterThan(Date.now() - 60_000)

    const cookies = browser.agent.cookies.all(ORIGIN)
    expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]).sort()).toEqual([
      ['__Host-Http-session', true, 'strict'],
      ['__Host-csrf', false, 'strict'],
      ['__Host-hint', false, 'lax'],
    ])
    expect(cookies.every((cookie) => cookie.secure && cookie.hostOnly && cookie.path === '/')).toBe(true)
    expect(cookies.every((cookie) => cookie.expiresAt === null)).toBe(true)
    expect(browser.cookie('session')).toMatch(/^[\w-]{43}$/)
    expect(idp.tokenRequests).toHaveLength(1)
  })

  it('goes on by itself over three expiries, calls an API, and ends at both places', async () => {
    const { browser, idp, api, clock } = await startBench()
    await browser.login('alice')
    const { ref } = await browser.signedIn()
    for (let expiry = 1; expiry <= 3; expiry++) {
      clock.advance(301)
      expect((await browser.fetch(`/bff/api/echo/${expiry}`)).status).toBe(200)
      expect(idp.tokenRequests).toHaveLength(1 + expiry)
    }
    expect((await browser.signedIn()).ref).toBe(ref)
    expect(new Set(api.calls.map(({ headers }) => headers.authorization)).size).toBe(3)
    const { end_session_url: url } = (await (await browser.post('/bff/logout')).json()) as LogoutAnswer
    await browser.agent.navigate(url ?? '', { from: `${ORIGIN}/` })
    expect(browser.agent.page?.url.href).toBe(`${ORIGIN}/`)
    expect(await browser.session()).toEqual({ authenticated: false })
    expect([idp.live('Session'), idp.live('RefreshToken')]).toEqual([0, 0])
  })

  it('lets no token out: not in a body, a header, a readable cookie or an address', async () => {
    const { browser, bff, clock } = await startBench()
    const seen: string[] = []
    browser.agent.handle(ORIGIN, async (request) => {
      const answer = new URL(request.url).pathname.startsWith('/bff/')
        ? await bff.fetch(request)
        : new Response('app')
      seen.push(request.url, await answer.clone().text(), JSON.stringify([...answer.headers]))
      return answer
    })
    await browser.login('alice')
    await browser.signedIn()
    clock.advance(301)
    await browser.post('/bff/refresh')
    await browser.fetch('/bff/api/nothing/x')
    seen.push(browser.agent.cookies.readable(new URL(ORIGIN)))
    await browser.post('/bff/logout', { scope: 'app' })
    // The provider's tokens are JWTs; its opaque ones have 43 characters, as our session cookie has, which is HttpOnly.
    const text = seen.join('\n').replaceAll(/__Host-Http-(?:session|login)=[\w.-]*/g, '')
    expect(seen.length).toBeGreaterThan(15)
    expect(text).not.toMatch(/eyJ|refresh_token|access_token"|id_token/)
  })

  it('signs in two tabs that began at once, and both are signed in as who came last', async () => {
    const { browser, idp } = await startBench()
    const other = browser.newTab()
    await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/one`, { from: `${ORIGIN}/` })
    await other.agent.navigate(`${ORIGIN}/bff/login?return_to=/two`, { from: `${ORIGIN}/` })
    expect((await browser.agent.login('alice')).url.pathname).toBe('/one')
    const first = await browser.signedIn()
    expect((await other.agent.login('alice')).url.pathname).toBe('/two')
    const second = await other.signedIn()
    expect(second.user.sub).toBe('alice')
    expect(second.ref).not.toBe(first.ref)
    expect((await browser.signedIn()).ref).toBe(second.ref)
    expect(idp.count('token')).toBe(2)
  })
})

describe('a call through the BFF', () => {
  it('of alice, queued and sent after bob signed in, is refused and reaches no upstream', async () => {
    const { browser, api } = await startBench()
    await browser.login('alice')
    const alices = browser.cookie('csrf') ?? ''
    await browser.login('bob', '/bff/login?return_to=/&prompt=login')
    for (const call of [
      browser.post('/bff/api/echo/transfer', { amount: 1 }, { csrf: alices }),
      browser.fetch('/bff/api/echo/orders', { csrf: alices }),
      browser.post('/bff/refresh', {}, { csrf: alices }),
      browser.post('/bff/logout', {}, { csrf: alices }),
    ]) {
      const answer = await call
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([409, 'session_conflict'])
    }
    expect(api.calls).toEqual([])
    expect((await browser.signedIn()).user.sub).toBe('bob')
    const told = await browser.fetch('/bff/session', { csrf: alices })
    expect(await told.json()).toMatchObject({ authenticated: true, session: { user: { sub: 'bob' } } })
  })
})
