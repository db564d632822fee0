/** `private_key_jwt` (RFC 7523) with the real provider: at every endpoint where a client authenticates, and refused where the key is another. */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { clientKeys } from '../support/client-keys.js'
import type { ClientKeys } from '../support/client-keys.js'
import { BFF_CLIENT_ID, ORIGIN, startProtected } from './protected-world.js'
import type { Asked, ProtectedOptions } from './protected-world.js'

const registered = (keys: ClientKeys, more: object = {}): ProtectedOptions['client'] => ({
  client_secret: undefined,
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [keys.publicJwk] },
  ...more,
})

const assertionIn = ({ body }: Asked): string => body.get('client_assertion') ?? ''
const authenticated = (asked: readonly Asked[]): Asked[] =>
  asked.filter(({ path }) => /^\/(?:token|request)(?:\/|$)/.test(path))

describe('a client with a key', () => {
  it.each([
    ['P-256', {}, 'ES256'],
    ['P-384', { token_endpoint_auth_signing_alg: 'ES384' }, 'ES384'],
    ['Ed25519', {}, 'EdDSA'],
    ['RSA', {}, 'RS256'],
    ['RSA', { token_endpoint_auth_signing_alg: 'PS256' }, 'PS256'],
  ] as const)('%s %o authenticates with %s', async (kind, more, alg) => {
    const keys = clientKeys(kind, 'one')
    const { browser, asked } = await startProtected({
      client: registered(keys, more),
      provider: {
        configure: (configuration) => ({
          ...configuration,
          enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] },
        }),
      },
      idp: { privateKey: alg === 'PS256' ? { ...keys.jwk, alg } : keys.jwk },
    })
    expect((await browser.login()).href).toBe(`${ORIGIN}/app`)
    expect((await browser.signedIn()).user.sub).toBe('alice')
    const [one] = authenticated(asked)
    expect(decodeProtectedHeader(one === undefined ? '' : assertionIn(one))).toEqual({ alg, kid: 'one' })
  })

  it('takes the algorithm that the provider lists, where its key can be used with several', async () => {
    const keys = clientKeys('RSA')
    const { browser, asked } = await startProtected({
      client: registered(keys, { token_endpoint_auth_signing_alg: 'PS256' }),
      provider: {
        configure: (configuration) => ({
          ...configuration,
          enabledJWA: { clientAuthSigningAlgValues: ['PS256', 'ES256'] },
        }),
      },
      idp: { privateKey: keys.pem },
    })
    await browser.login()
    expect((await browser.signedIn()).user.sub).toBe('alice')
    expect(authenticated(asked).map((one) => decodeProtectedHeader(assertionIn(one)))).toEqual([
      { alg: 'PS256' },
    ])
  })

  it('shows a new assertion at each endpoint: pushed request, code, refresh, revocation, introspection', async () => {
    const keys = clientKeys('P-256', 'one')
    const { browser, asked, clock, idp } = await startProtected({
      client: registered(keys),
      features: { pushedAuthorizationRequests: { enabled: true }, introspection: { enabled: true } },
      provider: { resource: null },
      idp: { privateKey: keys.jwk },
    })
    // Opaque, so that it must be introspected when it is brought.
    const tokens: string[] = []
    idp.provider.on('access_token.saved', (token) => void tokens.push(token.jti))
    await browser.login()
    await browser.signedIn()
    clock.advance(301)
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    expect(idp.tokenRequests.map(({ grant_type }) => grant_type)).toEqual([
      'authorization_code',
      'refresh_token',
    ])
    const brought = await browser.fetch('/bff/session', {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.at(-1)}` },
    })
    expect(brought.status).toBe(201)
    await browser.login('alice', '/bff/login?return_to=/app&prompt=login')
    expect((await browser.post('/bff/logout')).status).toBe(200)
    await expect.poll(() => asked.map(({ path }) => path)).toContain('/token/revocation')

    const requests = authenticated(asked)
    expect(new Set(requests.map(({ path }) => path))).toEqual(
      new Set(['/request', '/token', '/token/introspection', '/token/revocation']),
    )
    const claims = requests.map((one) => decodeJwt(assertionIn(one)))
    for (const { iss, sub, aud, exp = 0, iat = 0 } of claims) {
      expect({ iss, sub, aud }).toEqual({ iss: BFF_CLIENT_ID, sub: BFF_CLIENT_ID, aud: idp.issuer })
      expect(exp - iat).toBe(60)
      expect(Math.min(...[0, 301].map((later) => Math.abs(iat - Date.now() / 1000 - later)))).toBeLessThan(30)
    }
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(requests.length)
    for (const { body, headers } of requests) {
      expect(body.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      expect([headers.get('authorization'), body.get('client_secret')]).toEqual([null, null])
    }
  })

  it('shows assertions that are worth nothing a second time', async () => {
    const keys = clientKeys()
    const { browser, asked, idp } = await startProtected({
      client: registered(keys),
      idp: { privateKey: keys.jwk },
    })
    await browser.login()
    const [used] = authenticated(asked)
    const again = await fetch(`${idp.origin}/token`, { method: 'POST', body: used?.body ?? null })
    expect([again.status, await again.json()]).toMatchObject([401, { error: 'invalid_client' }])
  })
})

describe('a key that is not the registered one', () => {
  it('signs nobody in, and says whose fault it is', async () => {
    const { browser, log } = await startProtected({
      client: registered(clientKeys()),
      idp: { privateKey: clientKeys().jwk },
    })
    expect((await browser.login()).href).toBe(`${ORIGIN}/app?login_error=invalid_client`)
    expect(log).toContainEqual(expect.objectContaining({ event: 'login_failed', failed: 'invalid_client' }))
    expect(await browser.session()).toMatchObject({ authenticated: false })
  })

  it('ends no session: that is the client’s fault, and not the user’s', async () => {
    const keys = clientKeys()
    const { browser, idp, clock } = await startProtected({
      client: registered(keys),
      idp: { privateKey: keys.jwk },
    })
    await browser.login()
    const { ref } = await browser.signedIn()
    const client = idp.clients.get(BFF_CLIENT_ID)
    idp.clients.set(BFF_CLIENT_ID, {
      ...client,
      client_id: BFF_CLIENT_ID,
      jwks: { keys: [clientKeys().publicJwk] },
    })
    clock.advance(301)
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    expect((await browser.signedIn()).ref).toBe(ref)
    if (client !== undefined) idp.clients.set(BFF_CLIENT_ID, client)
  })
})
