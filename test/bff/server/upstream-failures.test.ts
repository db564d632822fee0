/** Upstreams that fail, over real sockets: what the log and the metrics say of it, and what the browser is not told. */
import { readFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import type { UpstreamOptions } from '../../../src/bff/options.js'
import { problemOf } from '../bench.js'
import { startListener } from './listener.js'

const tls = (kind: string): Buffer =>
  readFileSync(new URL(`../../support/tls/test-only.${kind}.pem`, import.meta.url))

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const answering = (answer: (socket: Socket) => void): Promise<number> =>
  portOf(
    createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => answer(socket))
    }),
  )

const closed = async (): Promise<number> => {
  const server = createServer()
  const port = await portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

const selfSigned = (): Promise<number> =>
  portOf(createTlsServer({ key: tls('key'), cert: tls('cert') }, (_, response) => response.end('hi')))

type Case = readonly [what: string, upstream: () => Promise<UpstreamOptions>, told: Told]
interface Told {
  readonly event?: string
  readonly status?: number
  readonly cause: unknown
  readonly advice: RegExp
}

const at = async (port: Promise<number>, scheme = 'http'): Promise<UpstreamOptions> => ({
  url: `${scheme}://127.0.0.1:${await port}/`,
})

const cases: readonly Case[] = [
  [
    'nobody listens',
    () => at(closed()),
    { cause: 'ECONNREFUSED', advice: /Nothing listens .* upstreams\.broken\.url/ },
  ],
  [
    'a certificate nobody vouches for',
    () => at(selfSigned(), 'https'),
    { cause: 'DEPTH_ZERO_SELF_SIGNED_CERT', advice: /not trusted .* NODE_EXTRA_CA_CERTS/ },
  ],
  [
    'TLS to a port that speaks none',
    () =>
      at(
        answering((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
        'https',
      ),
    { cause: expect.stringMatching(/^(?:ERR_SSL_\w+|EPROTO)$/), advice: /begin with http:/ },
  ],
  [
    'a name that leads out of its networks',
    async () => ({ url: `http://localhost:${await closed()}/`, networks: ['10.20.0.0/16'] }),
    { cause: 'OUTSIDE_NETWORKS', advice: /none of upstreams\.broken\.networks/ },
  ],
  [
    'a name that nobody has',
    // Too long to be one: no DNS need be asked.
    async () => ({ url: `http://${'x'.repeat(64)}.test/` }),
    { cause: expect.stringMatching(/^(?:ENOTFOUND|EAI_AGAIN)$/), advice: /has no address: .*DNS/ },
  ],
  [
    'no HTTP',
    () => at(answering((socket) => socket.end('garbage\r\n\r\n'))),
    { cause: 'HTTPParserError', advice: /not HTTP\/1\.1 .*upstreams\.broken\.url/ },
  ],
  [
    'a question for a password of a proxy',
    () => at(answering((socket) => socket.end('HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n'))),
    { cause: 'STATUS_NOT_PROXIED', advice: /407/ },
  ],
  [
    'an end before the answer',
    () => at(answering((socket) => socket.end())),
    { cause: 'UND_ERR_SOCKET', advice: /closed the connection/ },
  ],
  [
    'no answer in time',
    async () => ({ ...(await at(answering(() => {}))), timeout: 1 }),
    {
      event: 'upstream_timeout',
      status: 504,
      cause: 'UND_ERR_HEADERS_TIMEOUT',
      advice: /upstreams\.broken\.timeout/,
    },
  ],
]

it.each(cases)('%s', async (_, upstream, { event = 'upstream_failed', status = 502, cause, advice }) => {
  const broken = await upstream()
  const on = await startListener({ bff: () => ({ upstreams: { broken } }) })
  await on.browser.login()
  const answer = await on.browser.fetch('/bff/api/broken/reset/test-token-of-a-user')
  expect(answer.status).toBe(status)
  const problem = await problemOf(answer)
  expect(problem).toMatchObject({ code: event, detail: expect.stringMatching(/^The upstream "broken" /) })
  expect(problem['detail']).not.toMatch(/[A-Z]{3}_|ECONN|ENOT|127\.0|localhost|\.test|\d/)

  const request = answer.headers.get('x-request-id')
  const told = { upstream: 'broken', code: event, cause, request }
  expect(on.events(event)).toEqual([
    expect.objectContaining({ ...told, level: 40, msg: expect.stringMatching(advice) }),
  ])
  await expect.poll(() => on.requests().at(-1)?.['request']).toBe(request)
  expect(on.requests().at(-1)).toMatchObject({ ...told, level: 40, path: '/bff/api/broken', status })
  expect(JSON.stringify(on.lines())).not.toContain('test-token-of-a-user')

  // Its time is nobody's: that it failed is counted.
  expect(await on.counts('tandem_proxy_duration_seconds_count')).toEqual([])
  expect(await on.counts('tandem_upstream_failures_total')).toEqual([
    `tandem_upstream_failures_total{upstream="broken",code="${event}"} 1`,
  ])
})

it('an answer that breaks off is told of, too', async () => {
  const half = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nabc'
  const broken = await at(answering((socket) => socket.write(half, () => socket.end())))
  const on = await startListener({ bff: () => ({ upstreams: { broken } }) })
  await on.browser.login()
  await expect(on.browser.fetch('/bff/api/broken/x').then((answer) => answer.text())).rejects.toThrow()
  const told = { upstream: 'broken', code: 'upstream_failed', begun: true, cause: expect.any(String) }
  await expect.poll(() => on.events('upstream_failed')).toMatchObject([told])
  await expect.poll(() => on.requests().at(-1)).toMatchObject({ ...told, aborted: true, status: 200 })
})

it('a flood of such calls is one line each, and one of the event a minute that says how many there were', async () => {
  const broken = await at(closed())
  const on = await startListener({
    bff: ({ upstreams }) => ({ upstreams: { ...upstreams, broken, other: broken } }),
  })
  await on.browser.login()
  for (let i = 0; i < 5; i++) await on.browser.fetch('/bff/api/broken/x')
  await on.browser.fetch('/bff/api/other/x')
  expect(on.events('upstream_failed').map(({ upstream }) => upstream)).toEqual(['broken', 'other'])
  on.clock.advance(61)
  await on.browser.fetch('/bff/api/broken/x')
  expect(on.events('upstream_failed').at(-1)).toMatchObject({ upstream: 'broken', untold: 4 })
  await expect.poll(() => on.requests().filter(({ cause }) => cause === 'ECONNREFUSED')).toHaveLength(7)
})

it('what an upstream answers is timed, whatever it is; what the BFF refuses is not, nor is a client that goes a failure', async () => {
  const on = await startListener()
  const count = (): Promise<string[]> => on.counts('tandem_proxy_duration_seconds_count')
  expect((await on.browser.fetch('/bff/api/echo/x')).status).toBe(401)
  await on.browser.login()
  expect((await on.browser.fetch('/bff/api/echo/x', { method: 'POST', csrf: null })).status).toBe(403)
  await expect.poll(() => on.counts('tandem_requests_total{door="api/echo"')).toHaveLength(1)
  expect(await count()).toEqual([])

  await on.browser.fetch('/bff/api/echo/x')
  on.api.answer = (_, response) => void response.writeHead(503).end()
  await on.browser.fetch('/bff/api/echo/x')
  await expect
    .poll(count)
    .toEqual([
      'tandem_proxy_duration_seconds_count{upstream="echo",status="2xx"} 1',
      'tandem_proxy_duration_seconds_count{upstream="echo",status="5xx"} 1',
    ])
  expect(on.events('upstream_failed')).toEqual([])
  expect(await on.counts('tandem_upstream_failures_total{')).toEqual([])
  expect(on.requests().at(-1)).toMatchObject({ level: 30, status: 503 })
})
