// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { tokensFrom } from '../../src/oidc/tokens.js'
import { jwt } from './tokens-for-tests.js'

const NOW = 1_800_000_000_000
const claims = { sub: 'alice', iat: NOW / 1000 }
const asked = { nonce: 'n', scope: ['openid', 'a'], audience: ['urn:asked'] }
const tokens = (wire: object, before: Parameters<typeof tokensFrom>[1] = asked) =>
  tokensFrom({ access_token: 'opaque', ...wire }, before, claims, NOW)

describe('how long the access token lives', () => {
  it.each([
    [60, 60],
    ['60', 60],
    [59.5, 59.5],
    [1e12, 365 * 86_400],
    [0, 300],
    [-1, 300],
    ['soon', 300],
    [null, 300],
    [undefined, 300],
  ])('expires_in %s: %s s', (expires_in, seconds) => {
    expect(tokens({ expires_in }).expiresAt).toBe(NOW + seconds * 1000)
  })

  it('is what the token itself says where the answer says nothing', () => {
    const access_token = jwt({ exp: NOW / 1000 + 120 })
    expect(tokens({ access_token }).expiresAt).toBe(NOW + 120_000)
    expect(tokens({ access_token, expires_in: 60 }).expiresAt).toBe(NOW + 60_000)
    expect(tokens({ access_token: jwt({ exp: NOW / 1000 - 120 }) }).expiresAt).toBe(NOW + 300_000)
    // By its length: the clock it was made by may be another.
    expect(tokens({ access_token: jwt({ iat: 1_000, exp: 1_030 }) }).expiresAt).toBe(NOW + 30_000)
  })
})

describe('scope and audience', () => {
  it('are what was asked for where the answer says nothing (RFC 6749 §5.1)', () => {
    expect(tokens({})).toMatchObject({ scope: ['openid', 'a'], audience: ['urn:asked'] })
  })

  it('are what the token says of itself where the answer says nothing', () => {
    expect(tokens({ access_token: jwt({ scope: 'openid b' }) }).scope).toEqual(['openid', 'b'])
    expect(tokens({ access_token: jwt({ scp: ['openid', 'c'] }) }).scope).toEqual(['openid', 'c'])
  })

  it('are what was granted', () => {
    const wire = { scope: 'openid  b', access_token: jwt({ aud: ['urn:one', 'urn:two'] }) }
    expect(tokens(wire)).toMatchObject({ scope: ['openid', 'b'], audience: ['urn:one', 'urn:two'] })
  })
})

describe('a refresh', () => {
  const before = tokens({ refresh_token: 'r1', id_token: 'i1', refresh_expires_in: 600, scope: 'openid b' })

  it('keeps what the answer leaves out', () => {
    expect(tokens({}, before)).toMatchObject({
      refreshToken: 'r1',
      idToken: 'i1',
      scope: ['openid', 'b'],
      extendableUntil: NOW + 600_000,
    })
  })

  it('takes what is new', () => {
    const after = tokens({ refresh_token: 'r2', id_token: 'i2', refresh_token_expires_in: '60' }, before)
    expect(after).toMatchObject({ refreshToken: 'r2', idToken: 'i2', extendableUntil: NOW + 60_000 })
  })

  it.each([0, -1, 'never'])('a cap of %s is none', (refresh_expires_in) => {
    expect(tokens({ refresh_expires_in }).extendableUntil).toBeUndefined()
  })
})
