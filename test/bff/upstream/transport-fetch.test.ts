import { describe, expect, it } from 'vitest'
import type { UpstreamRequest } from '../../../src/bff/upstream/prepare.js'
import { fetchUpstream, toHeaders } from '../../../src/bff/upstream/transport-fetch.js'

const request: UpstreamRequest = {
  upstream: {
    name: 'orders',
    url: new URL('http://127.0.0.1:4100/v1/'),
    token: 'user',
    timeout: 5,
    methods: null,
    require: {},
  },
  method: 'POST',
  target: '/v1/42?x=1',
  headers: ['x-a', '1', 'accept-encoding', 'br'],
  answered: (_, headers) => Object.entries(headers).flatMap(([name, value]) => [name, String(value)]),
}
const signal = new AbortController().signal

/** Calls with a `fetch` of the test's own. */
const call = (fetch: typeof globalThis.fetch, changes: Partial<UpstreamRequest> = {}, client = signal) =>
  fetchUpstream({ ...request, ...changes }, null, client, fetch)

describe('over the fetch of the runtime', () => {
  it('asks for exactly the target, follows nothing, wants nothing compressed', async () => {
    const asked: [unknown, RequestInit | undefined][] = []
    const answer = await call(async (url, init) => {
      asked.push([url, init])
      return new Response('ok', { headers: { 'X-B': '2' } })
    })
    expect([await answer.text(), answer.headers.get('x-b')]).toEqual(['ok', '2'])
    expect(String(asked[0]?.[0])).toBe('http://127.0.0.1:4100/v1/42?x=1')
    expect(asked[0]?.[1]).toMatchObject({ method: 'POST', redirect: 'manual' })
    expect(Object.fromEntries(new Headers(asked[0]?.[1]?.headers))).toEqual({
      'x-a': '1',
      'accept-encoding': 'identity',
    })
  })

  it('what was compressed all the same has been decompressed, and does not claim otherwise', async () => {
    const headers = { 'Content-Encoding': 'gzip', 'Content-Length': '3' }
    const answer = await call(async () => new Response('longer', { headers }))
    expect([answer.headers.get('content-encoding'), answer.headers.get('content-length')]).toEqual([
      null,
      null,
    ])
  })

  it.each([
    ['a network that fails', async () => Promise.reject(new TypeError('fetch failed')), 'upstream_failed'],
    ["a proxy's question for a password", async () => new Response(null, { status: 407 }), 'upstream_failed'],
  ] as const)('%s: %s', async (_, fetch, code) => {
    await expect(call(fetch)).rejects.toMatchObject({ code })
  })

  it('a client that was gone already calls nobody for long', async () => {
    const hanging: typeof globalThis.fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        if (init?.signal?.aborted === true) reject(init.signal.reason)
      })
    await expect(call(hanging, {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' })
  })

  it('a piece that does not come in time breaks the answer', async () => {
    const late = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from('first')),
    })
    const upstream = { ...request.upstream, timeout: 0.05 }
    const answer = await call(
      async (_, init) => {
        const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
        late.pipeTo(writable, { signal: init?.signal ?? signal }).catch(() => {})
        return new Response(readable)
      },
      { upstream },
    )
    const reader = answer.body?.getReader()
    expect(String(Buffer.from((await reader?.read())?.value ?? []))).toBe('first')
    await expect(reader?.read()).rejects.toMatchObject({ code: 'upstream_timeout' })
  })

  it('repeated headers stay repeated', () => {
    expect(toHeaders(['a', '1', 'A', '2', 'b', '3']).get('a')).toBe('1, 2')
    expect(toHeaders(['set-cookie', 'a=1', 'Set-Cookie', 'b=2']).getSetCookie()).toEqual(['a=1', 'b=2'])
  })
})
