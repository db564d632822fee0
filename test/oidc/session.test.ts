// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { sessionFrom } from '../../src/oidc/session.js'
import type { IdpEnd } from '../../src/session/session.js'
import { tokensFrom } from '../../src/oidc/tokens.js'
import { jwt } from './tokens-for-tests.js'

const NOW = 1_800_000_000_000
const SECONDS = NOW / 1000

const session = (claims: object, wire: object = {}, endedBy?: IdpEnd) =>
  sessionFrom(
    tokensFrom(
      { access_token: 'opaque', expires_in: 60, ...wire },
      { nonce: 'n', scope: ['openid'], audience: [] },
      { sub: 'alice', iat: SECONDS, ...claims },
      NOW,
    ),
    'ref-1',
    { startedAt: NOW - 1_000, endsAt: NOW + 1_000 },
    endedBy,
  )

describe('sessionFrom', () => {
  it('is whole with the least an IDP says', () => {
    expect(session({})).toEqual({
      ref: 'ref-1',
      user: { sub: 'alice' },
      app: { startedAt: NOW - 1_000, endsAt: NOW + 1_000 },
      idp: { status: 'active' },
      access: { expiresAt: NOW + 60_000, extendable: false, scope: ['openid'], audience: [], roles: [] },
      authentication: { time: 0, amr: [] },
    })
  })

  it('tells what is about the user, and nothing about the token', () => {
    const about = { name: 'Alice', email: 'alice@example.com', address: { country: 'SE' } }
    const protocol = {
      iss: 'i',
      aud: 'a',
      exp: 1,
      nonce: 'n',
      at_hash: 'h',
      azp: 'a',
      jti: 'j',
      sid: 's',
      typ: 'ID',
    }
    expect(session({ ...about, ...protocol }).user).toEqual({ sub: 'alice', ...about })
  })

  it('tells how and when the user authenticated', () => {
    const { authentication } = session({ auth_time: SECONDS - 50, acr: 'mfa', amr: ['pwd', 'otp'] })
    expect(authentication).toEqual({ time: NOW - 50_000, acr: 'mfa', amr: ['pwd', 'otp'] })
  })

  it('tells which IDP session it is and when that ends, where the IDP does', () => {
    expect(session({ sid: 'sid-1', session_expiry: SECONDS + 600 }).idp).toEqual({
      status: 'active',
      sid: 'sid-1',
      endsAt: NOW + 600_000,
    })
    const access_token = jwt({ session_expiry: SECONDS + 60 })
    expect(session({}, { access_token }).idp.endsAt).toBe(NOW + 60_000)
  })

  it('can be extended with a refresh token, until its cap', () => {
    const { access } = session({}, { refresh_token: 'r', refresh_expires_in: 600 })
    expect(access).toMatchObject({ extendable: true, extendableUntil: NOW + 600_000 })
  })

  it('can be extended no more once the IDP session is over', () => {
    expect(session({ sid: 'sid-1' }, { refresh_token: 'r' }, 'logout')).toMatchObject({
      idp: { status: 'ended', endedBy: 'logout', sid: 'sid-1' },
      access: { expiresAt: NOW + 60_000, extendable: false },
    })
  })

  it('has the roles of the access token and of the ID token', () => {
    const access_token = jwt({ roles: ['admin', 'customer'], realm_access: { roles: ['operator'] } })
    expect(session({ roles: 'customer guest' }, { access_token }).access.roles).toEqual([
      'admin',
      'customer',
      'operator',
      'guest',
    ])
    expect(session({ roles: null, realm_access: null }).access.roles).toEqual([])
  })

  it('holds no token', () => {
    const wire = { access_token: jwt({ sub: 'alice' }), refresh_token: 'secret-r', id_token: 'secret-i' }
    const shown = JSON.stringify(session({}, wire))
    for (const secret of Object.values(wire)) expect(shown).not.toContain(secret)
  })
})
