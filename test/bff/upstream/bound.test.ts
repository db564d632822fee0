import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { createDpopKey } from '../../../src/bff/dpop/key.js'
import { createProofs } from '../../../src/bff/dpop/proofs.js'
import { systemEdges } from '../../../src/bff/edges.js'
import { MOST_KEPT } from '../../../src/bff/upstream/repeatable.js'
import { callsOver, transports } from './calls.js'
import type { Calls } from './calls.js'
import type { Received } from './upstream-server.js'

const proofs = createProofs(systemEdges)

/** Calls with a bound token. */
async function call({ call: send, upstream }: Calls, method = 'GET', init: RequestInit = {}) {
  const { origin, pathname } = upstream.url
  const bound = await proofs.begin(
    { value: 'test-bound-token', dpopKey: await createDpopKey() },
    { method, origin, path: `${pathname}1` },
  )
  return send('1', { method, ...init }, { accessToken: null, bound })
}

/** The claims of the proofs that arrived. */
const proven = ({ api }: Calls) =>
  api.received.map(({ headers }) =>
    decodeJwt(headers.find(([name]) => name === 'dpop')?.[1] ?? 'no proof came along'),
  )

/** Wants a nonce, and answers with what it received once it is there. */
const wants =
  (nonce: string) =>
  (_request: IncomingMessage, response: ServerResponse, { headers, body }: Received): void => {
    const proof = headers.find(([name]) => name === 'dpop')?.[1] ?? ''
    response.setHeader('DPoP-Nonce', nonce)
    if (decodeJwt(proof)['nonce'] === nonce)
      return void body.then((bytes) => response.end(`got ${bytes.length}`))
    response.writeHead(401, { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"' })
    body.then(
      () => response.end('x'.repeat(100_000)),
      () => response.destroy(),
    )
  }

describe.each(transports)('over %s, a call with a bound token', (_name, forward) => {
  const calls = callsOver(forward)

  it('carries token and proof, once each, whatever the client sent', async () => {
    const headers = { authorization: 'Bearer theirs', dpop: 'theirs' }
    expect((await call(calls, 'GET', { headers })).status).toBe(200)
    expect(calls.api.header('authorization')).toEqual(['DPoP test-bound-token'])
    expect(calls.api.header('dpop')).toHaveLength(1)
    expect(proven(calls)[0]).toMatchObject({ htm: 'GET', htu: `${calls.upstream.url.href}1` })
  })

  it('is sent again with the nonce its upstream wants, body and all, and what came first is given up', async () => {
    calls.api.answer = wants('n-1')
    const answer = await call(calls, 'POST', { body: 'a body' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('dpop-nonce')).toBeNull()
    expect(await answer.text()).toBe('got 6')
    const [first, second] = proven(calls)
    expect([first?.['nonce'], second?.['nonce']]).toEqual([undefined, 'n-1'])
    expect(second?.jti).not.toBe(first?.jti)
  })

  it('is refused where its body was too long to be kept', async () => {
    calls.api.answer = wants('n-2')
    const body = new Blob([new Uint8Array(2 * MOST_KEPT)]).stream()
    const answer = await call(calls, 'POST', { body, duplex: 'half' } as RequestInit)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ code: 'upstream_failed' })
    expect(calls.api.received).toHaveLength(1)
  })

  it('keeps to the longest body there may be', async () => {
    calls.upstream = { ...calls.upstream, maxBody: 10 }
    const body = new Blob(['twelve bytes']).stream()
    const answer = await call(calls, 'POST', { body, duplex: 'half' } as RequestInit)
    expect(answer.status).toBe(413)
  })

  it('gets what the upstream says where that is no wish for a nonce', async () => {
    calls.api.answer = (_request, response) => {
      response.writeHead(401, {
        'WWW-Authenticate': 'DPoP error="insufficient_user_authentication", acr_values="mfa"',
        'DPoP-Nonce': 'n-3',
      })
      response.end()
    }
    const answer = await call(calls)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain('acr_values="mfa"')
    expect(calls.api.received).toHaveLength(1)
  })
})

describe('over a connection that breaks', () => {
  const calls = callsOver(transports[0]![1])

  it('a call that reads is sent again with another proof; one that writes is not', async () => {
    calls.api.answer = (request, response) => {
      if (calls.api.received.length % 2 === 1) request.socket.destroy()
      else response.end('well')
    }
    expect(await (await call(calls)).text()).toBe('well')
    expect(new Set(proven(calls).map(({ jti }) => jti)).size).toBe(2)
    expect((await call(calls, 'POST', { body: 'x' })).status).toBe(502)
    expect(calls.api.received).toHaveLength(3)
  })
})
