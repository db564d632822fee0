/** What no list names: answers of an upstream that are more, less or other than one HTTP answer. */
import { expect, it } from 'vitest'
import { rawUpstream } from './raw-upstream.js'
import type { RawUpstream } from './raw-upstream.js'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { answersIn, bytesFor, dial, eventually, requestText } from './wire.js'
import type { WireAnswer } from './wire.js'
import { testWorld } from './world.js'
import type { World } from './world.js'

/** An answer of so much text. */
const answer = (body: string, ...lines: string[]): string =>
  ['HTTP/1.1 200 OK', 'Content-Type: text/plain', ...lines, `Content-Length: ${body.length}`, '', body].join(
    '\r\n',
  )
const FINE = answer('fine')
const EVIL = answer('evil', 'X-Evil: 1')

interface Scene {
  readonly raw: RawUpstream
  readonly world: World
  readonly alice: Visitor
  /** Calls, and is answered with these bytes. */
  answered(bytes: string | Buffer, method?: string): Promise<WireAnswer>
  /** The next calls, also of somebody else, get answers of their own. */
  nextAreFine(): Promise<void>
}

async function scene(): Promise<Scene> {
  const raw = await rawUpstream((socket) => void socket.write(FINE))
  const world = await testWorld({
    bff: (base) => ({ ...base, upstreams: { orders: { url: raw.url, timeout: 5 } } }),
  })
  const [alice, bob] = [await world.signedIn(), await world.signedIn()]
  return {
    ...{ raw, world, alice },
    answered(bytes, method = 'GET') {
      raw.answer = (socket) => void socket.write(bytes)
      return alice.call('/bff/api/orders/first', { method })
    },
    async nextAreFine() {
      raw.answer = (socket) => void socket.write(FINE)
      for (const who of [bob, alice]) {
        const next = await who.call('/bff/api/orders/next')
        expect([next.status, next.body, next.header('x-evil')]).toEqual([200, 'fine', null])
      }
    },
  }
}

it('X3 an upgrade that an upstream grants to nobody: 502, and the next call is answered', async () => {
  const { answered, nextAreFine } = await scene()
  for (const lines of [
    'Upgrade: websocket\r\nConnection: Upgrade\r\n',
    'Upgrade: h2c\r\nConnection: Upgrade\r\n',
    '',
  ]) {
    const { status, bytes } = await answered(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\nevil`)
    expect([status, bytes.includes('evil'), answersIn(bytes)]).toEqual([502, false, 1])
    await nextAreFine()
  }
})

it('X4 interim answers end here, however many: no hint, no cookie and no header of theirs reaches the browser', async () => {
  const { answered, nextAreFine } = await scene()
  const hint =
    'HTTP/1.1 103 Early Hints\r\nLink: </evil.js>; rel=preload\r\nSet-Cookie: evil=1\r\nX-Evil: 1\r\n\r\n'
  for (const interim of [hint, `HTTP/1.1 102 Processing\r\n\r\n${hint}`, hint.repeat(3000)]) {
    const { status, body, bytes } = await answered(interim + FINE)
    expect([status, body, answersIn(bytes), bytes.includes('vil')]).toEqual([200, 'fine', 1, false])
  }
  // Nobody has asked whether to go on.
  const { status } = await answered(`HTTP/1.1 100 Continue\r\n\r\n${FINE}`)
  expect([200, 502]).toContain(status)
  await nextAreFine()
})

it('X5 trailers of an upstream are no headers, whatever it calls them', async () => {
  const { answered, nextAreFine } = await scene()
  const { status, body, bytes } = await answered(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Set-Cookie, X-Evil\r\n\r\n4\r\nfine\r\n0\r\nSet-Cookie: evil=1\r\nX-Evil: 1\r\n\r\n',
  )
  expect([status, body, /vil|trailer/i.test(bytes)]).toEqual([200, 'fine', false])
  await nextAreFine()
})

it.each([
  ['an answer that another one follows', 'GET', FINE + EVIL],
  ['a body longer than it says', 'GET', `${FINE}${'x'.repeat(10_000)}`],
  ['a body in an answer to HEAD', 'HEAD', EVIL + EVIL],
  ['a body in a 204', 'GET', `HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil${EVIL}`],
  ['a body in a 304', 'GET', `HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil${EVIL}`],
  [
    'a chunked body in a 204',
    'GET',
    `HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n${EVIL}`,
  ],
])('X9 %s: nobody else gets the rest as the answer to their call', async (_, method, bytes) => {
  const { answered, nextAreFine } = await scene()
  const first = await answered(bytes, method)
  expect(first.bytes).not.toMatch(/\r\n\r\n.*evil/s)
  if (first.status === 204)
    expect([first.header('content-length'), first.header('transfer-encoding')]).toEqual([null, null])
  await nextAreFine()
})

it('X9 an answer that comes before it is asked for is the answer to no call', async () => {
  const { raw, nextAreFine } = await scene()
  for (let i = 0; i < 3; i++) {
    await nextAreFine()
    expect(raw.open()).toBeGreaterThan(0)
    raw.pushAll(EVIL)
    // A connection that says something while nobody asks is given up.
    expect(await eventually(() => raw.open() === 0)).toBe(true)
  }
  await nextAreFine()
})

const OK = 'HTTP/1.1 200 OK\r\n'
const BODY = 'Content-Length: 4\r\n\r\nfine'
it.each<[string, string | Buffer]>([
  ['two lengths', `${OK}Content-Length: 4\r\nContent-Length: 8\r\n\r\nfineevil`],
  ['a length and chunks', `${OK}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nevil`],
  ['a control in a header', `${OK}X-A: a\x01evil\r\n${BODY}`],
  ['a NUL in a header', `${OK}X-A: a\0evil\r\n${BODY}`],
  ['a bare CR in a header', `${OK}X-A: a\rSet-Cookie: evil=1\r\n${BODY}`],
  ['bare line feeds', `HTTP/1.1 200 OK\nX-A: evil\n${BODY.replaceAll('\r', '')}`],
  ['a folded header', `${OK}X-A: a\r\n Set-Cookie: evil=1\r\n${BODY}`],
  ['a header without a name', `${OK}: evil\r\n${BODY}`],
  ['a blank in a name', `${OK}X Evil: 1\r\n${BODY}`],
  ['a blank before a colon', `${OK}Set-Cookie : evil=1\r\n${BODY}`],
  ['letters beyond ASCII in a name', Buffer.from(`${OK}X-évil: 1\r\n${BODY}`)],
  ['a status below 100', `HTTP/1.1 099 Evil\r\n${BODY}`],
  ['a status above 599', `HTTP/1.1 600 Evil\r\n${BODY}`],
  ['a status of four digits', `HTTP/1.1 2000 Evil\r\n${BODY}`],
  ['another protocol', 'SSH-2.0-Evil\r\n\r\n'],
  ['a head of 20 KB', `${OK}X-Evil: ${'x'.repeat(20_000)}\r\n${BODY}`],
  [
    'three thousand headers',
    `${OK}${Array.from({ length: 3000 }, (_, i) => `X-Evil-${i}: 1\r\n`).join('')}${BODY}`,
  ],
])('X10 an answer with %s: 502, with nothing of it, and the next call is answered', async (_, bytes) => {
  const { answered, nextAreFine } = await scene()
  const refused = await answered(bytes)
  expect([refused.status, refused.json()['code'], /evil/i.test(refused.bytes)]).toEqual([
    502,
    'upstream_failed',
    false,
  ])
  await nextAreFine()
})

it('X10 a body that breaks off, or whose chunks are none, does not look complete', async () => {
  const { raw, world, alice, nextAreFine } = await scene()
  const text = requestText(world.origin.slice(7), '/bff/api/orders/broken', {
    headers: { ...BY_PAGE, Cookie: alice.cookies() },
  })
  for (const [bytes, ends] of [
    [`${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nfine\r\nzz\r\nevil\r\n0\r\n\r\n`, false],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n`, true],
    [`${OK}Content-Length: 10\r\n\r\nfine`, true],
  ] as const) {
    raw.answer = (socket) => void (socket.write(bytes), ends && socket.end())
    const received = await bytesFor(world.port, text)
    expect(received).not.toMatch(/\r\n0\r\n\r\n$/)
    expect(received).not.toContain('evil')
  }
  await nextAreFine()
})

it('X11 what an upstream names in Connection takes nothing of ours away', async () => {
  const { answered } = await scene()
  const ours = [
    'cache-control',
    'content-security-policy',
    'x-content-type-options',
    'x-request-id',
    'cross-origin-resource-policy',
  ]
  const { status, header } = await answered(
    `${OK}Content-Type: text/html\r\nX-Own: 1\r\nConnection: ${ours.join(', ')}, content-type, content-length, x-own\r\n${BODY}`,
  )
  expect([status, ...ours.map(header)]).not.toContain(null)
  expect([header('cache-control'), header('x-own')]).toEqual(['no-store', null])
})

it('X13 an upload that was answered before its end leaves nothing that is taken for a call', async () => {
  const { raw, world, alice, nextAreFine } = await scene()
  const socket = await dial(world.port)
  let received = ''
  socket.on('data', (data) => (received += String(data)))
  socket.on('error', () => {})
  const hidden = 'GET /v1/hidden HTTP/1.1\r\nHost: x\r\n\r\n'
  const lines = [
    ...([
      ['Cookie', alice.cookies()],
      ['X-CSRF-Token', alice.cookie('csrf')],
      ['Connection', 'keep-alive'],
    ] as const),
    ...Object.entries(BY_PAGE),
    ['Content-Length', '1000000'] as const,
  ]
  const before = raw.connections()
  socket.write(
    requestText(world.origin.slice(7), '/bff/api/orders/upload', { method: 'POST', headers: lines }) + hidden,
  )
  expect(await eventually(() => received.includes('fine'))).toBe(true)
  socket.write(hidden.repeat(10))
  await nextAreFine()
  socket.destroy()
  // The connection with half an upload is nobody else's.
  expect(raw.connections()).toBeGreaterThan(before)
  expect(raw.heads.filter((head) => head.startsWith('GET /v1/next'))).toHaveLength(2)
})

it('X19 an upstream that challenges for the resource of another one: that is taken out, and the rest passes on', async () => {
  const { answered } = await scene()
  const challenge =
    'Bearer error="insufficient_user_authentication", resource="https://pay.example", acr_values="mfa"'
  const { status, all } = await answered(
    ['HTTP/1.1 401 Unauthorized', `WWW-Authenticate: ${challenge}`, 'Content-Length: 0', '', ''].join('\r\n'),
  )
  expect([status, all('www-authenticate')]).toEqual([
    401,
    ['Bearer error="insufficient_user_authentication", acr_values="mfa"'],
  ])
})
