/** Access tokens bound to a key of the session's own, from the provider to an API that verifies every proof (RFC 9449). */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { clientKeys } from '../support/client-keys.js'
import { TELLS_AT_USERINFO } from '../support/idp.js'
import { startDpopWorld } from './dpop-world.js'
import type { DpopWorld } from './dpop-world.js'

const call = (world: DpopWorld, path = 'orders/7?q=a%20b', init: RequestInit = {}, browser = world.browser) =>
  browser.fetch(`/bff/api/api/${path}`, init)

const proofsAt = ({ asked }: DpopWorld, path: string) =>
  asked.filter((one) => one.path === path).map(({ proof }) => proof)

describe('a session', () => {
  it('is one key from login to API: the code, every refresh and every call are proven with it', async () => {
    const world = await startDpopWorld()
    expect((await world.browser.login()).search).toBe('')
    const [authorization] = world.idp.requests.filter(({ endpoint }) => endpoint === 'authorization')
    const jkt = new URLSearchParams(authorization?.url.split('?')[1]).get('dpop_jkt')
    expect(jkt).toMatch(/^[\w-]{43}$/)

    for (let i = 0; i < 2; i++) {
      expect((await call(world)).status).toBe(200)
      expect((await world.browser.post('/bff/refresh')).status).toBe(200)
    }
    const posted = await call(world, 'orders', { method: 'POST', body: 'new' })
    expect(await posted.json()).toMatchObject({ method: 'POST', url: '/v1/orders', length: 3 })
    expect(world.upstream.calls.map((one) => one.refused)).toEqual([null, null, null])
    expect(new Set(world.upstream.calls.map((one) => one.jkt))).toEqual(new Set([jkt]))
    expect(world.upstream.calls[0]?.proof).toMatchObject({
      htm: 'GET',
      htu: `${world.upstream.url}orders/7`,
    })
    expect(new Set(world.upstream.calls.map((one) => one.headers.authorization)).size).toBe(3)

    const proofs = proofsAt(world, '/token').map((proof) => proof ?? '')
    expect(proofs.every((proof) => decodeProtectedHeader(proof).typ === 'dpop+jwt')).toBe(true)
    expect(new Set(proofs.map((proof) => decodeJwt(proof).jti)).size).toBe(proofs.length)
  })

  it('has a key of its own', async () => {
    const world = await startDpopWorld()
    const other = world.newBrowser()
    await world.browser.login()
    await other.login('bob')
    await call(world)
    await call(world, 'x', {}, other)
    await world.browser.login('alice', '/bff/login?prompt=login')
    await call(world)
    const thumbprints = world.upstream.calls.map(({ jkt }) => jkt)
    expect(world.upstream.calls.map(({ refused }) => refused)).toEqual([null, null, null])
    expect(new Set(thumbprints).size).toBe(3)
  })

  const keys = clientKeys('P-256', 'test-key')
  const byKey = { privateKey: keys.jwk, tokenEndpointAuthMethod: 'private_key_jwt' } as const
  it.each([
    ['was pushed', {}],
    ['was signed', { ...byKey, signedRequestObject: true, pushedAuthorization: false }],
    [
      'was pushed, signed and answered by a JWT',
      { ...byKey, signedRequestObject: true, responseMode: 'jwt' },
    ],
  ] as const)('keeps to its key where the authorization request %s', async (_, client) => {
    const bound: string[] = []
    const world = await startDpopWorld({
      client,
      registered:
        'privateKey' in client
          ? { jwks: { keys: [keys.publicJwk] }, token_endpoint_auth_method: 'private_key_jwt' }
          : {},
      idp: {
        features: {
          pushedAuthorizationRequests: { enabled: true },
          requestObjects: { enabled: true },
          jwtResponseModes: { enabled: true },
        },
        prepare: (provider) =>
          provider.on('grant.success', ({ oidc }) => {
            bound.push(String(oidc.entities.AuthorizationCode?.dpopJkt))
          }),
      },
    })
    expect((await world.browser.login()).search).toBe('')
    expect(world.idp.count('pushed_authorization_request')).toBe('pushedAuthorization' in client ? 0 : 1)
    expect((await call(world)).status).toBe(200)
    expect(bound).toEqual(world.upstream.calls.map(({ jkt }) => jkt))
  })

  it('shows who the user is where the UserInfo endpoint must be asked: with a proof', async () => {
    const world = await startDpopWorld({ idp: TELLS_AT_USERINFO })
    await world.browser.login()
    expect((await world.browser.signedIn()).user).toMatchObject({ name: expect.any(String) })
    expect(proofsAt(world, '/me').map((proof) => decodeJwt(proof ?? '')['ath'])).toEqual([
      expect.stringMatching(/^[\w-]{43}$/),
    ])
  })

  it('ends, and what it held is revoked', async () => {
    const world = await startDpopWorld({ idp: { resource: null }, client: { revokeAccessToken: true } })
    await world.browser.login()
    const answer = await world.browser.post('/bff/logout', { scope: 'app' })
    expect(await answer.json()).toEqual({ end_session_url: null })
    expect(world.idp.count('revocation')).toBe(2)
    expect(world.idp.live('RefreshToken')).toBe(0)
  })
})

describe('nonces of the provider', () => {
  it('are asked for once, and then used by every session', async () => {
    const world = await startDpopWorld()
    await world.browser.login()
    await world.browser.post('/bff/refresh')
    await world.newBrowser().login('bob')
    const errors = world.idp.tokenRequests.map(({ error }) => error)
    expect(errors.filter((error) => error === 'use_dpop_nonce')).toHaveLength(1)
    expect(errors).toHaveLength(4)
    const nonces = proofsAt(world, '/token').map((proof) => decodeJwt(proof ?? '')['nonce'])
    expect(nonces[0]).toBeUndefined()
    expect(nonces.slice(1).every((nonce) => typeof nonce === 'string')).toBe(true)
  })

  it('are not needed where it wants none', async () => {
    const world = await startDpopWorld({ nonces: false })
    await world.browser.login()
    expect((await call(world)).status).toBe(200)
    expect(world.idp.tokenRequests.map(({ error }) => error)).toEqual([null])
  })
})

describe('a provider that', () => {
  it('answers with a Bearer token in spite of all: no login, and the log says what to do', async () => {
    const world = await startDpopWorld({ knows: false })
    expect((await world.browser.login()).search).toBe('?login_error=callback_invalid')
    expect(world.log).toMatchObject([{ event: 'login_failed', cause: 'token_type_not_dpop' }])
    expect((await world.browser.session()).authenticated).toBe(false)
  })

  it('issues bound tokens alone, to a BFF without the option: no login', async () => {
    const world = await startDpopWorld({ client: { dpop: false } })
    expect((await world.browser.login()).search).toBe('?login_error=invalid_grant')
    expect((await world.browser.session()).authenticated).toBe(false)
  })

  it('takes no ES256: nobody is sent there', async () => {
    const world = await startDpopWorld({
      idp: {
        configure: (configuration) => ({
          ...configuration,
          enabledJWA: { ...configuration.enabledJWA, dPoPSigningAlgValues: ['Ed25519'] },
        }),
      },
    })
    expect((await world.browser.login()).search).toBe('?login_error=idp_unavailable')
  })
})

describe('a token that is bound to a key', () => {
  it('opens no session at POST /session, in neither scheme', async () => {
    const world = await startDpopWorld()
    await world.browser.login()
    await call(world)
    const token = world.upstream.calls[0]?.headers.authorization?.slice('DPoP '.length)
    for (const scheme of ['Bearer', 'DPoP']) {
      const brought = await world
        .newBrowser()
        .post('/bff/session', undefined, { headers: { authorization: `${scheme} ${token}` }, csrf: null })
      expect(brought.status).toBe(401)
      expect(await brought.json()).toMatchObject({ code: 'token_not_accepted' })
    }
  })
})
