import { createHash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { createDpopKey, publicPartOf } from '../../../src/bff/dpop/key.js'
import { createProofs } from '../../../src/bff/dpop/proofs.js'
import type { Proofs } from '../../../src/bff/dpop/proofs.js'
import { systemEdges } from '../../../src/bff/edges.js'

const NOW = Date.UTC(2026, 10, 26) + 999
const target = { method: 'POST', origin: 'https://api.example.com', path: '/v1/orders/%2F;a=1' }

async function begin(proofs: Proofs = createProofs({ ...systemEdges, now: () => NOW }), changes = {}) {
  const dpopKey = await createDpopKey()
  const call = await proofs.begin({ value: 'test-access-token', dpopKey }, { ...target, ...changes })
  return { dpopKey, call }
}

const proofIn = (headers: readonly string[]): string => headers[headers.indexOf('dpop') + 1] ?? ''

it('a proof is what RFC 9449 §4.2 says it is', async () => {
  const { dpopKey, call } = await begin()
  expect(call.headers.slice(0, 3)).toEqual(['authorization', 'DPoP test-access-token', 'dpop'])
  const { payload, protectedHeader } = await jwtVerify(proofIn(call.headers), EmbeddedJWK, {
    currentDate: new Date(NOW),
  })
  expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'dpop+jwt', jwk: publicPartOf(dpopKey) })
  expect(payload).toEqual({
    htm: 'POST',
    htu: 'https://api.example.com/v1/orders/%2F;a=1',
    ath: createHash('sha256').update('test-access-token').digest('base64url'),
    jti: expect.stringMatching(/^[\w-]{22}$/),
    iat: Math.floor(NOW / 1000),
  })
})

it('a thousand proofs have a thousand identifiers', async () => {
  const { call } = await begin()
  const ids = new Set<unknown>()
  for (let i = 0; i < 1000; i++) {
    const proof = proofIn(await call.again())
    ids.add(decodeJwt(proof).jti)
    expect(decodeProtectedHeader(proof).jwk).not.toHaveProperty('d')
  }
  expect(ids.size).toBe(1000)
})

describe('an answer', () => {
  const wanted = 'DPoP error="use_dpop_nonce", algs="ES256"'

  it('that wants a nonce is answered with it, and so is the next call', async () => {
    const proofs = createProofs(systemEdges)
    const { call } = await begin(proofs)
    expect(call.heard(401, 'n-1', wanted)).toBe(true)
    expect(decodeJwt(proofIn(await call.again()))['nonce']).toBe('n-1')
    expect(decodeJwt(proofIn((await begin(proofs)).call.headers))['nonce']).toBe('n-1')
    const elsewhere = await begin(proofs, { origin: 'https://other.example.com' })
    expect(decodeJwt(proofIn(elsewhere.call.headers))).not.toHaveProperty('nonce')
  })

  it('that is well may bring the next nonce (§8.2)', async () => {
    const { call } = await begin()
    expect(call.heard(200, 'n-2', null)).toBe(false)
    expect(decodeJwt(proofIn(await call.again()))['nonce']).toBe('n-2')
  })

  it.each([
    [401, null, wanted],
    [401, 'n', 'DPoP error="invalid_token"'],
    [401, 'n', null],
    [400, 'n', wanted],
    [401, 'n', 'Bearer error="use_dpop_nonce"'],
  ])('%i with nonce %j and %j does not want another proof', async (status, nonce, challenge) => {
    expect((await begin()).call.heard(status, nonce, challenge)).toBe(false)
  })
})
