import { describe, expect, it } from 'vitest'
import { ORIGIN, startBench, startOddBench } from '../bff/bench.js'
import type { Traits } from '../support/misbehaving-provider.js'

/** Issue 7, item 10: providers differ, and it works on them all the same. */
const differing: [string, Partial<Traits>][] = [
  ['no sid', { sid: null }],
  ['no rotation of refresh tokens', { rotates: false }],
  ['a refresh without a new refresh token', { rotates: false, refreshAnswersRefreshToken: false }],
  ['a refresh without an ID token', { refreshAnswersIdToken: false }],
  ['claims of 20 kB', { claimsSize: 20_000 }],
  ['no end-session endpoint', { metadata: { end_session_endpoint: undefined } }],
  [
    'client_secret_post alone, by its metadata',
    { onlyClientAuth: 'post', metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] } },
  ],
  ['client_secret_basic alone', { onlyClientAuth: 'basic' }],
  [
    'client_secret_basic by default',
    { onlyClientAuth: 'basic', metadata: { token_endpoint_auth_methods_supported: undefined } },
  ],
  ['opaque access tokens', { accessToken: 'opaque' }],
  ['another letter case in token_type', { tokenType: 'BEARER' }],
  [
    'no issuer in its answers, and none announced',
    { callbackIss: 'missing', metadata: { authorization_response_iss_parameter_supported: undefined } },
  ],
  [
    'metadata without optional fields',
    {
      metadata: Object.fromEntries(
        [
          ...['userinfo_endpoint', 'revocation_endpoint', 'end_session_endpoint', 'response_modes_supported'],
          ...[
            'grant_types_supported',
            'token_endpoint_auth_methods_supported',
            'code_challenge_methods_supported',
          ],
          ...['scopes_supported', 'claims_supported', 'authorization_response_iss_parameter_supported'],
          ...['id_token_signing_alg_values_supported', 'subject_types_supported'],
        ].map((name) => [name, undefined]),
      ),
    },
  ],
  [
    'members of its metadata nobody knows',
    { metadata: { weather_endpoint: 'https://weather.test', x: null } },
  ],
]

describe('a provider with', () => {
  it.each(differing)('%s: login, call, refresh and logout work', async (_, traits) => {
    const { browser, clock, idp } = await startOddBench({ clientSecret: 'test-secret', ...traits })
    expect((await browser.login()).href).toBe(`${ORIGIN}/app`)
    const session = await browser.signedIn()
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    for (let i = 0; i < 3; i++) {
      clock.advance(301)
      expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    }
    expect(idp.tokenCalls).toHaveLength(4)
    expect((await browser.signedIn()).ref).toBe(session.ref)
    expect((await browser.post('/bff/logout')).status).toBe(200)
    expect((await browser.session()).authenticated).toBe(false)
  })

  it('no refresh tokens: the session lasts as long as its access token', async () => {
    const { browser, clock } = await startOddBench({ issuesRefreshToken: false })
    await browser.login()
    expect((await browser.signedIn()).access.extendable).toBe(false)
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    clock.advance(301)
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'idp_session_over' } })
  })

  it.each([
    [undefined, 300],
    [null, 300],
    [0, 300],
    [-5, 300],
    ['600', 600],
    ['soon', 300],
    [1e12, 365 * 24 * 3600],
  ])('expires_in %j: access lasts for %d s', async (expiresIn, seconds) => {
    const { browser } = await startOddBench({ expiresIn })
    await browser.login()
    const { access } = await browser.signedIn()
    expect(Math.abs(access.expires_at - Date.now() - seconds * 1000)).toBeLessThan(20_000)
  })

  it('an access token that is opaque and does not say how long it lives: five minutes', async () => {
    const { browser } = await startOddBench({ expiresIn: undefined, accessToken: 'opaque' })
    await browser.login()
    const { access } = await browser.signedIn()
    expect(Math.abs(access.expires_at - Date.now() - 300_000)).toBeLessThan(20_000)
    expect(access).toMatchObject({ audience: [], scope: ['openid', 'profile', 'offline_access'] })
  })

  it('another client authentication than its metadata says, by configuration', async () => {
    const { browser } = await startOddBench(
      {
        onlyClientAuth: 'post',
        metadata: { token_endpoint_auth_methods_supported: ['client_secret_basic'] },
      },
      { bff: (base) => ({ ...base, idp: { ...base.idp, tokenEndpointAuthMethod: 'client_secret_post' } }) },
    )
    expect((await browser.login()).href).toBe(`${ORIGIN}/app`)
  })

  it('an ID token that is wrong at a refresh: nothing of the answer is used, and nothing ends by it', async () => {
    for (const flaw of ['wrong_iss', 'wrong_aud', 'bad_signature', 'expired'] as const) {
      const { browser } = await startOddBench({ idTokenFlaws: [flaw], flawsIn: 'refresh' })
      await browser.login()
      const { access } = await browser.signedIn()
      expect((await browser.post('/bff/refresh')).status).toBe(503)
      expect((await browser.signedIn()).access.expires_at).toBe(access.expires_at)
    }
  })

  it('hostile claims: they are data', async () => {
    const claims = JSON.parse(
      '{"sub":"alice","__proto__":{"admin":true},"constructor":"x","name":"<script>"}',
    ) as { sub: string }
    const { browser } = await startOddBench({ user: claims })
    await browser.login()
    const { user } = await browser.signedIn()
    expect(user).toMatchObject({ sub: 'alice', name: '<script>', constructor: 'x' })
    expect(user['admin']).toBeUndefined()
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })
})

describe('the metadata of a provider', () => {
  const unusable: [string, Partial<Traits>][] = [
    ['belongs to another issuer', { metadata: { issuer: 'https://elsewhere.test' } }],
    ['has no token endpoint', { metadata: { token_endpoint: undefined } }],
    ['has an endpoint that is not https', { metadata: { token_endpoint: 'http://idp.test/token' } }],
    ['is a page', { answers: { discovery: { status: 200, body: '<html>', contentType: 'text/html' } } }],
    ['is an error', { answers: { discovery: { status: 500, body: '' } } }],
  ]
  it.each(unusable)('that %s is not used, and asked for again', async (_, traits) => {
    const { browser, idp } = await startOddBench(traits)
    expect((await browser.login()).href).toBe(`${ORIGIN}/app?login_error=idp_unavailable`)
    idp.traits.metadata = {}
    idp.traits.answers = {}
    expect((await browser.login()).href).toBe(`${ORIGIN}/app`)
  })

  it('is asked for once by many at the same time, now and then again, and serves while the provider is down', async () => {
    const { bff, idp, clock } = await startOddBench()
    const login = () => bff.fetch(new Request(`${ORIGIN}/bff/login`, { headers: { accept: 'text/html' } }))
    expect(idp.count('discovery')).toBe(0)
    await Promise.all([login(), login(), login()])
    expect(idp.count('discovery')).toBe(1)
    idp.traits.answers = { discovery: { status: 503, body: '' } }
    clock.advance(3601)
    expect((await login()).headers.get('location')).toContain('/authorize')
    await expect.poll(() => idp.count('discovery')).toBe(2)
    expect((await login()).headers.get('location')).toContain('/authorize')
  })

  it('may be on another host than the issuer (idp.discoveryUrl)', async () => {
    const discover = (origin: string) => `${origin}/.well-known/openid-configuration`
    const { browser } = await startBench({
      idp: { issuer: 'https://issuer.test' },
      bff: (base, origin) => ({ ...base, idp: { ...base.idp, discoveryUrl: discover(origin) } }),
    })
    expect((await browser.login('alice')).href).toBe(`${ORIGIN}/app`)
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })
})
