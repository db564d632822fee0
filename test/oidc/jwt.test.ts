// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { base64url, decodeJwt, randomText, strings } from '../../src/oidc/jwt.js'
import { jwt } from './tokens-for-tests.js'

describe('decodeJwt', () => {
  it('reads header and claims, whatever characters are in them', () => {
    const claims = { sub: 'a', name: 'Zoë 🚲 Ünal', padding: '>>>???' }
    expect(decodeJwt(jwt(claims, { alg: 'ES256' }))).toEqual({ header: { alg: 'ES256' }, claims })
  })

  it('reads 20 kB of claims', () => {
    const claims = { sub: 'a', padding: 'é'.repeat(20_000) }
    expect(decodeJwt(jwt(claims))?.claims).toEqual(claims)
  })

  it.each(['', 'opaque', 'a.b', 'a.b.c', `${btoa('5')}.${btoa('null')}.x`])('is null for %s', (token) => {
    expect(decodeJwt(token)).toBeNull()
  })
})

it('base64url has no character that needs escaping', () => {
  expect(base64url(Uint8Array.of(251, 255, 254, 0))).toBe('-__-AA')
})

it('randomText never repeats itself', () => {
  const texts = new Set(Array.from({ length: 1000 }, randomText))
  expect(texts.size).toBe(1000)
  for (const text of texts) expect(text).toMatch(/^[\w-]{22}$/)
})

it('strings takes one, several or none', () => {
  expect(strings('a')).toEqual(['a'])
  expect(strings(['a', 5, 'b'])).toEqual(['a', 'b'])
  expect(strings(undefined)).toEqual([])
})
