/** Signed request objects (JAR, RFC 9101) with the real provider: by value, and pushed. */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import type { Browser } from '../bff/bench.js'
import { clientKeys } from '../support/client-keys.js'
import type { ClientKeys } from '../support/client-keys.js'
import { BFF_CLIENT_ID, ORIGIN, startProtected } from './protected-world.js'
import type { ProtectedOptions } from './protected-world.js'

const required = { requestObjects: { enabled: true, requireSignedRequestObject: true } }
const pushed = { pushedAuthorizationRequests: { enabled: true } }

/** A client with a key that authenticates with it, too. */
const keyed = (keys: ClientKeys, features: ProtectedOptions['features'] = required): ProtectedOptions => ({
  client: {
    client_secret: undefined,
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [keys.publicJwk] },
  },
  features: { ...features },
  idp: { privateKey: keys.jwk },
})

async function addressOf(browser: Browser, query = 'return_to=/app'): Promise<URL> {
  const page = await browser.agent.navigate(`${ORIGIN}/bff/login?${query}`, {
    from: `${ORIGIN}/`,
    stopAt: (url) => url.origin !== ORIGIN,
  })
  return page.url
}

describe('a signed request', () => {
  it('is sent where the provider requires it: everything is in it, and nothing in the address', async () => {
    const keys = clientKeys('P-256', 'one')
    const { browser, idp, clock } = await startProtected(keyed(keys))
    const { searchParams } = await addressOf(
      browser,
      'return_to=/app&max_age=300&login_hint=alice&ui_locales=de',
    )
    expect([...searchParams.keys()].toSorted()).toEqual(['client_id', 'request'])
    const request = searchParams.get('request') ?? ''
    expect(decodeProtectedHeader(request)).toEqual({ alg: 'ES256', typ: 'oauth-authz-req+jwt', kid: 'one' })
    const { iat = 0, exp = 0, nbf = 0, ...claims } = decodeJwt(request)
    expect(claims).toMatchObject({
      iss: BFF_CLIENT_ID,
      aud: idp.issuer,
      client_id: BFF_CLIENT_ID,
      response_type: 'code',
      redirect_uri: `${ORIGIN}/bff/callback`,
      code_challenge_method: 'S256',
      max_age: 300,
      login_hint: 'alice',
      ui_locales: 'de',
      jti: expect.any(String),
      state: expect.any(String),
      nonce: expect.any(String),
    })
    expect([exp - iat, iat - nbf]).toEqual([300, 10])
    expect(Math.abs(iat - clock.now() / 1000)).toBeLessThan(30)
    await browser.login()
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })

  it('is sent where that is configured, by a client that has a secret, too', async () => {
    const keys = clientKeys('RSA')
    const { browser } = await startProtected({
      client: { jwks: { keys: [keys.publicJwk] } },
      features: { requestObjects: { enabled: true } },
      idp: { privateKey: keys.pem, signedRequestObject: true },
    })
    const request = (await addressOf(browser)).searchParams.get('request') ?? ''
    expect(decodeProtectedHeader(request)).toMatchObject({ alg: 'RS256' })
    await browser.login()
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })

  it('is not sent where the key is only for authentication', async () => {
    const { browser } = await startProtected(keyed(clientKeys(), { requestObjects: { enabled: true } }))
    expect((await addressOf(browser)).searchParams.get('code_challenge_method')).toBe('S256')
  })

  it('is pushed, too', async () => {
    const keys = clientKeys('Ed25519')
    const { browser, asked } = await startProtected(keyed(keys, { ...required, ...pushed }))
    const { searchParams } = await addressOf(browser)
    expect([...searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
    const { body } = asked.find(({ path }) => path === '/request') ?? {}
    expect([...(body?.keys() ?? [])].toSorted()).toEqual([
      'client_assertion',
      'client_assertion_type',
      'client_id',
      'request',
    ])
    expect(decodeProtectedHeader(body?.get('request') ?? '')).toMatchObject({ alg: 'EdDSA' })
    await browser.login()
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })

  it('counts alone: what somebody puts beside it in the address does not', async () => {
    const { browser } = await startProtected(keyed(clientKeys()))
    const address = await addressOf(browser)
    address.searchParams.set('redirect_uri', 'https://evil.example/')
    address.searchParams.set('state', 'other')
    address.searchParams.set('prompt', 'none')
    await browser.agent.navigate(address, { from: `${ORIGIN}/` })
    await browser.agent.login('alice')
    expect(browser.agent.page?.url.href).toBe(`${ORIGIN}/app`)
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })
})

describe('a signed request is of no use', () => {
  it('with another key: by value the provider shows an error, pushed the app is told', async () => {
    const keys = { ...clientKeys(), jwk: clientKeys().jwk }
    const byValue = await startProtected({
      ...keyed(keys),
      client: { jwks: { keys: [keys.publicJwk] } },
      idp: { privateKey: keys.jwk, tokenEndpointAuthMethod: 'client_secret_basic' },
    })
    const page = await byValue.browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app`, {
      from: `${ORIGIN}/`,
    })
    expect([page.url.origin, page.status]).toEqual([byValue.idp.origin, 400])
    const byPush = await startProtected({
      client: { jwks: { keys: [keys.publicJwk] } },
      features: { ...required, ...pushed },
      idp: { privateKey: keys.jwk, tokenEndpointAuthMethod: 'client_secret_basic' },
    })
    expect((await byPush.browser.login()).href).toBe(`${ORIGIN}/app?login_error=invalid_request_object`)
  })

  it('changed on its way', async () => {
    const { browser, idp } = await startProtected(keyed(clientKeys()))
    const address = await addressOf(browser)
    const [header, claims = '', signature] = (address.searchParams.get('request') ?? '').split('.')
    const changed = { ...(JSON.parse(atob(claims)) as object), scope: 'openid orders:write' }
    const forged = Buffer.from(JSON.stringify(changed)).toString('base64url')
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    for (const request of [`${header}.${forged}.${signature}`, `${none}.${forged}.`]) {
      address.searchParams.set('request', request)
      const page = await browser.agent.navigate(address, { from: `${ORIGIN}/` })
      expect([page.url.origin, page.status]).toEqual([idp.origin, 400])
    }
  })

  it('left out, or for longer than it is good', async () => {
    const { browser, idp, clock } = await startProtected(keyed(clientKeys()))
    clock.advance(-400)
    const page = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app`, { from: `${ORIGIN}/` })
    expect([page.url.origin, page.status]).toEqual([idp.origin, 400])
    clock.advance(400)
    const address = await addressOf(browser)
    const claims = decodeJwt(address.searchParams.get('request') ?? '')
    const plain = new URL(`${address.origin}${address.pathname}`)
    for (const [name, value] of Object.entries(claims)) plain.searchParams.set(name, String(value))
    const refused = await browser.agent.navigate(plain, { from: `${ORIGIN}/` })
    expect(refused.url.searchParams.get('login_error') ?? refused.status).toMatch(/invalid_request|400/)
    expect(await browser.session()).toEqual({ authenticated: false })
  })

  it('replayed in another browser, and again in its own after it was answered', async () => {
    const { browser, newBrowser, idp } = await startProtected(keyed(clientKeys()))
    const address = await addressOf(browser)
    const mallory = newBrowser()
    await mallory.agent.navigate(address, { from: null })
    await mallory.agent.login('bob')
    expect(mallory.agent.page?.url.href).toBe(`${ORIGIN}/?login_error=stale_callback`)
    expect(await mallory.session()).toEqual({ authenticated: false })

    await browser.agent.navigate(address, { from: `${ORIGIN}/` })
    await browser.agent.login('alice')
    const { ref } = await browser.signedIn()
    const before = idp.tokenRequests.length
    await browser.agent.navigate(address, { from: null })
    expect(browser.agent.page?.url.href, 'the login is over').toBe(`${ORIGIN}/`)
    expect((await browser.signedIn()).ref).toBe(ref)
    expect(idp.tokenRequests).toHaveLength(before)
  })

  it('replayed, where the provider takes each only once (its jti)', async () => {
    const used = new Set<unknown>()
    const { browser, newBrowser, idp } = await startProtected(
      keyed(clientKeys(), {
        requestObjects: {
          enabled: true,
          requireSignedRequestObject: true,
          assertJwtClaimsAndHeader: (_ctx, { jti }) => {
            if (jti === undefined || used.has(jti)) throw new Error('a request object is good for one use')
            used.add(jti)
          },
        },
      }),
    )
    const address = await addressOf(browser)
    await browser.agent.navigate(address, { from: `${ORIGIN}/` })
    await browser.agent.login('alice')
    expect((await browser.signedIn()).user.sub).toBe('alice')
    const page = await newBrowser().agent.navigate(address, { from: null })
    expect(page.url.origin).toBe(idp.origin)
    expect(page.status).toBeGreaterThanOrEqual(400)
  })
})

it('no key where the provider wants signed requests: the log says what to set, and nobody is sent there without', async () => {
  const { browser, idp, log } = await startProtected({ features: required })
  expect((await browser.login()).href).toBe(`${ORIGIN}/app?login_error=invalid_request_object`)
  expect(log).toContainEqual(
    expect.objectContaining({ event: 'login_failed', cause: 'request_object_unsigned' }),
  )
  expect(idp.count('authorization')).toBe(0)
})
