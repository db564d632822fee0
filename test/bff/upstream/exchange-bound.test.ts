import { once } from 'node:events'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDpopKey } from '../../../src/bff/dpop/key.js'
import { createProofs } from '../../../src/bff/dpop/proofs.js'
import type { BoundCall } from '../../../src/bff/dpop/proofs.js'
import { systemEdges } from '../../../src/bff/edges.js'
import type { ResolvedUpstream } from '../../../src/bff/upstream/call.js'
import { exchangeBound } from '../../../src/bff/upstream/exchange-bound.js'
import type { UpstreamFault } from '../../../src/bff/upstream/fault.js'
import type { UpstreamRequest } from '../../../src/bff/upstream/prepare.js'
import { closeConnections } from '../../../src/bff/upstream/transport-undici.js'
import type { OutgoingBody } from '../../../src/bff/upstream/transport-undici.js'
import { startUpstream } from './upstream-server.js'
import type { UpstreamServer } from './upstream-server.js'

let api: UpstreamServer
let upstream: ResolvedUpstream
beforeEach(async () => {
  api = await startUpstream()
  upstream = { name: 'orders', url: api.url, token: 'user', timeout: 5, methods: null, require: {} }
})
afterEach(async () => {
  await closeConnections([upstream])
  await api.close()
})

const begin = async (method: string): Promise<BoundCall> =>
  createProofs(systemEdges).begin(
    { value: 'test-bound-token', dpopKey: await createDpopKey() },
    { method, origin: upstream.url.origin, path: '/v1/1' },
  )

const requestOf = (method: string): UpstreamRequest => ({
  upstream,
  method,
  target: '/v1/1',
  headers: [],
  answered: (_status, headers) => ['content-type', String(headers['content-type'])],
})

/** What became of an exchange: each part as it came, and its end. */
async function outcome(method: string, body: OutgoingBody | null, change = (bound: BoundCall) => bound) {
  const parts: string[] = []
  const bound = change(await begin(method))
  let abort = (): void => {}
  const over = new Promise<void>((resolve) => {
    const flow = exchangeBound(bound)(requestOf(method), body, {
      head: (status) => void parts.push(String(status)),
      data: (chunk) => void parts.push(chunk.toString()),
      end: () => resolve(void parts.push('end')),
      fail: (fault: UpstreamFault) => resolve(void parts.push(fault.code)),
    })
    abort = flow.abort
  })
  return { parts, over, abort }
}

const wantsNonce = (): void => {
  api.answer = (_request, response, { headers }) => {
    const proof = decodeJwt(headers.find(([name]) => name === 'dpop')?.[1] ?? '')
    response.setHeader('DPoP-Nonce', 'n')
    if (proof['nonce'] !== 'n') response.writeHead(401, { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"' })
    response.end('answer')
  }
}

it.each([
  ['no body', 'GET', null],
  ['bytes', 'PUT', Buffer.from('bytes')],
])('%s: the sink sees one answer, that of the second try', async (_name, method, body) => {
  wantsNonce()
  const { parts, over } = await outcome(method, body)
  await over
  expect(parts).toEqual(['200', 'answer', 'end'])
  expect(api.received).toHaveLength(2)
})

it('a call that is given up between its tries is over, and is not sent again', async () => {
  wantsNonce()
  const { parts, over, abort } = await outcome('GET', null, (bound) => ({
    ...bound,
    again() {
      abort()
      return bound.again()
    },
  }))
  await over
  expect(parts).toEqual(['aborted'])
  expect(api.received).toHaveLength(1)
})

it('a proof that cannot be made is a fault of the call', async () => {
  wantsNonce()
  const { parts, over } = await outcome('GET', null, (bound) => ({
    ...bound,
    again: () => Promise.reject(new Error('no key')),
  }))
  await over
  expect(parts).toEqual(['upstream_failed'])
})

it('a client that goes ends the call at the upstream', async () => {
  api.answer = () => {}
  const { parts, over, abort } = await outcome('GET', null)
  const [, response] = (await once(api.server, 'request')) as [unknown, NodeJS.EventEmitter]
  const closed = once(response, 'close')
  abort()
  await over
  await closed
  expect(parts).toEqual(['aborted'])
})
