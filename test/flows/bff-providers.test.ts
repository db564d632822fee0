import { describe, expect, it } from 'vitest'
import { ORIGIN, startOddBench } from '../bff/bench.js'
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
  [
    'endpoints named that it does not have, and one that nobody asks here on a plain line',
    {
      metadata: {
        introspection_endpoint: null,
        end_session_endpoint: '',
        registration_endpoint: 'http://idp.test/register',
      },
    },
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

  it.each(['jwt', 'opaque'] as const)(
    'refreshes that tell neither scope nor roles (%s): both are what they were',
    async (accessToken) => {
      const { browser, clock, idp } = await startOddBench({
        ...{ accessToken, scope: 'openid', refreshAnswersIdToken: false },
        user: { sub: 'alice', name: 'Alice', roles: ['admin'] },
      })
      await browser.login()
      const { scope, roles } = (await browser.signedIn()).access
      expect([scope, roles]).toEqual([['openid'], ['admin']])
      // A JWT tells its scope itself.
      if (accessToken === 'opaque') idp.traits.scope = undefined
      for (let i = 0; i < 2; i++) {
        clock.advance(301)
        expect((await browser.post('/bff/refresh')).status).toBe(200)
        expect((await browser.signedIn()).access).toMatchObject({ scope, roles })
      }
    },
  )

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
