/** Requests that cannot be read leave a trace: over real sockets, as whoever runs it sees them. */
import { expect, it } from 'vitest'
import { doorNames } from '../../../src/bff/door-names.js'
import { logged, openLog } from '../../../src/bff/server/log.js'
import { folderOf } from '../static/folder.js'
import { startListener } from '../server/listener.js'
import { answerTo } from './answer-to.js'

const post = 'POST /bff/session HTTP/1.1\r\nHost: a\r\n'
const cases: readonly (readonly [what: string, request: string, status: number, code: string])[] = [
  [
    'a jar that is full',
    `GET / HTTP/1.1\r\nHost: a\r\nCookie: test-token=${'x'.repeat(17_000)}\r\n\r\n`,
    431,
    'HPE_HEADER_OVERFLOW',
  ],
  ['an endless path', `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, 'HPE_HEADER_OVERFLOW'],
  ['garbage', 'test-token\r\n\r\n', 400, 'HPE_INVALID_METHOD'],
  [
    'a length beside chunks',
    `${post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'HPE_INVALID_TRANSFER_ENCODING',
  ],
  [
    'a chunk with more beside it than in it',
    `POST /bff/backchannel-logout HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n2;test-token=${'x'.repeat(17_000)}\r\nab\r\n0\r\n\r\n`,
    413,
    'HPE_CHUNK_EXTENSIONS_OVERFLOW',
  ],
  ['no host', 'GET /test-token HTTP/1.1\r\n\r\n', 400, 'NO_HOST'],
  [
    'chunks of long ago',
    'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'CHUNKS_IN_HTTP_1_0',
  ],
  [
    'what nobody can expect',
    'GET / HTTP/1.1\r\nHost: a\r\nExpect: test-token\r\nConnection: close\r\n\r\n',
    417,
    'UNKNOWN_EXPECTATION',
  ],
]

it.each(cases)('%s is told of by status and code, and counted', async (_, request, status, code) => {
  const on = await startListener({ folder: await folderOf({ 'index.html': '<p>app</p>' }) })
  expect(await answerTo(on.url, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  await answerTo(on.url, request)
  expect(on.events('unreadable')).toEqual([expect.objectContaining({ level: 40, status, code })])
  expect(await on.counts('tandem_unreadable_requests_total{')).toEqual([
    `tandem_unreadable_requests_total{status="${status}"} 2`,
  ])
  expect(JSON.stringify(on.lines())).not.toContain('test-token')
})

it('a connection that brings nothing is no such request', async () => {
  const on = await startListener({ timeouts: { head: 0.2 } })
  expect(await answerTo(on.url)).toMatch(/^(?:HTTP\/1\.1 408 |$)/)
  expect(on.events('unreadable')).toEqual([])
  expect(await answerTo(on.url, 'GET /')).toMatch(/^HTTP\/1\.1 408 /)
  expect(on.events('unreadable')).toMatchObject([{ status: 408, code: 'ERR_HTTP_REQUEST_TIMEOUT' }])
})

it('each reason is told once a minute, with how many there were in between', () => {
  const lines: string[] = []
  let time = 0
  const node = logged(
    () => {},
    openLog({ write: (line) => void lines.push(line) }),
    doorNames({ upstreams: [] }),
    () => time,
  )
  for (let i = 0; i < 3; i++) node.unreadable?.(431, 'HPE_HEADER_OVERFLOW')
  node.unreadable?.(400, 'NO_HOST')
  time = 60_000
  node.unreadable?.(431, 'HPE_HEADER_OVERFLOW')
  const told = lines.map((line) => JSON.parse(line) as { status: number; untold?: number })
  expect(told.map(({ status, untold }) => [status, untold])).toEqual([
    [431, undefined],
    [400, undefined],
    [431, 2],
  ])
})

it('two hosts are a 400 for a file and a page as they are at the doors, with the code in the line of the request', async () => {
  const on = await startListener({ folder: await folderOf({ 'index.html': '<p>app</p>', 'a.js': '1' }) })
  for (const path of ['/', '/a.js', '/bff/session']) {
    const hosts = 'Host: a\r\nHost: b\r\nConnection: close\r\nAccept: text/html\r\n\r\n'
    expect(await answerTo(on.url, `GET ${path} HTTP/1.1\r\n${hosts}`)).toMatch(/^HTTP\/1\.1 400 /)
  }
  await expect
    .poll(() => on.requests().map(({ status, code }) => [status, code]))
    .toEqual(Array.from({ length: 3 }, () => [400, 'invalid_request']))
})

it('the line of a request that the BFF refuses has the code of the problem, and no other line has one', async () => {
  const on = await startListener()
  await on.browser.fetch('/bff/api/echo/x')
  await on.browser.login()
  await on.browser.fetch('/bff/api/echo/x', { method: 'POST', csrf: null })
  await on.browser.fetch('/bff/api/echo/x')
  await on.browser.fetch('/bff/api/nowhere/x')
  on.api.answer = (_, response) => void response.writeHead(403).end()
  await on.browser.fetch('/bff/api/echo/x')
  await expect
    .poll(() =>
      on
        .requests()
        .filter(({ path }) => String(path).startsWith('/bff/api'))
        .map(({ status, code }) => [status, code]),
    )
    .toEqual([
      [401, 'login_required'],
      [403, 'csrf_failed'],
      [200, undefined],
      [404, 'upstream_unknown'],
      [403, undefined],
    ])
})
