import { describe, expect, it } from 'vitest'
import { ORIGIN, problemOf, startBench, startOddBench } from '../bff/bench.js'

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

  it('asks the provider with PKCE, state and nonce, new every time, and with no more than is allowed', async () => {
    const { bff, idp } = await startBench()
    const ask = async (query: string) => {
      const answer = await bff.fetch(new Request(`${ORIGIN}/bff/login?${query}`))
      expect(answer.status).toBe(303)
      const address = new URL(answer.headers.get('location') ?? '')
      expect(address.origin).toBe(idp.origin)
      return address.searchParams
    }
    const injected =
      'redirect_uri=https://evil.test&scope=admin&client_id=x&request=y&response_mode=fragment&nonce=1'
    const params = await ask(
      `${injected}&code_challenge=z&prompt=login&login_hint=bob&max_age=60&acr_values=mfa&ui_locales=de+en&resource=urn:a&resource=urn:b`,
    )
    expect(Object.fromEntries(params)).toMatchObject({
      response_type: 'code',
      client_id: 'tandem-bff',
      redirect_uri: `${ORIGIN}/bff/callback`,
      scope: 'openid profile offline_access',
      code_challenge_method: 'S256',
      prompt: 'login',
      login_hint: 'bob',
      max_age: '60',
      acr_values: 'mfa',
      ui_locales: 'de en',
    })
    expect(params.getAll('resource')).toEqual(['urn:a', 'urn:b'])
    expect(params.has('request')).toBe(false)
    expect(params.has('response_mode')).toBe(false)

    const others = await Promise.all(Array.from({ length: 20 }, () => ask('')))
    for (const name of ['state', 'nonce', 'code_challenge']) {
      const values = new Set(others.map((other) => other.get(name)))
      expect(values.size).toBe(20)
      expect([...values].every((value) => (value?.length ?? 0) >= 22)).toBe(true)
    }
  })

  it('adds what is configured, and lets prompts stand beside each other, but not beside none', async () => {
    const { bff } = await startBench({
      bff: (base) => ({
        ...base,
        idp: { ...base.idp, authorizationParams: { prompt: 'consent', audience: 'api', acr_values: 'pwd' } },
      }),
    })
    const ask = async (query: string) => {
      const answer = await bff.fetch(new Request(`${ORIGIN}/bff/login?${query}`))
      return Object.fromEntries(new URL(answer.headers.get('location') ?? '').searchParams)
    }
    expect(await ask('')).toMatchObject({ prompt: 'consent', audience: 'api', acr_values: 'pwd' })
    expect(await ask('prompt=login&acr_values=mfa')).toMatchObject({
      prompt: 'login consent',
      acr_values: 'mfa',
    })
    expect(await ask('prompt=none')).toMatchObject({ prompt: 'none' })
  })

  it.each([
    'return_to=//evil.test',
    'return_to=https://evil.test/',
    'return_to=/bff/logout',
    'return_to=/a&return_to=/b',
    `return_to=/${'a'.repeat(2048)}`,
    'max_age=-1',
    'max_age=x',
    'prompt=none+login',
    'prompt=%0d%0a',
    `login_hint=${'x'.repeat(2000)}`,
    'acr_values=a%00',
    'resource=relative',
    'resource=https://a.test/%23x',
  ])('refuses ?%s with 400', async (query) => {
    const { bff } = await startOddBench()
    const answer = await bff.fetch(new Request(`${ORIGIN}/bff/login?${query}`))
    expect(answer.status).toBe(400)
    expect(await problemOf(answer)).toMatchObject({ code: 'invalid_request' })
    expect(answer.headers.has('set-cookie')).toBe(false)
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

  it('keeps the newest four logins, and forgets the oldest', async () => {
    const { browser } = await startOddBench()
    const pending: URL[] = []
    for (let i = 0; i < 5; i++) {
      const stop = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/${i}`, {
        from: `${ORIGIN}/`,
        stopAt: (url) => url.pathname === '/bff/callback',
      })
      pending.push(stop.url)
    }
    const finish = async (i: number) =>
      (await browser.agent.navigate(pending[i] ?? '', { from: 'http://localhost' })).url
    expect((await finish(0)).href).toBe(`${ORIGIN}/?login_error=stale_callback`)
    for (const i of [1, 3]) expect((await finish(i)).href).toBe(`${ORIGIN}/${i}`)
  })

  it('never makes a login cookie a browser would refuse', async () => {
    const { browser } = await startOddBench()
    for (let i = 0; i < 6; i++) {
      const returnTo = `/${i}`.padEnd(2048, 'x')
      await browser.agent.navigate(
        `${ORIGIN}/bff/login?return_to=${returnTo}&resource=urn:${'r'.repeat(500)}`,
        {
          from: `${ORIGIN}/`,
          stopAt: (url) => url.origin !== ORIGIN,
        },
      )
      const value = browser.cookie('login') ?? ''
      expect(value.length).toBeGreaterThan(0)
      expect('__Host-Http-login='.length + value.length).toBeLessThanOrEqual(4096)
    }
  })
})

describe('a login of somebody who is signed in', () => {
  it('is a new session; the one it was started from ends, though its cookie does not come along', async () => {
    const { browser, bff, newBrowser } = await startBench()
    await browser.login('alice')
    const [before, ref] = [browser.cookie('session') ?? '', (await browser.signedIn()).ref]
    await browser.login('alice', '/bff/login?return_to=/&prompt=login')
    expect(browser.cookie('session')).not.toBe(before)
    expect((await browser.signedIn()).ref).not.toBe(ref)

    const thief = newBrowser()
    thief.agent.cookies.set(new URL(ORIGIN), `__Host-Http-session=${before}; Secure; HttpOnly; Path=/`)
    expect(await thief.session()).toEqual({
      authenticated: false,
      last: { ended_by: 'replaced', at: expect.any(Number) },
    })
    expect(await bff.sessions.list({ sub: 'alice' })).toHaveLength(1)
  })

  it('as another user ends the first one’s session as user_changed', async () => {
    const { browser, bff, newBrowser } = await startBench()
    await browser.login('alice')
    const before = browser.cookie('session') ?? ''
    await browser.login('bob', '/bff/login?return_to=/&prompt=login')
    expect((await browser.signedIn()).user.sub).toBe('bob')
    const late = newBrowser()
    late.agent.cookies.set(new URL(ORIGIN), `__Host-Http-session=${before}; Secure; HttpOnly; Path=/`)
    expect(await late.session()).toMatchObject({ last: { ended_by: 'user_changed' } })
    expect(await bff.sessions.list({ sub: 'alice' })).toEqual([])
  })

  it('that fails leaves the session as it was', async () => {
    const { browser } = await startBench()
    await browser.login('alice')
    const { ref } = await browser.signedIn()
    await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app&prompt=login`, { from: `${ORIGIN}/` })
    const back = await browser.agent.cancelLogin()
    expect(back.url.href).toBe(`${ORIGIN}/app?login_error=access_denied`)
    expect((await browser.signedIn()).ref).toBe(ref)
  })
})
