import { describe, expect, it } from 'vitest'
import { atMost, prepare as prepareCall } from '../../../src/bff/upstream/prepare.js'
import type { AdmittedCall } from '../../../src/bff/upstream/call.js'
import type { IncomingHead } from '../../../src/bff/upstream/prepare.js'

const prepare = (given: AdmittedCall & IncomingHead) => prepareCall(given, given)

const call: AdmittedCall & IncomingHead = {
  method: 'GET',
  path: '42?x=1',
  headers: ['Cookie', 'a=1', 'Accept', 'text/plain'],
  mount: '/bff/api/orders/',
  origin: 'https://app.example.com',
  upstream: {
    name: 'orders',
    url: new URL('http://127.0.0.1:4100/v1/'),
    token: 'user',
    timeout: 30,
    methods: null,
    require: {},
  },
  accessToken: 'test-token',
  requestId: 'request-1',
  clientAddress: null,
}

describe('a call', () => {
  it('leaves with every rule applied, both ways', () => {
    const request = prepare(call)
    expect(request).toMatchObject({ method: 'GET', target: '/v1/42?x=1' })
    const { headers, answered } = request as Exclude<typeof request, { code: string }>
    expect(headers).toEqual(
      expect.arrayContaining(['accept', 'text/plain', 'authorization', 'Bearer test-token']),
    )
    expect(headers).not.toContain('a=1')
    const answer = answered(302, { location: '../v1/43', 'set-cookie': 'x=1' })
    expect(answer).toEqual(
      expect.arrayContaining(['location', '/bff/api/orders/43', 'X-Request-Id', 'request-1']),
    )
    expect(answer).not.toContain('x=1')
  })

  it.each(['CONNECT', 'TRACE', 'TRACK', 'OPTIONS'])('%s is never proxied, whatever is listed', (method) => {
    const upstream = { ...call.upstream, methods: [method, 'GET'] }
    expect(prepare({ ...call, method, upstream })).toMatchObject({ status: 405, code: 'invalid_request' })
    expect(prepare({ ...call, method })).toMatchObject({
      headers: { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE' },
    })
  })

  it('methods are told apart by case, as HTTP does', () => {
    const upstream = { ...call.upstream, methods: ['GET'] }
    expect(prepare({ ...call, method: 'get', upstream })).toMatchObject({
      status: 405,
      headers: { Allow: 'GET' },
    })
    expect(prepare({ ...call, upstream })).toHaveProperty('target')
  })

  it('a body that says it is too long is refused before it is sent', () => {
    const upstream = { ...call.upstream, maxBody: 10 }
    const sized = (length: string) => prepare({ ...call, upstream, headers: ['content-LENGTH', length] })
    expect(sized('11')).toMatchObject({ status: 413, code: 'payload_too_large' })
    expect(sized('10')).toHaveProperty('target')
  })
})

describe('a body of unknown length', () => {
  async function* body(...lengths: number[]): AsyncGenerator<Uint8Array> {
    for (const length of lengths) yield new Uint8Array(length)
  }
  const read = async (limited: AsyncIterable<Uint8Array>): Promise<number> => {
    let length = 0
    for await (const chunk of limited) length += chunk.byteLength
    return length
  }

  it('passes up to the limit, and not a byte further', async () => {
    expect(await read(atMost(body(4, 6), 10))).toBe(10)
    await expect(read(atMost(body(4, 7), 10))).rejects.toThrow('payload_too_large')
  })
})
