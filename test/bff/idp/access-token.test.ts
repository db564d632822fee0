import { UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  audienceOf,
  claimsIn,
  endOf,
  lifetimeOf,
  rolesOf,
  scopeOf,
} from '../../../src/bff/idp/access-token.js'

describe('an access token', () => {
  it('is read where it is a JWT, and opaque otherwise', () => {
    expect(claimsIn(new UnsecuredJWT({ aud: 'x' }).encode())).toEqual({ aud: 'x' })
    for (const opaque of ['', 'opaque', 'a.b', 'a.b.c', 'x.eyJhIjox.y']) expect(claimsIn(opaque)).toBeNull()
  })

  it.each([
    [60, null, 60],
    [60, { exp: 1_000_100, iat: 1_000_000 }, 60],
    [undefined, { exp: 1_000_100, iat: 1_000_000 }, 100],
    [undefined, { exp: 1_000_100 }, 90],
    [undefined, { exp: 5 }, 300],
    [undefined, null, 300],
    [1e12, null, 365 * 24 * 3600],
  ])('that says %j and %j lives for %d s', (expiresIn, claims, seconds) =>
    expect(lifetimeOf(expiresIn, claims, 1_000_010_000)).toBe(seconds),
  )

  it.each([
    [60, null, 1_000_070_500],
    [60, { exp: 1_000_070 }, 1_000_069_500],
    [60, { exp: 1_000_069 }, 1_000_069_000],
    [60, { exp: 1_000_066 }, 1_000_066_000],
    [3600, { exp: 1_003_606 }, 1_003_606_000],
    // The IDP's clock is ahead, or further behind than an answer is slow: only the length says something.
    [60, { exp: 1_000_100 }, 1_000_070_500],
    [60, { exp: 1_000_065 }, 1_000_070_500],
    [3600, { exp: 1_003_605 }, 1_003_610_500],
    [3, { exp: 1_000_013 }, 1_000_013_500],
    [undefined, { exp: 1_000_070, iat: 1_000_010 }, 1_000_069_500],
  ])('that says %j and %j, come at 1000010500, is over at %d', (expiresIn, claims, end) =>
    expect(endOf(expiresIn, claims, 1_000_010_500)).toBe(end),
  )

  it.each([
    [{ scope: 'a  b' }, ['a', 'b']],
    [{ scp: ['a', 'b', 3] }, ['a', 'b']],
    [{ scp: 'a b' }, ['a', 'b']],
    [{}, null],
    [null, null],
  ])('%j has the scopes %j', (claims, scope) => expect(scopeOf(claims)).toEqual(scope))

  it('has audiences, one or several', () => {
    expect(audienceOf({ aud: 'urn:with space' })).toEqual(['urn:with space'])
    expect(audienceOf({ aud: ['a', 'b'] })).toEqual(['a', 'b'])
    expect(audienceOf(null)).toEqual([])
  })

  it('and the ID token have roles, each once', () => {
    expect(rolesOf({ roles: ['a', 'b'] }, { roles: 'b c' }, null)).toEqual(['a', 'b', 'c'])
    expect(rolesOf({ realm_access: { roles: ['r'] } })).toEqual(['r'])
    expect(rolesOf({ realm_access: 'x', roles: 7 }, null)).toEqual([])
  })
})
