/** Answers as JWTs (JARM) with the real provider, and the ones somebody else made. */
import { exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT, decodeJwt } from 'jose'
import type { CryptoKey, JWTPayload } from 'jose'
import { describe, expect, it } from 'vitest'
import { answerFor } from '../bff/arrival.js'
import type { Browser } from '../bff/bench.js'
import { BFF_CLIENT_ID, ORIGIN, startProtected } from './protected-world.js'
import type { ProtectedOptions } from './protected-world.js'

const features = { jwtResponseModes: { enabled: true } }
const start = (responseMode: 'jwt' | 'query.jwt' | 'form_post.jwt' = 'jwt', more: ProtectedOptions = {}) =>
  startProtected({ ...more, features, idp: { responseMode, ...more.idp } })

/** Signed by the provider, as far as its key says. */
async function keys() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'the-key-of-the-provider' }
  const key = (await importJWK(jwk, 'RS256')) as CryptoKey
  const provider = { keys: { jwks: { keys: [jwk] }, cookieKeys: ['a-test-key-of-the-provider'] } }
  const sign = (claims: JWTPayload): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: jwk.kid }).sign(key)
  return { provider, sign, jwk }
}

/** Goes as far as the provider's answer. */
async function signedAnswer(browser: Browser): Promise<{ url: URL; claims: JWTPayload; response: string }> {
  await answerFor(browser)
  const url = await stoppedAt(browser)
  const response = url.searchParams.get('response') ?? ''
  return { url, response, claims: decodeJwt(response) }
}

/** Signs in as alice, and stops before the answer is taken in. */
async function stoppedAt(browser: Browser): Promise<URL> {
  const form = browser.agent.page?.forms.find(({ action }) => action.endsWith('/account'))
  if (form === undefined) throw new Error('nobody is asked to sign in')
  const page = await browser.agent.submit(
    form,
    { username: 'alice' },
    { stopAt: ({ pathname }) => pathname === '/bff/callback' },
  )
  return page.url
}

const arrive = async (browser: Browser, response: string, more = ''): Promise<string> => {
  const url = `${ORIGIN}/bff/callback?response=${encodeURIComponent(response)}${more}`
  return (await browser.agent.navigate(url, { from: 'http://localhost' })).url.href.slice(ORIGIN.length)
}

describe('a signed answer', () => {
  it.each(['jwt', 'query.jwt', 'form_post.jwt'] as const)('by %s signs in', async (mode) => {
    const { browser } = await start(mode)
    expect((await browser.login()).href).toBe(`${ORIGIN}/app`)
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })

  it('is all there is in the address', async () => {
    const { browser } = await start()
    const { url, claims } = await signedAnswer(browser)
    expect([...url.searchParams.keys()]).toEqual(['response'])
    expect(claims).toMatchObject({ aud: BFF_CLIENT_ID, code: expect.any(String), state: expect.any(String) })
  })

  it('with an error says which', async () => {
    const { browser } = await start()
    const page = await browser.agent.navigate(`${ORIGIN}/bff/login?return_to=/app&prompt=none`, {
      from: `${ORIGIN}/`,
    })
    expect(page.url.href).toBe(`${ORIGIN}/app?login_error=login_required`)
  })

  it('is good once, and in its own browser alone', async () => {
    const { browser, newBrowser, idp } = await start()
    const { response } = await signedAnswer(browser)
    expect(await arrive(newBrowser(), response)).toBe('/?login_error=stale_callback')
    expect(idp.tokenRequests).toEqual([])
    expect(await arrive(browser, response)).toBe('/app')
    const { ref } = await browser.signedIn()
    expect(await arrive(browser, response)).toBe('/')
    expect((await browser.signedIn()).ref).toBe(ref)
    expect(idp.tokenRequests).toHaveLength(1)
  })

  it('is looked at only by the browser whose login it names: nobody else makes the BFF fetch a key', async () => {
    const { browser, newBrowser, idp } = await start()
    const { response } = await signedAnswer(browser)
    const before = idp.count('jwks')
    await arrive(newBrowser(), response)
    await arrive(browser, new UnsecuredJWT({ state: 'x', code: 'y' }).encode())
    expect(idp.count('jwks')).toBe(before)
  })
})

describe('an answer that is refused, before its code is used', () => {
  const forgeries: [
    string,
    (claims: JWTPayload, sign: (claims: JWTPayload) => Promise<string>) => Promise<string>,
    string,
  ][] = [
    ['for another client', (claims, sign) => sign({ ...claims, aud: 'another-client' }), 'callback_invalid'],
    ['for nobody', ({ aud: _aud, ...claims }, sign) => sign(claims), 'callback_invalid'],
    [
      'of another issuer (mix-up)',
      (claims, sign) => sign({ ...claims, iss: 'https://evil.example' }),
      'issuer_mismatch',
    ],
    ['of no issuer', ({ iss: _iss, ...claims }, sign) => sign(claims), 'issuer_mismatch'],
    [
      'that is too old',
      (claims, sign) => sign({ ...claims, exp: Math.floor(Date.now() / 1000) - 61 }),
      'callback_invalid',
    ],
    ['that never ends', ({ exp: _exp, ...claims }, sign) => sign(claims), 'callback_invalid'],
    [
      'that is signed by nobody',
      (claims) => Promise.resolve(new UnsecuredJWT(claims).encode()),
      'callback_invalid',
    ],
    [
      'that is signed by somebody else',
      async (claims) => {
        const { privateKey } = await generateKeyPair('RS256')
        return new SignJWT(claims)
          .setProtectedHeader({ alg: 'RS256', kid: 'the-key-of-the-provider' })
          .sign(privateKey)
      },
      'callback_invalid',
    ],
    [
      'that is signed with the client’s secret',
      (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode('demo-and-test-secret-not-for-production')),
      'callback_invalid',
    ],
    [
      'that brings its own key',
      async (claims) => {
        const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
        return new SignJWT(claims)
          .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(publicKey) })
          .sign(privateKey)
      },
      'callback_invalid',
    ],
    [
      'that is an ID token',
      (claims, sign) => sign({ ...claims, sub: 'alice', nonce: 'x' }),
      'callback_invalid',
    ],
    [
      'that brings tokens',
      ({ code: _code, ...claims }, sign) => sign({ ...claims, id_token: 'x' }),
      'callback_invalid',
    ],
    ['with no code', ({ code: _code, ...claims }, sign) => sign(claims), 'callback_invalid'],
  ]

  it.each(forgeries)('%s', async (_, forge, code) => {
    const { provider, sign } = await keys()
    const { browser, idp } = await start('jwt', { provider })
    const { claims } = await signedAnswer(browser)
    expect(await arrive(browser, await forge(claims, sign))).toBe(`/app?login_error=${code}`)
    expect(idp.tokenRequests).toEqual([])
    expect(await browser.session()).toEqual({ authenticated: false })
  })

  it('is none of those where nothing of it is changed', async () => {
    const { provider, sign } = await keys()
    const { browser } = await start('jwt', { provider })
    const { claims } = await signedAnswer(browser)
    expect(await arrive(browser, await sign(claims))).toBe('/app')
  })

  it('a plain one (downgrade), a second one, or something beside it (mixing)', async () => {
    const { browser, idp, log } = await start()
    const plain = await signedAnswer(browser)
    const { code, state, iss } = plain.claims as Record<string, string>
    const params = new URLSearchParams({ code: code ?? '', state: state ?? '', iss: iss ?? '' })
    const page = await browser.agent.navigate(`${ORIGIN}/bff/callback?${params}`, {
      from: 'http://localhost',
    })
    expect(page.url.href).toBe(`${ORIGIN}/app?login_error=callback_invalid`)
    expect(log).toContainEqual(expect.objectContaining({ event: 'login_failed', cause: 'jarm_plain_answer' }))
    for (const more of ['&code=x', `&iss=${iss}`, '&error=access_denied', '&response=x', '&state=x']) {
      const one = await start()
      const { response } = await signedAnswer(one.browser)
      expect(await arrive(one.browser, response, more)).toBe('/app?login_error=callback_invalid')
      expect(one.idp.tokenRequests).toEqual([])
    }
    expect(idp.tokenRequests).toEqual([])
  })

  it('a signed one, where none was asked for', async () => {
    const { browser, idp } = await startProtected({ features })
    await answerFor(browser)
    const url = await stoppedAt(browser)
    const state = url.searchParams.get('state') ?? ''
    const plain = `&${new URLSearchParams({ state, iss: idp.issuer })}`
    expect(await arrive(browser, new UnsecuredJWT({ state, code: 'x' }).encode(), plain)).toBe(
      '/app?login_error=callback_invalid',
    )
    expect(idp.tokenRequests).toEqual([])
  })

  it('one that cannot be checked now: the user may try again', async () => {
    const { provider } = await keys()
    const { browser, idp } = await start('jwt', { provider })
    const { response } = await signedAnswer(browser)
    idp.faults.set('jwks', { kind: 'status', status: 503 })
    expect(await arrive(browser, response)).toBe('/app?login_error=idp_unavailable')
    expect(idp.tokenRequests).toEqual([])
    idp.faults.clear()
    await browser.login()
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })
})
