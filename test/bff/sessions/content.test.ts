import { describe, expect, it } from 'vitest'
import type { AccessToken } from '../../../src/bff/idp/access-token.js'
import type { Tokens } from '../../../src/bff/idp/tokens.js'
import {
  accessFor,
  contentOfLogin,
  contentOfToken,
  grantedFor,
  renewed,
  sessionOf,
  withoutIdp,
} from '../../../src/bff/sessions/content.js'

const access = (value: string, changes: Partial<AccessToken> = {}): AccessToken => ({
  value,
  expiresAt: 10_000,
  scope: ['openid'],
  audience: ['urn:api'],
  roles: ['r'],
  ...changes,
})
const claims = { iss: 'i', sub: 'alice', aud: 'c', exp: 1, iat: 1, nonce: 'n', at_hash: 'h', name: 'Alice' }
const tokens = (changes: Partial<Tokens> = {}): Tokens => ({
  access: access('a1'),
  refreshToken: 'r1',
  refreshableUntil: null,
  idToken: 'id1',
  claims: { ...claims, sid: 's', auth_time: 5, acr: 'mfa', amr: ['pwd', 7] } as Tokens['claims'],
  profile: null,
  idpEndsAt: null,
  ...changes,
})
const login = { resource: undefined, idpLifetime: null, now: 1000 }
const record = { ref: 'ref', startedAt: 1000, usedAt: 2000 }
const limits = { idle: 10, absolute: 100 }

const jwt = (payload: object): string => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`

describe('what stands where a renewal does not say', () => {
  const idToken = jwt({ roles: ['admin'] })
  const of = (value: string, changes: Partial<Tokens> = {}) =>
    contentOfLogin(tokens({ access: access(value), idToken, ...changes }), login)

  it('is the scope there is, and the roles of the ID token', () => {
    expect(grantedFor(of('opaque'), null)).toEqual({ scope: ['openid'], roles: ['admin'] })
    expect(grantedFor(of(jwt({ sub: 'alice' })), null).roles).toEqual(['admin'])
  })

  it('is no scope of another resource', () =>
    expect(grantedFor(of('opaque'), 'urn:other')).toEqual({ roles: ['admin'] }))

  it('is no role, where access tokens tell them, or nothing does', () => {
    for (const told of [{ roles: ['user'] }, { roles: [] }, { realm_access: {} }])
      expect(grantedFor(of(jwt(told)), null).roles).toEqual([])
    expect(grantedFor(of('opaque', { idToken: null }), null).roles).toEqual([])
  })
})

describe('the content of a session', () => {
  it('has the user’s claims, and not those about the token', () => {
    const content = contentOfLogin(tokens(), login)
    expect(content.user).toEqual({ sub: 'alice', name: 'Alice' })
    expect(content.idp).toEqual({ status: 'active', sid: 's' })
    expect(content.authentication).toEqual({ time: 5000, acr: 'mfa', amr: ['pwd'] })
  })

  it('takes claims for data, whatever they are named', () => {
    const given = JSON.parse('{"sub":"alice","__proto__":{"admin":true},"constructor":{"a":1}}') as object
    for (const changes of [{ claims: given as Tokens['claims'] }, { profile: given as Tokens['profile'] }]) {
      const { user } = contentOfLogin(tokens(changes), login)
      expect(Object.getPrototypeOf(user)).toBe(Object.prototype)
      expect(Object.keys(user)).not.toContain('__proto__')
      expect([user['admin'], user['constructor']]).toEqual([undefined, { a: 1 }])
    }
  })

  it('takes an authentication whose time is not told for one long ago', () =>
    expect(contentOfLogin(tokens({ claims }), login).authentication).toEqual({ time: 0, amr: [] }))

  it('knows when the IDP session ends: as told, else by its lifetime, from each issuance on', () => {
    const lived = contentOfLogin(tokens(), { ...login, idpLifetime: 60 })
    expect(lived.idp.endsAt).toBe(61_000)
    const later = renewed(lived, tokens(), { resource: null, idpLifetime: 60, now: 31_000 })
    expect(later.idp.endsAt).toBe(91_000)
    const told = renewed(lived, tokens({ idpEndsAt: 70_000 }), {
      resource: null,
      idpLifetime: 60,
      now: 31_000,
    })
    expect(told.idp.endsAt).toBe(70_000)
    // What a token said is not outlived by what is only configured.
    const silent = renewed(told, tokens(), { resource: null, idpLifetime: 60, now: 60_000 })
    expect(silent.idp.endsAt).toBe(70_000)
    const again = renewed(silent, tokens({ idpEndsAt: 99_000 }), {
      resource: null,
      idpLifetime: 60,
      now: 60_000,
    })
    expect(again.idp.endsAt).toBe(99_000)
  })

  it('keeps at a renewal what the answer does not have, and the authentication as it was', () => {
    const before = { ...contentOfLogin(tokens({ refreshableUntil: 9 }), login), unanswered: true }
    const bare = tokens({ access: access('a2'), refreshToken: null, idToken: null, claims: null })
    const after = renewed(before, bare, { resource: null, idpLifetime: null, now: 2000 })
    expect(after).toEqual({ ...before, access: bare.access, unanswered: false })
    const other = tokens({
      claims: { ...claims, name: 'Alicia', auth_time: 99, acr: 'pwd' } as Tokens['claims'],
    })
    const renamed = renewed(before, other, { resource: null, idpLifetime: null, now: 2000 })
    expect(renamed.user).toEqual({ sub: 'alice', name: 'Alicia' })
    expect(renamed.authentication).toEqual(before.authentication)
  })

  it('keeps the tokens of further resources beside its own', () => {
    const before = contentOfLogin(tokens(), login)
    const after = renewed(before, tokens({ access: access('b1') }), {
      resource: 'urn:b',
      idpLifetime: null,
      now: 1,
    })
    expect(accessFor(after, null)?.value).toBe('a1')
    expect(accessFor(after, 'urn:b')?.value).toBe('b1')
    expect(accessFor(after, 'urn:c')).toBeUndefined()
    expect(accessFor(after, 'constructor')).toBeUndefined()
  })

  it('cannot be extended once its IDP session is over', () => {
    const content = withoutIdp(contentOfLogin(tokens(), login), 'refresh_lost')
    expect(content).toMatchObject({
      refreshToken: null,
      idp: { status: 'ended', sid: 's', endedBy: 'refresh_lost' },
    })
  })

  it('of a token that was brought has nothing to extend it with', () => {
    const content = contentOfToken({ access: access('t'), claims: { sub: 'bob', sid: 's', email: 'x' } })
    expect(content).toMatchObject({
      user: { sub: 'bob' },
      idp: { status: 'unknown', sid: 's' },
      refreshToken: null,
    })
  })
})

describe('the session as it is shown', () => {
  it('holds no token, and all the ends', () => {
    const session = sessionOf(
      record,
      contentOfLogin(tokens({ refreshableUntil: 50_000 }), login),
      limits,
      3000,
    )
    expect(session).toEqual({
      ref: 'ref',
      user: { sub: 'alice', name: 'Alice' },
      app: { startedAt: 1000, idleEndsAt: 12_000, endsAt: 101_000 },
      idp: { status: 'active', sid: 's' },
      access: {
        expiresAt: 10_000,
        extendable: true,
        extendableUntil: 50_000,
        scope: ['openid'],
        audience: ['urn:api'],
        roles: ['r'],
      },
      authentication: { time: 5000, acr: 'mfa', amr: ['pwd'] },
    })
    expect(JSON.stringify(session)).not.toMatch(/"a1"|"r1"|"id1"/)
  })

  it('says that the IDP session is over once its end has passed', () => {
    const content = contentOfLogin(tokens({ idpEndsAt: 5000 }), login)
    expect(sessionOf(record, content, limits, 4999).idp.status).toBe('active')
    const over = sessionOf(record, content, limits, 5000)
    expect(over.idp).toMatchObject({ status: 'ended', endedBy: 'expired' })
    expect(over.access.extendable).toBe(false)
  })

  it('for a resource has the access to that: expired, where there is none yet', () => {
    const content = contentOfLogin(tokens(), login)
    const session = sessionOf(record, content, limits, 3000, 'urn:b')
    expect(session.access).toMatchObject({ expiresAt: 0, extendable: true, audience: ['urn:b'], scope: [] })
  })
})
