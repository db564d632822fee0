import { createLocalJWKSet, exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import type { JWTPayload } from 'jose'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { NoAnswer } from '../../src/bff/idp/failures.js'
import type { Provider } from '../../src/bff/idp/metadata.js'
import { LogoutTokenInvalid, readLogoutToken } from '../../src/bff/logout-token.js'

const ISSUER = 'https://idp.test'
const NOW = 1_800_000_000
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const checks = {
  issuer: ISSUER,
  clientId: 'bff',
  clockTolerance: 60,
  untypedLogoutTokens: false,
  now: NOW * 1000,
}

const right: JWTPayload = {
  ...{ iss: ISSUER, aud: 'bff', iat: NOW, exp: NOW + 120, jti: 'jti-1', sub: 'alice', sid: 'sid-1' },
  events: { [EVENT]: {} },
}

type Pair = Awaited<ReturnType<typeof generateKeyPair>>
let rsa: Pair
let ec: Pair
let keys: Provider['keys']
beforeAll(async () => {
  rsa = await generateKeyPair('RS256', { extractable: true })
  ec = await generateKeyPair('ES256', { extractable: true })
  keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(rsa.publicKey)), kid: 'k', use: 'sig' }] })
})

const signed = (claims: JWTPayload, header: Record<string, unknown> = {}, key = rsa.privateKey) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k', typ: 'logout+jwt', ...header }).sign(key)

const read = (
  token: string,
  changes: Partial<Pick<Provider, 'keys'> & typeof checks> = {},
  algs?: string[],
) =>
  readLogoutToken(
    token,
    {
      keys,
      metadata: { issuer: ISSUER, ...(algs && { id_token_signing_alg_values_supported: algs }) },
      ...changes,
    },
    { ...checks, ...changes },
  )

const changed = (changes: Record<string, unknown>): Promise<string> =>
  signed(JSON.parse(JSON.stringify({ ...right, ...changes })))

describe('a logout token', () => {
  it('says whose sessions are over, and until when it must be known again', async () => {
    expect(await read(await signed(right))).toEqual({
      whose: { sub: 'alice', sid: 'sid-1' },
      jti: 'jti-1',
      until: (NOW + 180) * 1000,
    })
    expect((await read(await changed({ sub: undefined }))).whose).toEqual({ sid: 'sid-1' })
    expect((await read(await changed({ sid: undefined }))).whose).toEqual({ sub: 'alice' })
  })

  it.each<[string, Record<string, unknown>]>([
    ['an audience among several', { aud: ['other', 'bff'] }],
    ['an iat a little ahead', { iat: NOW + 50 }],
    ['an exp a little past', { iat: NOW - 150, exp: NOW - 30 }],
    ['further members', { amr: ['pwd'], trace: 'x' }],
    ['an event with members', { events: { [EVENT]: { reason: 'x' }, 'https://other.test': {} } }],
  ])('passes with %s', async (_, changes) => {
    await expect(read(await changed(changes))).resolves.toMatchObject({ jti: 'jti-1' })
  })

  it.each(['LOGOUT+JWT', 'application/logout+jwt', 'Application/Logout+JWT'])(
    'passes with the type %s',
    async (typ) => {
      await expect(read(await signed(right, { typ }))).resolves.toMatchObject({ jti: 'jti-1' })
    },
  )

  it.each<[string, Record<string, unknown>]>([
    ['no iss', { iss: undefined }],
    ['another iss', { iss: `${ISSUER}/` }],
    ['a list for iss', { iss: [ISSUER] }],
    ['no aud', { aud: undefined }],
    ['another aud', { aud: 'other' }],
    ['other audiences', { aud: ['other', 'another'] }],
    ['no iat', { iat: undefined }],
    ['an iat in the future', { iat: NOW + 300, exp: NOW + 400 }],
    ['an iat of an hour ago', { iat: NOW - 3600 }],
    ['an iat that is a text', { iat: String(NOW) }],
    ['no exp', { exp: undefined }],
    ['a past exp', { iat: NOW - 180, exp: NOW - 61 }],
    ['an exp an hour away', { exp: NOW + 3600 }],
    ['an exp before its iat', { exp: NOW - 1 }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a number for jti', { jti: 7 }],
    ['a nonce', { nonce: 'n' }],
    ['an empty nonce', { nonce: '' }],
    ['null for a nonce', { nonce: null }],
    ['neither sub nor sid', { sub: undefined, sid: undefined }],
    ['an empty sub', { sub: '' }],
    ['a number for sub', { sub: 7 }],
    ['null for sub', { sub: null }],
    ['an empty sid beside a sub', { sid: '' }],
    ['a list for sid', { sid: ['sid-1'] }],
    ['no events', { events: undefined }],
    ['a list of events', { events: [EVENT] }],
    ['a text for events', { events: EVENT }],
    ['events of others', { events: { 'https://other.test': {} } }],
    ['an event that is null', { events: { [EVENT]: null } }],
    ['an event that is true', { events: { [EVENT]: true } }],
    ['an event that is a list', { events: { [EVENT]: [] } }],
  ])('with %s is refused, and no key is asked for', async (_, changes) => {
    const asked = vi.fn<Provider['keys']>(keys)
    await expect(read(await changed(changes), { keys: asked })).rejects.toThrow(LogoutTokenInvalid)
    expect(asked).not.toHaveBeenCalled()
  })

  it.each([undefined, 'JWT', 'at+jwt', 'secevent+jwt', 'xlogout+jwt', ''])(
    'with the type %s is refused',
    async (typ) => {
      await expect(read(await signed(right, { typ }))).rejects.toThrow(/type is not logout\+jwt/)
    },
  )

  it('of no type, or plainly a JWT, passes where it may; of another type it never does', async () => {
    const untyped = { untypedLogoutTokens: true }
    for (const typ of [undefined, 'JWT', 'jwt', 'logout+jwt'])
      await expect(read(await signed(right, { typ }), untyped)).resolves.toBeDefined()
    for (const typ of ['at+jwt', 'secevent+jwt', ''])
      await expect(read(await signed(right, { typ }), untyped)).rejects.toThrow(/type/)
    await expect(read(await changed({ events: undefined }), untyped)).rejects.toThrow(/logout/)
  })

  it('that is not signed by the IDP is refused: no signature, an HMAC with the public key, another key, a changed byte', async () => {
    const token = await signed(right)
    const hmac = new TextEncoder().encode(await exportSPKI(rsa.publicKey))
    const header = { typ: 'logout+jwt', kid: 'k' }
    const forged = [
      new UnsecuredJWT(right).encode(),
      await new SignJWT(right).setProtectedHeader({ ...header, alg: 'HS256' }).sign(hmac),
      await signed(right, { alg: 'ES256' }, ec.privateKey),
      await signed(right, {}, (await generateKeyPair('RS256')).privateKey),
      await signed(right, { kid: 'unknown' }),
      token.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
      token.split('.').slice(0, 2).join('.'),
      `${token}.x.y`,
      'not a token',
      '',
    ]
    for (const one of forged) await expect(read(one)).rejects.toThrow(LogoutTokenInvalid)
    await expect(read(token)).resolves.toBeDefined()
  })

  it('is signed with an algorithm the IDP says it uses, where it says so, and never with an HMAC', async () => {
    const token = await signed(right)
    await expect(read(token, {}, ['ES256', 'HS256'])).rejects.toThrow(/algorithm/)
    await expect(read(token, {}, ['RS256', 'HS256'])).resolves.toBeDefined()
  })

  it('cannot be judged where the keys cannot be had', async () => {
    const down: Provider['keys'] = async () => {
      throw new TypeError('fetch failed')
    }
    await expect(read(await signed(right), { keys: down })).rejects.toThrow(NoAnswer)
  })
})
