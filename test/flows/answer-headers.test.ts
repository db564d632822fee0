/** Which headers keep a browser safe, on every kind of answer that a BFF with its files gives: a table, each row asked over a socket. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { built, hashed, write } from '../bff/static/folder.js'
import { startWorld } from '../threats/world.js'
import type { World } from '../threats/world.js'
import type { Visitor } from '../threats/visitor.js'
import { BY_PAGE } from '../threats/visitor.js'
import { bytesFor, dial, read, requestText } from '../threats/wire.js'
import type { Asking, WireAnswer } from '../threats/wire.js'
import { expectHeaders, FILE, NO_FILE, OWN, PAGE, PROBLEM, PROXIED, UNREAD } from './answer-kinds.js'
import type { Headers } from './answer-kinds.js'

let world: World
let folder = ''
let alice: Visitor
let stranger: Visitor

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-headers-'))
  await write(folder, { ...built, 'a.txt': '0123456789' })
  world = await startWorld({ serve: { static: folder } })
  alice = await world.signedIn()
  stranger = world.visitor()
})
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true })
})

type Row = readonly [what: string, status: number, headers: Headers, ask: () => Promise<WireAnswer>]
const visit = (path: string) => () => stranger.visit(path)
const called = (path: string, asking?: Asking & { headers?: Record<string, string> }) => () =>
  alice.call(path, asking)
const sent = (path: string, asking?: Asking) => () => stranger.send(path, asking)
const html = { Accept: 'text/html' }
const etagOf = async (path: string) => (await stranger.send(path)).header('etag') ?? ''

const doors: readonly Row[] = [
  ['a login', 303, OWN, visit('/bff/login')],
  ['a login that leads elsewhere', 400, PROBLEM, visit('/bff/login?return_to=//evil.example')],
  ['a callback that is too late', 303, OWN, visit('/bff/callback?code=a&state=b')],
  ['the same for a script', 400, PROBLEM, called('/bff/callback?code=a&state=b')],
  ['a session', 200, { ...OWN, 'content-type': 'application/json' }, called('/bff/session')],
  [
    'a session with another method',
    405,
    { ...PROBLEM, allow: 'GET, POST' },
    called('/bff/session', { method: 'PUT' }),
  ],
  [
    'a session for another site',
    403,
    PROBLEM,
    sent('/bff/session', { headers: { 'Sec-Fetch-Site': 'cross-site' } }),
  ],
  [
    'a refresh without a session',
    401,
    { ...PROBLEM, 'www-authenticate': /^Bearer/ },
    () => world.visitor().call('/bff/refresh', { method: 'POST' }),
  ],
  ['a token that is not given', 404, PROBLEM, called('/bff/token')],
  ['a door that there is not', 404, PROBLEM, called('/bff/none')],
  [
    'a logout token that is none',
    400,
    PROBLEM,
    sent('/bff/backchannel-logout', { method: 'POST', body: 'a=b' }),
  ],
  [
    'the frame of a front-channel logout',
    200,
    { ...OWN, 'x-frame-options': null, 'content-security-policy': /frame-ancestors http:\/\/localhost:\d+$/ },
    visit('/bff/frontchannel-logout'),
  ],
  ['a probe', 200, OWN, sent('/healthz')],
  ['whether it is ready', 200, OWN, sent('/readyz')],
  ['another host', 303, OWN, sent('/bff/login', { headers: { ...html, Host: 'other.example' } })],
  [
    'a page about another host',
    400,
    PAGE,
    () => stranger.visit('/bff/login?moved=1', { Host: 'other.example' }),
  ],
  [
    'two hosts',
    400,
    PROBLEM,
    sent('/bff/session', {
      headers: [
        ['Host', 'a'],
        ['Host', 'b'],
      ],
    }),
  ],
  ['a call of a stranger', 401, PROBLEM, () => world.visitor().call('/bff/api/orders/1')],
  ['a call for an upstream that there is not', 404, PROBLEM, called('/bff/api/none/1')],
]

const files: readonly Row[] = [
  ['the page', 200, { ...FILE, 'content-type': /^text\/html/ }, visit('/')],
  ['the page of the router', 200, { ...FILE, 'content-type': /^text\/html/ }, visit('/orders/42')],
  [
    'a script',
    200,
    { ...FILE, 'cache-control': /immutable/, 'content-type': /^text\/javascript/ },
    sent(hashed),
  ],
  [
    'a drawing',
    200,
    { ...FILE, 'content-security-policy': /^default-src 'none'; .*sandbox; frame-ancestors 'self'$/ },
    sent('/logo.svg'),
  ],
  ['the head of a file', 200, FILE, sent('/a.txt', { method: 'HEAD' })],
  [
    'a part',
    206,
    { ...FILE, 'content-range': 'bytes 0-1/10' },
    sent('/a.txt', { headers: { Range: 'bytes=0-1' } }),
  ],
  [
    'what has not changed',
    304,
    { ...FILE, 'content-type': null },
    async () => stranger.send('/', { headers: { 'If-None-Match': await etagOf('/') } }),
  ],
  ['what is not there', 404, NO_FILE, sent('/none.js')],
  ['a place that is refused', 404, NO_FILE, sent('/.env', { headers: html })],
  ['another method', 405, { ...NO_FILE, allow: 'GET, HEAD' }, sent('/', { method: 'POST' })],
  ['a condition that does not hold', 412, NO_FILE, sent('/', { headers: { 'If-Match': '"other"' } })],
  [
    'a part that there is not',
    416,
    { ...NO_FILE, 'content-range': 'bytes */10' },
    sent('/a.txt', { headers: { Range: 'bytes=99-' } }),
  ],
]

const unread: readonly Row[] = [
  ['no HTTP', 400, UNREAD, async () => read(await bytesFor(world.port, 'nonsense\r\n\r\n'))],
  ['too long a head', 431, UNREAD, sent('/', { headers: { 'X-A': 'x'.repeat(17_000) } })],
]

describe('the headers of', () => {
  it.each([...doors, ...files, ...unread])('%s: %i', async (_, status, headers, ask) => {
    const answer = await ask()
    expect(answer.status).toBe(status)
    expectHeaders(answer, headers)
  })

  it('the event stream, before anything happens', async () => {
    const socket = await dial(world.port)
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString('latin1')))
    const headers = { ...BY_PAGE, Cookie: alice.cookies(), Connection: 'keep-alive' }
    socket.write(requestText(world.origin.slice('http://'.length), '/bff/events', { headers }))
    await expect.poll(() => received).toContain('\r\n\r\n')
    const answer = read(received)
    socket.destroy()
    expect(answer.status).toBe(200)
    expectHeaders(answer, {
      ...OWN,
      'content-type': /^text\/event-stream/,
      'cache-control': 'no-store, no-transform',
    })
  })

  it('a call, for data, for what could run, and for nothing new', async () => {
    const evil = {
      ...{ 'Access-Control-Allow-Origin': '*', 'Set-Cookie': 'a=b', 'X-Tandem': '1' },
      ...{ 'Strict-Transport-Security': 'max-age=0', 'Content-Security-Policy': 'default-src *' },
    }
    for (const [status, type, policy] of [
      [200, 'application/json', null],
      [200, 'text/html', "default-src 'none'; sandbox; frame-ancestors 'none'"],
      [404, 'image/svg+xml', "default-src 'none'; sandbox; frame-ancestors 'none'"],
      [304, 'text/html', null],
    ] as const) {
      world.api.answer = (_, response) =>
        void response.writeHead(status, { ...evil, 'Content-Type': type }).end()
      const answer = await alice.call('/bff/api/orders/1')
      expect(answer.status).toBe(status)
      expectHeaders(answer, { ...PROXIED, 'content-security-policy': policy })
    }
  })
})
