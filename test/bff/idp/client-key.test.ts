import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import * as oidc from 'openid-client'
import { describe, expect, it } from 'vitest'
import { algorithmOf, algorithmsOf, signerOf } from '../../../src/bff/idp/client-key.js'
import { clientKeys } from '../../support/client-keys.js'

const NOW = 1_800_000_000_500
const server = { issuer: 'https://idp.test' }

describe('the algorithm of a key', () => {
  it.each([
    ['RSA', undefined, 'RS256'],
    ['RSA', ['PS256', 'RS256'], 'RS256'],
    ['RSA', ['PS512', 'PS256'], 'PS256'],
    ['RSA', ['ES256'], 'RS256'],
    ['RSA', 'PS256', 'RS256'],
    ['P-256', undefined, 'ES256'],
    ['P-384', ['RS256', 'ES256'], 'ES384'],
    ['P-521', [], 'ES512'],
    ['Ed25519', undefined, 'EdDSA'],
    ['Ed25519', ['Ed25519'], 'Ed25519'],
    ['Ed25519', ['Ed25519', 'EdDSA'], 'EdDSA'],
  ] as const)('%s, where the provider lists %j, is %s', (kind, supported, alg) => {
    expect(algorithmOf(clientKeys(kind).jwk, supported)).toBe(alg)
  })

  it('is its own, whatever the provider lists', () => {
    expect(algorithmOf({ ...clientKeys('RSA').jwk, alg: 'PS384' }, ['RS256'])).toBe('PS384')
  })

  it('is none for what signs nothing', () => {
    expect(algorithmsOf({ kty: 'EC', crv: 'secp256k1' })).toEqual([])
    expect(algorithmsOf({})).toEqual([])
  })
})

describe('what a key signs', () => {
  it.each(['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519'] as const)(
    'with %s is good for as long as is said',
    async (kind) => {
      const { jwk, publicJwk } = clientKeys(kind, 'one')
      const { key, assertion } = await signerOf(jwk, undefined, () => NOW, { lasts: 60, before: null })
      const body = new URLSearchParams()
      await oidc.PrivateKeyJwt(key, assertion)(server, { client_id: 'bff' }, body, new Headers())
      const signed = body.get('client_assertion') ?? ''
      expect(decodeProtectedHeader(signed)).toEqual({ alg: algorithmOf(jwk, undefined), kid: 'one' })
      expect(decodeJwt(signed)).toEqual({
        ...{ iss: 'bff', sub: 'bff', aud: server.issuer, jti: expect.any(String) },
        ...{ iat: 1_800_000_000, exp: 1_800_000_060 },
      })
      await jwtVerify(signed, await importJWK(publicJwk, algorithmOf(jwk, undefined)), {
        currentDate: new Date(NOW),
      })
    },
  )

  it('is signed by a key that cannot be taken out again', async () => {
    const { key } = await signerOf(clientKeys().jwk, undefined, () => NOW, { lasts: 60, before: 10 })
    expect('key' in key ? key.key.extractable : null).toBe(false)
  })
})
