import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { noMetrics } from '../../../src/bff/metrics.js'
import type { LogEntry } from '../../../src/bff/log.js'
import type { AdmittedCall } from '../../../src/bff/upstream/call.js'
import { coded, UpstreamFault } from '../../../src/bff/upstream/fault.js'
import type { UpstreamFaultCode } from '../../../src/bff/upstream/fault.js'
import { forwardOver } from '../../../src/bff/upstream/forward.js'
import { fetchUpstream } from '../../../src/bff/upstream/transport-fetch.js'
import { createTrouble } from '../../../src/bff/upstream/trouble.js'
import { startBench } from '../bench.js'

const call: AdmittedCall = {
  path: 'test-path',
  upstream: {
    name: 'orders',
    url: new URL('http://orders.internal/'),
    token: 'user',
    timeout: 5,
    methods: null,
    require: {},
  },
  accessToken: 'test-token',
  requestId: 'request-1',
  clientAddress: '203.0.113.7',
}

function start() {
  const at = { now: 1e9 }
  const [told, counted]: [LogEntry[], string[]] = [[], []]
  const warn = (entry: LogEntry, msg: string): void => void told.push({ ...entry, msg })
  const metrics = {
    ...noMetrics,
    upstreamFailed: (...one: string[]) => void counted.push(one.join(' ')),
  }
  const unused = (): never => expect.unreachable()
  const failed = createTrouble({ now: () => at.now, metrics }, { info: unused, warn, error: unused })
  const fail = (code: UpstreamFaultCode, cause?: unknown, begun = false): LogEntry | null =>
    failed(new UpstreamFault(code, { cause }), call, begun)
  return { at, told, counted, fail }
}

describe('the trouble of an upstream', () => {
  it('is told with its name, the code and what is below it, and nothing of the call but its id', () => {
    const { told, counted, fail } = start()
    const cause = new TypeError('fetch failed: http://orders.internal', { cause: coded('ECONNREFUSED') })
    const entry = { upstream: 'orders', code: 'upstream_failed', cause: 'ECONNREFUSED' }
    expect(fail('upstream_failed', cause)).toEqual(entry)
    expect(told).toEqual([
      {
        event: 'upstream_failed',
        request: 'request-1',
        ...entry,
        msg: expect.stringContaining('Nothing listens'),
      },
    ])
    expect(counted).toEqual(['orders upstream_failed'])
    expect(fail('upstream_timeout', coded('UND_ERR_BODY_TIMEOUT'), true)).toEqual({
      ...{ upstream: 'orders', code: 'upstream_timeout', cause: 'UND_ERR_BODY_TIMEOUT', begun: true },
    })
    expect(told[1]).toMatchObject({ event: 'upstream_timeout' })
    expect(fail('nonce_required')).toMatchObject({ code: 'upstream_failed', cause: 'nonce_required' })
  })

  it('is none where the client went, or sent what it should not', () => {
    const { told, counted, fail } = start()
    for (const code of ['aborted', 'payload_too_large', 'invalid_request'] as const)
      expect(fail(code, coded('ECONNRESET'))).toBeNull()
    expect([told, counted]).toEqual([[], []])
  })

  it('is counted each time and told once a minute, another one at once', () => {
    const { at, told, counted, fail } = start()
    for (let i = 0; i < 3; i++) fail('upstream_failed', coded('ECONNREFUSED'))
    fail('upstream_failed', coded('ECONNRESET'))
    at.now += 60_000
    fail('upstream_failed', coded('ECONNREFUSED'))
    expect(told.map(({ cause, untold }) => [cause, untold])).toEqual([
      ['ECONNREFUSED', undefined],
      ['ECONNRESET', undefined],
      ['ECONNREFUSED', 2],
    ])
    expect(counted).toHaveLength(5)
  })
})

describe('where calls come as a Request', () => {
  it('an answer over the runtime’s fetch that breaks off is told of, once', async () => {
    const told: unknown[] = []
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new TypeError('terminated', { cause: coded('UND_ERR_SOCKET') }))
      },
    })
    const request = new Request('https://app.test/bff/api/orders/x')
    const answer = await forwardOver(
      (prepared, sent, signal) => fetchUpstream(prepared, sent, signal, async () => new Response(body)),
      { ...call, request },
      (fault, { upstream }, begun) => (told.push([fault.code, upstream.name, begun]), null),
    )
    await expect(answer.text()).rejects.toThrow()
    expect(told).toEqual([['upstream_failed', 'orders', true]])
  })

  it.each([
    ['no answer', '', 502, {}],
    ['half an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc', 200, { begun: true }],
  ])('%s of an upstream is told of, too', async (_, answer, status, told) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => (answer === '' ? socket.end() : socket.write(answer, () => socket.end())))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { browser, log } = await startBench({
      bff: (base) => ({ ...base, upstreams: { echo: { url: `http://127.0.0.1:${port}/` } } }),
    })
    await browser.login()
    const given = await browser.fetch('/bff/api/echo/x')
    expect(given.status).toBe(status)
    if (status === 200) await expect(given.text()).rejects.toThrow()
    const ofUpstream = log.filter(({ event }) => event === 'upstream_failed')
    const request = given.headers.get('x-request-id')
    expect(ofUpstream).toEqual([
      expect.objectContaining({
        level: 'warn',
        upstream: 'echo',
        cause: expect.any(String),
        request,
        ...told,
      }),
    ])
    await new Promise((resolve) => server.close(resolve))
  })
})
