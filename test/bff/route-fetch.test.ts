import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { createDpopKey } from '../../src/bff/dpop/key.js'
import { createProofs } from '../../src/bff/dpop/proofs.js'
import { systemEdges } from '../../src/bff/edges.js'
import type { AccessToken } from '../../src/bff/idp/access-token.js'
import { fetchWith } from '../../src/bff/route-fetch.js'

const API = 'https://api.example.com/v1/x?q=1'
const bearer: AccessToken = { value: 'test-token', expiresAt: 0, scope: [], audience: [], roles: [] }

/** Calls an API that wants a nonce, or none. */
async function call(token: AccessToken, input: Request | URL | string, init?: RequestInit, nonce?: string) {
  const seen: { headers: Headers; body: string; method: string; proof: Record<string, unknown> }[] = []
  const answer = await fetchWith(
    token,
    createProofs(systemEdges),
    async (given) => {
      const request = given as Request
      const { headers, method } = request
      const proof = decodeJwt(headers.get('dpop') ?? 'e30.e30.')
      seen.push({ headers, method, body: await request.text(), proof })
      return nonce === undefined || proof['nonce'] === nonce
        ? new Response('well')
        : new Response('', {
            status: 401,
            headers: { 'dpop-nonce': nonce, 'www-authenticate': 'DPoP error="use_dpop_nonce"' },
          })
    },
    input,
    init,
  )
  return { answer, seen }
}

const bound = async (): Promise<AccessToken> => ({ ...bearer, dpopKey: await createDpopKey() })

describe('a Bearer token', () => {
  it('goes along as it is, in the place of what was there', async () => {
    const headers = { Authorization: 'Basic x', DPoP: 'x', Accept: 'text/plain' }
    const { answer, seen } = await call(bearer, API, { headers })
    expect(await answer.text()).toBe('well')
    expect([...(seen[0]?.headers ?? [])]).toEqual([
      ['accept', 'text/plain'],
      ['authorization', 'Bearer test-token'],
    ])
  })
})

describe('a bound token', () => {
  it.each([
    ['an address', API, { method: 'PUT', body: 'a' }],
    ['a URL', new URL(API), { method: 'PUT', body: new URLSearchParams('a') }],
    ['a request', new Request(API), { method: 'PUT', body: 'a' }],
  ])(
    'goes along with a proof of what is asked (%s), and once more with a nonce',
    async (_name, input, init) => {
      const { answer, seen } = await call(await bound(), input, init, 'n-1')
      expect(answer.status).toBe(200)
      expect(seen).toHaveLength(2)
      for (const { headers, method, body, proof } of seen) {
        expect(headers.get('authorization')).toBe('DPoP test-token')
        expect(proof).toMatchObject({ htm: 'PUT', htu: 'https://api.example.com/v1/x' })
        expect([method, body.slice(0, 1)]).toEqual(['PUT', 'a'])
      }
      expect(seen[0]?.proof['jti']).not.toBe(seen[1]?.proof['jti'])
    },
  )

  it.each([
    ['a stream', API, () => ({ method: 'POST', body: new Blob(['a']).stream(), duplex: 'half' })],
    ['a request with a body', new Request(API, { method: 'POST', body: 'a' }), () => ({})],
  ])('%s is sent once: its answer is returned', async (_name, input, init) => {
    const { answer, seen } = await call(await bound(), input, init() as RequestInit, 'n-1')
    expect(answer.status).toBe(401)
    expect(seen).toHaveLength(1)
  })

  it('gets any other answer as it is', async () => {
    const { answer, seen } = await call(await bound(), new Request(API, { method: 'DELETE' }))
    expect(await answer.text()).toBe('well')
    expect(seen[0]?.method).toBe('DELETE')
  })
})
