import { describe, expect, it } from 'vitest'
import { NoAnswer, Refused } from '../../../src/bff/idp/failures.js'
import { createNonces } from '../../../src/bff/dpop/nonces.js'
import { wire } from '../../../src/bff/idp/wire.js'
import { noMetrics } from '../../../src/bff/metrics.js'

const TOKEN = 'https://idp.test/token'
const options = { method: 'POST', headers: {}, body: '', redirect: 'manual' } as const

const asked = (answer: () => Response | Promise<Response>, url = TOKEN) =>
  wire({ fetch: async () => answer(), now: () => 0 }, TOKEN)(url, options)

const failing = (code: string) =>
  asked(() => Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code }) })))

describe('the way to the token endpoint', () => {
  it('brings tokens, tidied', async () => {
    const answer = await asked(() => new Response('{"access_token":"a","expires_in":null}'))
    expect(await answer.json()).toEqual({ access_token: 'a', token_type: 'Bearer' })
  })

  it('tells a refusal from no answer', async () => {
    await expect(asked(() => Response.json({ error: 'invalid_grant' }, { status: 400 }))).rejects.toThrow(
      Refused,
    )
    const limited = asked(() => new Response('', { status: 429, headers: { 'retry-after': '3' } }))
    await expect(limited).rejects.toMatchObject({ lost: false, retryAfter: 3000 })
    await expect(limited).rejects.toThrow(NoAnswer)
  })

  it.each(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT'])(
    'knows that nothing was sent (%s)',
    (code) => expect(failing(code)).rejects.toMatchObject({ lost: false }),
  )

  it.each(['ECONNRESET', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT'])('fears the worst (%s)', (code) =>
    expect(failing(code)).rejects.toMatchObject({ lost: true }),
  )

  it('fears the worst where the answer breaks off, or takes too long', async () => {
    const broken = new ReadableStream({
      start: (controller) => controller.error(new TypeError('terminated')),
    })
    await expect(asked(() => new Response(broken))).rejects.toMatchObject({ lost: true })
    await expect(asked(() => Promise.reject(new DOMException('', 'TimeoutError')))).rejects.toMatchObject({
      lost: true,
    })
  })

  describe('where the IDP wants its nonce in a proof (RFC 9449 §8)', () => {
    const init = { status: 400, headers: { 'dpop-nonce': 'n-1' } }
    const wanted = () => Response.json({ error: 'use_dpop_nonce', error_description: 'x' }, init)
    const proven = { ...options, headers: { dpop: 'proof' } }
    const metrics = { ...noMetrics, tokenRequest: () => void counts++ }
    let counts = 0

    it('lets the library know, and counts the request that follows', async () => {
      const nonces = createNonces()
      const way = wire({ fetch: async () => wanted(), now: () => 0, metrics }, TOKEN, undefined, nonces)
      const answer = await way(TOKEN, proven)
      expect([answer.status, await answer.json()]).toEqual([400, { error: 'use_dpop_nonce' }])
      expect(nonces.get('https://idp.test')).toBe('n-1')
      expect(counts).toBe(0)
    })

    it('is no refusal of anybody without proof or nonce', async () => {
      const asking = { lost: false, error: 'use_dpop_nonce' }
      await expect(asked(wanted)).rejects.toMatchObject(asking)
      const bare = () => Response.json({ error: 'use_dpop_nonce' }, { status: 400 })
      const way = wire({ fetch: async () => bare(), now: () => 0 }, TOKEN)
      await expect(way(TOKEN, proven)).rejects.toMatchObject(asking)
    })

    it('takes note of what any answer brings', async () => {
      const nonces = createNonces()
      const answer = (url: string) =>
        new Response('{}', { headers: { 'dpop-nonce': `of ${url}`.replace(' ', '-') } })
      const way = wire({ fetch: async (url) => answer(String(url)), now: () => 0 }, TOKEN, undefined, nonces)
      await way('https://idp.test/me', options)
      await way('https://other.test/x', options)
      expect(nonces.get('https://idp.test')).toBe('of-https://idp.test/me')
      expect(nonces.get('https://other.test')).toBe('of-https://other.test/x')
    })
  })

  const elsewhere = (answer: () => Response) => asked(answer, 'https://idp.test/revocation')

  it('makes OAuth errors of what an API answers at other addresses', async () => {
    const refusal = { message: ['token is missing'], error_code: 400 }
    const answer = await elsewhere(() => Response.json(refusal, { status: 400 }))
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'token is missing' },
    ])
    const other = await elsewhere(() => Response.json({ error: 'x' }, { status: 400 }))
    expect(await other.json()).toEqual({ error: 'x' })
  })

  it('takes 429 for no answer at every address', async () => {
    const limited = { status: 429, headers: { 'retry-after': '7' } }
    await expect(elsewhere(() => new Response('', limited))).rejects.toMatchObject({
      ...{ name: 'UnusableAnswer', isLimited: true, lost: false, retryAfter: 7000 },
    })
  })

  it('takes a request that was pushed well for one that was made', async () => {
    const push = 'https://idp.test/request'
    const pushed = () => Response.json({ request_uri: 'urn:x', expires_in: 60 })
    const answer = await wire({ fetch: async () => pushed(), now: () => 0 }, TOKEN, push)(push, options)
    expect([answer.status, await answer.json()]).toEqual([201, { request_uri: 'urn:x', expires_in: 60 }])
    expect((await elsewhere(pushed)).status).toBe(200)
  })

  it('leaves other addresses alone', async () => {
    const answer = await asked(() => new Response('<html>', { status: 500 }), 'https://idp.test/jwks')
    expect([answer.status, await answer.text()]).toEqual([500, '<html>'])
  })
})
