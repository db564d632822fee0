// @vitest-environment node
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CallbackError, OAuthError, SessionEndedError } from '../../src/errors.js'
import { checkCallback, checkIdToken, type Expected } from '../../src/oidc/claims.js'
import type { IdpMetadata } from '../../src/oidc/settings.js'
import { jwt } from './tokens-for-tests.js'

const ISSUER = 'https://idp.example.com'
const NOW = 1_800_000_000_000
const SECONDS = NOW / 1000

const metadata: IdpMetadata = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
}
const announcing = { ...metadata, authorization_response_iss_parameter_supported: true }

const errorOf = (call: () => unknown): unknown => {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('it did not throw')
}

describe('checkCallback', () => {
  const check = (query: string, known = metadata): string => checkCallback(new URLSearchParams(query), known)

  it('returns the code', () => {
    expect(check('state=s&code=c')).toBe('c')
    expect(check(`state=s&code=c&iss=${encodeURIComponent(ISSUER)}`, announcing)).toBe('c')
  })

  it.each([
    ['another issuer', `state=s&code=c&iss=https://elsewhere.example`, metadata],
    ['the same issuer with a slash', `state=s&code=c&iss=${ISSUER}/`, metadata],
    ['the same issuer in capitals', `state=s&code=c&iss=HTTPS://IDP.EXAMPLE.COM`, metadata],
    ['no issuer though the IDP announces it', 'state=s&code=c', announcing],
    ['an error from another issuer', 'state=s&error=access_denied&iss=https://elsewhere.example', metadata],
    ['an error without an issuer though the IDP announces it', 'state=s&error=access_denied', announcing],
  ])('does not trust %s (RFC 9207)', (_, query, known) => {
    const error = errorOf(() => check(query, known))
    expect(error).toBeInstanceOf(CallbackError)
    expect(error).toMatchObject({ code: 'issuer_mismatch' })
  })

  it.each(['state=s&state=t&code=c', 'state=s&code=c&code=d', 'state=s&code=c&iss=a&iss=b'])(
    'does not choose between two: %s',
    (query) => {
      expect(errorOf(() => check(query))).toMatchObject({ code: 'callback_invalid' })
    },
  )

  it('demands a code', () => {
    expect(errorOf(() => check('state=s'))).toMatchObject({ code: 'callback_invalid' })
    expect(errorOf(() => check('state=s&code='))).toMatchObject({ code: 'callback_invalid' })
  })

  it('passes on what the IDP says, in its own words', () => {
    const error = errorOf(() => check('state=s&error=access_denied&error_description=the+user+cancelled'))
    expect(error).toBeInstanceOf(OAuthError)
    expect(error).toMatchObject({ code: 'access_denied', error_description: 'the user cancelled' })
  })
})

describe('checkIdToken', () => {
  const right = {
    iss: ISSUER,
    sub: 'alice',
    aud: 'app',
    exp: SECONDS + 300,
    iat: SECONDS,
    nonce: 'n',
  }
  const expected: Expected = {
    issuer: ISSUER,
    clientId: 'app',
    nonce: 'n',
    accessToken: 'access-token',
    now: NOW,
    tolerance: 60_000,
    since: NOW - 5_000,
  }
  const check = (claims: object, more: Partial<Expected> = {}, header?: object) =>
    checkIdToken(jwt({ ...right, ...claims }, header), { ...expected, ...more })

  const refused = async (claims: object, why: RegExp, more: Partial<Expected> = {}, header?: object) => {
    const error: unknown = await check(claims, more, header).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CallbackError)
    expect(error).toMatchObject({ code: 'id_token_invalid', message: expect.stringMatching(why) })
  }

  it('accepts a right one and returns its claims', async () => {
    expect(await check({ name: 'Ålice' })).toEqual({ ...right, name: 'Ålice' })
  })

  it.each([undefined, 'opaque', 'a.b.c', '', 5])('refuses what is no JWT: %s', async (idToken) => {
    await expect(checkIdToken(idToken, expected)).rejects.toMatchObject({ code: 'id_token_invalid' })
  })

  it('iss: exactly the issuer', async () => {
    await refused({ iss: 'https://elsewhere.example' }, /"iss"/)
    await refused({ iss: `${ISSUER}/` }, /"iss"/)
    await refused({ iss: undefined }, /"iss"/)
  })

  it('aud: names this client', async () => {
    await refused({ aud: 'another' }, /"aud"/)
    await refused({ aud: ['another'] }, /"aud"/)
    await refused({ aud: undefined }, /"aud"/)
    await expect(check({ aud: ['app'] })).resolves.toBeDefined()
  })

  it('azp: this client; needed where there are several audiences', async () => {
    await refused({ azp: 'another' }, /"azp"/)
    await refused({ aud: ['app', 'another'] }, /"azp"/)
    await refused({ aud: ['app', 'another'], azp: 'another' }, /"azp"/)
    await expect(check({ aud: ['app', 'another'], azp: 'app' })).resolves.toBeDefined()
    await expect(check({ azp: 'app' })).resolves.toBeDefined()
  })

  it('exp: not past, by more than the tolerance', async () => {
    await refused({ exp: SECONDS - 61 }, /"exp"/)
    await refused({ exp: SECONDS - 60 }, /"exp"/)
    await refused({ exp: undefined }, /"exp"/)
    await refused({ exp: String(SECONDS + 300) }, /"exp"/)
    await expect(check({ exp: SECONDS - 59 })).resolves.toBeDefined()
    await refused({ exp: SECONDS - 1 }, /"exp"/, { tolerance: 0 })
  })

  it('iat: not from the future, and not older than the login', async () => {
    await refused({ iat: SECONDS + 61 }, /future/)
    await expect(check({ iat: SECONDS + 60 })).resolves.toBeDefined()
    await refused({ iat: undefined }, /"iat"/)
    await refused({ iat: SECONDS - 67 }, /older/)
    await expect(check({ iat: SECONDS - 66 })).resolves.toBeDefined()
  })

  it('iat: a login that seems to lie in the future does not make the token old', async () => {
    await expect(check({}, { since: NOW + 7_200_000 })).resolves.toBeDefined()
  })

  it('nonce: the one that was sent', async () => {
    await refused({ nonce: 'another' }, /"nonce"/)
    await refused({ nonce: undefined }, /"nonce"/)
  })

  it('sub: must be there', async () => {
    await refused({ sub: undefined }, /"sub"/)
    await refused({ sub: '' }, /"sub"/)
    await refused({ sub: 5 }, /"sub"/)
  })

  it('alg: signed', async () => {
    await refused({}, /signed/, {}, { alg: 'none' })
    await refused({}, /signed/, {}, {})
  })

  it.each([
    ['RS256', 'sha256'],
    ['ES384', 'sha384'],
    ['PS512', 'sha512'],
    ['EdDSA', 'sha512'],
  ])('at_hash: of this access token, by the hash of %s', async (alg, hash) => {
    const digest = createHash(hash).update('access-token').digest()
    const atHash = digest.subarray(0, digest.length / 2).toString('base64url')
    await expect(check({ at_hash: atHash }, {}, { alg })).resolves.toBeDefined()
    await refused({ at_hash: atHash }, /"at_hash"/, { accessToken: 'another' }, { alg })
  })

  it('auth_time: recent enough where max_age was asked', async () => {
    await refused({}, /"auth_time"/, { maxAge: 300 })
    await refused({ auth_time: SECONDS - 361 }, /"auth_time"/, { maxAge: 300 })
    await expect(check({ auth_time: SECONDS - 360 }, { maxAge: 300 })).resolves.toBeDefined()
    await refused({ auth_time: SECONDS - 61 }, /"auth_time"/, { maxAge: 0 })
  })

  describe('on a refresh', () => {
    it('sub: unchanged, or it is another user', async () => {
      const error: unknown = await check({ sub: 'bob' }, { sub: 'alice' }).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(SessionEndedError)
      expect(error).toMatchObject({ reason: 'user_changed' })
      await expect(check({}, { sub: 'alice' })).resolves.toBeDefined()
    })

    it('nonce: may be absent, but not another', async () => {
      await expect(check({ nonce: undefined }, { sub: 'alice' })).resolves.toBeDefined()
      await refused({ nonce: 'another' }, /"nonce"/, { sub: 'alice' })
    })

    it('another issuer or audience is refused before anything is said about the user', async () => {
      await refused({ sub: 'bob', iss: 'https://elsewhere.example' }, /"iss"/, { sub: 'alice' })
      await refused({ sub: 'bob', aud: 'another' }, /"aud"/, { sub: 'alice' })
    })
  })
})
