import { describe, expect, it } from 'vitest'
import type { RouteHandler } from '../../src/bff/bff.js'
import { NetworkError, SessionEndedError } from '../../src/errors.js'
import type { Criteria } from '../../src/session/session.js'
import { ORIGIN, problemOf, startBench, startOddBench } from './bench.js'
import type { BffBench, Browser } from './bench.js'

const page: RouteHandler = (_, { session }) => new Response(`hello ${session.user.sub}`)

/** Serves an own route at `/page` of the app, beside the doors. */
function serve({ bff, browser }: BffBench, handler: RouteHandler = page, criteria?: Criteria): Browser {
  const route = bff.protect(handler, criteria)
  browser.agent.handle(ORIGIN, (request) => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/bff/')) return bff.fetch(request)
    return pathname.startsWith('/page') ? route(request) : new Response('the app')
  })
  return browser
}

describe('an own route behind the session', () => {
  it('sends a stranger’s visit to log in, and back', async () => {
    const browser = serve(await startBench())
    const login = await browser.agent.navigate(`${ORIGIN}/page?x=1`, { from: null })
    expect(login.visited.map((url) => url.pathname).slice(0, 2)).toEqual(['/page', '/bff/login'])
    const back = await browser.agent.login('alice')
    expect(back.url.href).toBe(`${ORIGIN}/page?x=1`)
    expect(back.text).toBe('hello alice')
    expect(back.headers.get('x-request-id')).toMatch(/^[\w-]{22}$/)
    expect(back.headers.has('x-tandem')).toBe(false)
    expect(back.headers.get('cache-control')).toBe('no-store')
  })

  it('is visited from another site while signed in, with one reload and no login', async () => {
    const bench = await startOddBench()
    const browser = serve(bench)
    await browser.login()
    const asked = bench.idp.count('authorization')
    for (const from of ['https://mail.test/inbox', 'https://news.test/']) {
      const visit = await browser.agent.navigate(`${ORIGIN}/page?a=1&b=%22%3E`, { from })
      expect(visit.text).toMatch(/^hello /)
      expect(visit.visited.map((url) => url.pathname + url.search)).toEqual(
        Array(2).fill('/page?a=1&b=%22%3E'),
      )
    }
    expect(bench.idp.count('authorization')).toBe(asked)
  })

  it('is not reloaded for a stranger from another site, nor more than once for a stale hint', async () => {
    const bench = await startOddBench()
    const browser = serve(bench)
    const stranger = await browser.agent.navigate(`${ORIGIN}/page`, {
      from: 'https://mail.test/',
      stopAt: (url) => url.origin !== ORIGIN,
    })
    expect(stranger.visited.map((url) => url.pathname)).toEqual(['/page', '/bff/login', '/authorize'])
    browser.agent.cookies.set(new URL(ORIGIN), '__Host-hint=1; Path=/; Secure')
    const stale = await browser.agent.navigate(`${ORIGIN}/page`, {
      from: 'https://mail.test/',
      stopAt: (url) => url.origin !== ORIGIN,
    })
    expect(stale.visited.map((url) => url.pathname)).toEqual(['/page', '/page', '/bff/login', '/authorize'])
  })

  it('never redirects an address that says the login failed', async () => {
    const browser = serve(await startOddBench({ authorizationError: 'access_denied' }))
    const failed = await browser.agent.navigate(`${ORIGIN}/page?x=1?y`, { from: `${ORIGIN}/` })
    expect(failed.url.href).toBe(`${ORIGIN}/page?x=1?y&login_error=access_denied`)
    expect(failed.status).toBe(401)
    expect(failed.headers.get('content-type')).toContain('text/html')
    expect(failed.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(failed.text).toContain('href="/bff/login?return_to=%2Fpage%3Fx%3D1%3Fy"')
  })

  it('is shown to who comes back signed in as before, from a step-up that failed', async () => {
    const bench = await startOddBench()
    const browser = serve(bench)
    await browser.login()
    bench.idp.traits.authorizationError = 'access_denied'
    const back = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/page&acr_values=mfa`, {
      from: `${ORIGIN}/`,
    })
    expect(back.url.href).toBe(`${ORIGIN}/page?login_error=access_denied`)
    expect(back.text).toBe('hello alice')
    await bench.bff.sessions.end({ sub: 'alice' })
    const late = await browser.agent.navigate(back.url, { from: 'https://mail.test/' })
    expect([late.status, late.visited.length]).toEqual([401, 2])
  })

  it('answers whatever is no visit with a problem', async () => {
    const browser = serve(await startOddBench())
    for (const method of ['GET', 'POST'])
      for (const csrf of [null, '1', 'anything']) {
        const answer = await browser.fetch('/page', { method, csrf })
        expect(answer.headers.get('x-tandem')).toBe('1')
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
        expect([answer.status, (await problemOf(answer))['code']]).toEqual([401, 'login_required'])
      }
  })

  it('tells a client that says nothing of itself the same, unless it brings a session', async () => {
    const bench = await startOddBench()
    const { browser, bff } = bench
    await browser.login()
    const post = (headers: Record<string, string>) =>
      bff.protect(page)(new Request(`${ORIGIN}/page`, { method: 'POST', headers }))
    expect((await post({})).status).toBe(401)
    const cookie = `__Host-Http-session=${browser.cookie('session')}`
    const csrf = browser.cookie('csrf') ?? ''
    expect((await post({ cookie, 'x-csrf-token': csrf })).status).toBe(403)
    expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  })

  it('is written to with the token of its session alone', async () => {
    const browser = serve(await startBench())
    await browser.login('alice')
    const alices = browser.cookie('csrf') ?? ''
    expect((await browser.post('/page', {})).status).toBe(200)
    expect((await browser.post('/page', {}, { csrf: null })).status).toBe(403)
    await browser.login('bob', '/bff/login?return_to=/&prompt=login')
    const late = await browser.post('/page', {}, { csrf: alices })
    expect([late.status, (await problemOf(late))['code']]).toEqual([409, 'session_conflict'])
    expect((await browser.fetch('/page', { csrf: alices })).status).toBe(409)
    const form = await browser.agent.navigate(`${ORIGIN}/page`, {
      method: 'POST',
      from: 'https://evil.test/',
    })
    expect(form.status).toBe(403)
  })

  it('steps up a visit that needs more, and comes back', async () => {
    const browser = serve(await startBench(), page, { acr: 'mfa', maxAge: 600 })
    await browser.login('alice')
    const asked = await browser.agent.navigate(`${ORIGIN}/page`, { from: `${ORIGIN}/` })
    const login = asked.visited.find((url) => url.pathname === '/bff/login')
    expect(Object.fromEntries(login?.searchParams ?? [])).toEqual({
      return_to: '/page',
      acr_values: 'mfa',
      max_age: '600',
    })
    expect((await browser.agent.login('alice')).text).toBe('hello alice')
    const script = await browser.fetch('/page')
    expect(script.status).toBe(200)
  })

  it('challenges a script that needs more, and refuses who can never have it', async () => {
    const bench = await startBench()
    const browser = serve(bench, page, { acr: 'phr' })
    await browser.login('alice')
    const challenge = await browser.fetch('/page')
    expect(challenge.status).toBe(401)
    expect(challenge.headers.get('www-authenticate')).toContain('acr_values="phr"')
    serve(bench, page, { roles: 'superuser' })
    expect((await browser.fetch('/page')).status).toBe(403)
    const visit = await browser.agent.navigate(`${ORIGIN}/page`, { from: `${ORIGIN}/` })
    expect(visit.status).toBe(403)
  })

  it('stops where the step-up comes back without what was asked', async () => {
    const browser = serve(await startOddBench({ acr: 'pwd' }), page, { acr: 'mfa' })
    const stopped = await browser.agent.navigate(`${ORIGIN}/page`, { from: `${ORIGIN}/` })
    expect(stopped.url.href).toBe(`${ORIGIN}/page?login_error=login_loop`)
    expect(stopped.status).toBe(401)
  })

  it('is a use of the session: its idle end moves', async () => {
    const bench = await startOddBench()
    const browser = serve(bench)
    await browser.login()
    const { app } = await browser.signedIn()
    bench.clock.advance(1000)
    expect((await browser.fetch('/page')).status).toBe(200)
    expect((await browser.signedIn()).app.idle_ends_at).toBeGreaterThan((app.idle_ends_at ?? 0) + 900_000)
  })

  it('gets the user’s access token, renewed where it is due', async () => {
    const bench = await startBench({ idp: { resources: ['urn:test:orders'] } })
    const browser = serve(bench, async (_, { accessToken }) =>
      Response.json([await accessToken(), await accessToken()]),
    )
    await browser.login('alice')
    bench.clock.advance(310)
    const [one, two] = (await (await browser.fetch('/page')).json()) as string[]
    expect(one).toMatch(/^eyJ/)
    expect(two).toBe(one)
    expect(bench.idp.tokenRequests).toHaveLength(2)
  })

  it('is told why where there is no token any more', async () => {
    const bench = await startBench()
    const failures: unknown[] = []
    const browser = serve(bench, async (_, { accessToken }) => {
      await accessToken().catch((error: unknown) => failures.push(error))
      bench.clock.advance(310)
      await bench.idp.down()
      await accessToken().catch((error: unknown) => failures.push(error))
      await bench.idp.up()
      await bench.bff.sessions.end({ sub: 'alice' })
      await accessToken().catch((error: unknown) => failures.push(error))
      return new Response('done')
    })
    await browser.login('alice')
    expect((await browser.fetch('/page')).status).toBe(200)
    const [down, ended] = failures
    expect(failures).toHaveLength(2)
    expect(down).toBeInstanceOf(NetworkError)
    expect(ended).toBeInstanceOf(SessionEndedError)
    expect(ended).toMatchObject({ reason: 'revoked' })
  })

  it('cannot speak as the BFF, and keeps what it says of caching', async () => {
    const browser = serve(
      await startOddBench(),
      () =>
        new Response('x', {
          headers: { 'x-tandem': '1', 'x-request-id': 'mine', 'cache-control': 'private, max-age=60' },
        }),
    )
    await browser.login()
    await browser.session()
    const answer = await browser.fetch('/page')
    expect(answer.headers.has('x-tandem')).toBe(false)
    expect(answer.headers.get('x-request-id')).not.toBe('mine')
    expect(answer.headers.get('cache-control')).toBe('private, max-age=60')
    expect(answer.headers.get('vary')).toBe('Cookie')
  })

  it('is not shown in a frame of another site, nor given to a script there', async () => {
    const bench = await startOddBench()
    const browser = serve(bench)
    await browser.login()
    const cookie = `__Host-Http-session=${browser.cookie('session')}`
    const route = bench.bff.protect(page)
    for (const headers of [
      { 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' },
    ]) {
      const answer = await route(new Request(`${ORIGIN}/page`, { headers: { ...headers, cookie } }))
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([403, 'csrf_failed'])
    }
  })
})
