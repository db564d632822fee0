import { describe, expect, it } from 'vitest'
import { ORIGIN, problemOf, startBench, startOddBench } from '../bench.js'

describe('a login through the BFF', () => {
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

describe('a login that fails', () => {
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
