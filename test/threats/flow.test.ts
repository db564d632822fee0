/** The login, from the address at the provider to the answer that comes back. */
import { expect, it } from 'vitest'
import { createBff } from '../../src/bff/bff.js'
import { BY_LINK } from './visitor.js'
import type { Visitor } from './visitor.js'
import { testWorld } from './world.js'
import type { World } from './world.js'

const codes = ({ idp }: World): string[] => idp.tokenCalls.map(({ params }) => String(params['code']))

/** The same login cookie, held by somebody who kept a copy. */
const copyOf = (world: World, browser: Visitor): Visitor => {
  const copy = world.visitor()
  for (const [name, value] of browser.jar) copy.jar.set(name, value)
  return copy
}

it('T23 an answer that comes again is worth nothing: no second token request, no second session', async () => {
  const world = await testWorld()
  const alice = world.visitor()
  const callback = await alice.authorize(await alice.beginLogin())
  const kept = copyOf(world, alice)
  expect((await alice.comeBack(callback)).header('location')).toBe('/app')
  const before = await alice.session()

  expect((await alice.comeBack(callback)).header('location')).toBe('/')
  expect((await alice.call(callback)).json()).toMatchObject({ code: 'stale_callback' })
  expect(codes(world)).toHaveLength(1)
  // The browser gave up the first visit, and comes with the cookie of before: the same session.
  await kept.comeBack(callback)
  expect(codes(world)).toHaveLength(1)
  expect(kept.cookie('session')).toBe(alice.cookie('session'))
  expect(await alice.session()).toMatchObject({ session: (before as { session: object }).session })
})

it('T24 an answer in another browser: no token request, no session', async () => {
  const world = await testWorld()
  const [alice, mallory] = [world.visitor(), world.visitor()]
  const callback = await alice.authorize(await alice.beginLogin())
  await mallory.beginLogin()
  expect((await mallory.comeBack(callback)).header('location')).toBe('/?login_error=stale_callback')
  expect((await mallory.call(callback)).status).toBe(400)
  // A login cookie that was changed, or is of no use any more, is none.
  const cookie = mallory.cookie('login')
  for (const changed of [`${cookie.slice(0, -2)}AA`, 'x', '', cookie.slice(1), `A${cookie}`]) {
    mallory.jar.set('__Host-Http-login', changed)
    expect((await mallory.comeBack(callback)).header('location')).toBe('/?login_error=stale_callback')
  }
  expect(codes(world)).toEqual([])
})

it('T25 a code of somebody else’s login is refused by PKCE, and by the nonce where a provider does not look', async () => {
  const world = await testWorld()
  const [alice, mallory] = [world.visitor(), world.visitor()]
  const stolen = new URLSearchParams((await alice.authorize(await alice.beginLogin())).split('?')[1])
  const own = new URLSearchParams((await mallory.authorize(await mallory.beginLogin())).split('?')[1])
  own.set('code', stolen.get('code') ?? '')
  const answer = await mallory.comeBack(`/bff/callback?${own}`)
  expect(answer.header('location')).toBe('/app?login_error=invalid_grant')
  expect(answer.all('set-cookie').join()).not.toContain('session=')
  world.idp.traits.idTokenFlaws = ['wrong_nonce']
  expect((await mallory.signIn()).header('location')).toBe('/app?login_error=id_token_invalid')
  expect(await mallory.session()).toEqual({ authenticated: false })
})

it('T26 the same answer twenty times at once: one token request, one session', async () => {
  const world = await testWorld()
  const alice = world.visitor()
  const callback = await alice.authorize(await alice.beginLogin())
  const all = Array.from({ length: 20 }, () => copyOf(world, alice))
  const answers = await Promise.all(all.map((one) => one.comeBack(callback)))
  expect(new Set(answers.map((answer) => answer.header('location')))).toEqual(new Set(['/app']))
  expect(codes(world)).toHaveLength(1)
  expect(new Set(all.map((one) => one.cookie('session'))).size).toBe(1)
})

it.each(['wrong', 'missing'] as const)(
  'T27 an answer with the issuer %s: the code goes to nobody',
  async (iss) => {
    const world = await testWorld({ traits: { callbackIss: iss } })
    const alice = world.visitor()
    expect((await alice.signIn()).header('location')).toBe('/app?login_error=issuer_mismatch')
    world.idp.traits.authorizationError = 'access_denied'
    expect((await alice.signIn()).header('location')).toBe('/app?login_error=issuer_mismatch')
    expect(codes(world)).toEqual([])
  },
)

it('T27 an issuer that differs by a slash, a port or in case is another one; and so is one that was not announced', async () => {
  const world = await testWorld({ traits: { callbackIss: 'missing' } })
  const { issuer } = world.idp
  const others = [`${issuer}/`, issuer.toUpperCase(), issuer.replace(/:\d+$/, ''), '', `${issuer}#`]
  for (const iss of others) {
    const alice = world.visitor()
    const callback = await alice.authorize(await alice.beginLogin())
    const answer = await alice.comeBack(`${callback}&iss=${encodeURIComponent(iss)}`)
    expect(answer.header('location')).toBe('/app?login_error=issuer_mismatch')
  }
  const silent = await testWorld({
    traits: { metadata: { authorization_response_iss_parameter_supported: false } },
  })
  silent.idp.traits.callbackIss = 'wrong'
  expect((await silent.visitor().signIn()).header('location')).toBe('/app?login_error=issuer_mismatch')
  expect([...codes(world), ...codes(silent)]).toEqual([])
})

it('T28 every login has S256 and secrets of its own, whatever the provider or the configuration says', async () => {
  const world = await testWorld({ traits: { metadata: { code_challenge_methods_supported: ['plain'] } } })
  const seen = new Set<string>()
  for (let i = 0; i < 20; i++) {
    const { searchParams } = await world.visitor().beginLogin()
    expect(searchParams.get('code_challenge_method')).toBe('S256')
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(searchParams.get(name)).toMatch(/^[\w-]{22,}$/)
      seen.add(searchParams.get(name) ?? '')
    }
  }
  expect(seen.size).toBe(60)
  const { issuer } = world.idp
  for (const name of [
    'code_challenge',
    'code_challenge_method',
    'response_type',
    'request',
    'state',
    'nonce',
  ])
    expect(() =>
      createBff({
        origin: 'https://app.test',
        idp: {
          issuer,
          clientId: 'odd',
          clientSecret: 'test-secret',
          authorizationParams: { [name]: 'plain' },
        },
        secrets: ['test-secret-of-at-least-32-characters'],
        store: 'memory:',
      }),
    ).toThrow(name)
})

it('T29 only known parameters of /login reach the provider; those of the BFF are its own', async () => {
  const world = await testWorld()
  const own = (await world.visitor().beginLogin('')).searchParams
  const pushed = {
    ...{
      redirect_uri: 'https://evil.example/',
      scope: 'openid admin',
      client_id: 'evil',
      response_mode: 'fragment',
    },
    ...{
      response_type: 'token',
      request: 'x.y.z',
      request_uri: 'https://evil.example/',
      nonce: '1',
      state: '2',
    },
    ...{
      code_challenge: 'x',
      code_challenge_method: 'plain',
      id_token_hint: 'x',
      claims: '{}',
      audience: 'evil',
    },
    ...{ registration: '{}', display: 'popup', __proto__x: '1', 'login_hint[]': 'x' },
    ...{ login_hint: 'alice', ui_locales: 'de', acr_values: 'mfa', prompt: 'login' },
  }
  const { searchParams } = await world.visitor().beginLogin(`?${new URLSearchParams(pushed)}`)
  expect(Object.fromEntries(searchParams)).toEqual({
    ...Object.fromEntries(own),
    ...{ login_hint: 'alice', ui_locales: 'de', acr_values: 'mfa', prompt: 'login' },
    ...Object.fromEntries(['state', 'nonce', 'code_challenge'].map((name) => [name, searchParams.get(name)])),
  })
  for (const value of ['a\r\nb', 'a\0b', 'x'.repeat(600)]) {
    const answer = await world.visitor().visit(`/bff/login?login_hint=${encodeURIComponent(value)}`)
    expect(answer.status).toBe(400)
  }
})

it('T30 what the provider says of an error is shown nowhere', async () => {
  const world = await testWorld()
  const texts = { error_description: '<script>alert(1)</script>', error_uri: 'https://evil.example/' }
  const errors = [
    'access_denied',
    '<script>alert(1)</script>',
    'x'.repeat(10_000),
    'a\r\nSet-Cookie: x=1',
    '',
  ]
  for (const error of errors) {
    const alice = world.visitor()
    const state = (await alice.beginLogin()).searchParams.get('state') ?? ''
    const params = new URLSearchParams({ error, state, iss: world.idp.issuer, ...texts })
    for (const path of [
      `/bff/callback?${params}`,
      `/bff/callback?${new URLSearchParams({ error, ...texts })}`,
    ]) {
      const answer = await alice.comeBack(path)
      expect([303, 431]).toContain(answer.status)
      if (answer.status === 303)
        expect(answer.header('location')).toMatch(/^\/(app)?\?login_error=[\w.-]{1,64}$/)
      expect(answer.bytes).not.toMatch(/script|evil|x{100}/i)
      expect(answer.all('set-cookie').join()).not.toContain('x=1')
    }
  }
  expect(codes(world)).toEqual([])
})

it('T31 tokens in an answer are not looked at, and a form from elsewhere comes back as a visit', async () => {
  const world = await testWorld()
  const alice = world.visitor()
  const callback = await alice.authorize(await alice.beginLogin())
  const form = callback.split('?')[1] ?? ''
  const posted = await alice.send('/bff/callback', {
    method: 'POST',
    headers: { ...BY_LINK, Cookie: '', 'Content-Type': 'application/x-www-form-urlencoded' },
    body: `${form}&extra=1&code_verifier=x`,
  })
  const back = posted.header('location') ?? ''
  expect([posted.status, posted.all('set-cookie')]).toEqual([303, []])
  // Sealed: nobody reads a code in an address.
  expect(back).toMatch(/^\/bff\/callback\?form=[\w.-]+$/)
  expect(back).not.toContain(new URLSearchParams(form).get('code') ?? form)
  const state = new URLSearchParams(form).get('state') ?? ''
  const iss = encodeURIComponent(world.idp.issuer)
  expect((await world.visitor().comeBack(back)).header('location')).toBe('/?login_error=stale_callback')
  for (const extra of ['&access_token=x&id_token=y', '&response=x.y.z'])
    expect(
      (await copyOf(world, alice).comeBack(`/bff/callback?state=${state}&iss=${iss}${extra}`)).header(
        'location',
      ),
    ).toMatch(/^\/app\?login_error=\w+$/)
  expect(codes(world)).toEqual([])
})
