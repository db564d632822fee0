/** Everything at once, as profiles for finance and health ask for it (FAPI 2.0): a client with a key, requests signed and pushed, answers signed and in a form, tokens bound to a key. */
import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { clientKeys } from '../support/client-keys.js'
import { ORIGIN, startProtected } from './protected-world.js'

it('a login, a refresh and a logout with everything that protects them', async () => {
  const keys = clientKeys('P-256', 'one')
  const { browser, idp, asked, api, clock } = await startProtected({
    client: {
      client_secret: undefined,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      request_object_signing_alg: 'ES256',
      require_signed_request_object: true,
      require_pushed_authorization_requests: true,
      dpop_bound_access_tokens: true,
      jwks: { keys: [keys.publicJwk] },
    },
    features: {
      dPoP: { enabled: true },
      jwtResponseModes: { enabled: true },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      requestObjects: { enabled: true, requireSignedRequestObject: true },
    },
    // The provider drops `offline_access` from a request object without it.
    idp: {
      privateKey: keys.jwk,
      responseMode: 'form_post.jwt',
      dpop: true,
      authorizationParams: { prompt: 'consent' },
    },
  })
  expect((await browser.login()).href).toBe(`${ORIGIN}/app`)
  expect((await browser.signedIn()).user.sub).toBe('alice')
  expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
  expect(api.calls[0]?.headers.authorization).toMatch(/^DPoP /)
  clock.advance(301)
  expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
  const pushed = asked.find(({ path }) => path === '/request')?.body
  expect(decodeJwt(pushed?.get('request') ?? '')).toMatchObject({
    response_mode: 'form_post.jwt',
    dpop_jkt: expect.any(String),
  })
  expect((await browser.post('/bff/logout')).status).toBe(200)
  expect(await browser.session()).toMatchObject({ authenticated: false })
  expect(idp.tokenRequests.map(({ error }) => error)).toEqual([null, null])
})
