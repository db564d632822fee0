/** Where a call through the proxy may lead. */
import dns from 'node:dns'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Visitor } from './visitor.js'
import { BY_PAGE } from './visitor.js'
import { answersIn, bytesFor, read, requestText } from './wire.js'
import type { HeaderList } from './wire.js'
import { startWorld, testWorld } from './world.js'
import type { World } from './world.js'

let world: World
let alice: Visitor
beforeAll(async () => {
  world = await startWorld()
  alice = await world.signedIn()
})
afterAll(() => world.close())

/** Sends a request line and these headers with the cookies of alice. */
async function raw(target: string, headers: HeaderList = [['Host', world.origin.slice(7)]], method = 'GET') {
  const all: HeaderList = [
    ...headers,
    ['Cookie', alice.cookies()],
    ['X-CSRF-Token', alice.cookie('csrf')],
    ...Object.entries(BY_PAGE),
    ['Connection', 'close'],
  ]
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return read(await bytesFor(world.port, `${method} ${target} HTTP/1.1\r\n${lines}\r\n`))
}

it('T74 no target, host or header leads a call anywhere but to the configured upstream', async () => {
  const before = world.api.received.length
  for (const target of [
    'http://evil.example/',
    `http://evil.example/bff/api/orders/1`,
    `${world.origin}/bff/api/orders/1`,
    'https://evil.example/bff/api/orders/1',
    'evil.example:443',
    '*',
    'bff/api/orders/1',
    '//evil.example/bff/api/orders/1',
    '/bff/api//evil.example/',
    '/bff/api/@evil.example/',
    '/bff/api/\\evil.example/',
    '/bff/api/http://evil.example/',
    '/bff/api/orders//evil.example',
    '/bff/api/orders/http://evil.example/',
    '/bff/api/orders/https:evil.example',
    '/bff/api/orders/@evil.example/',
    '/bff/api/orders/user:pw@evil.example/',
    '/bff/api/orders/\\\\evil.example',
    '/bff/api/orders/#@evil.example',
    '/bff/api/orders/%40evil.example/..%2f',
  ]) {
    const { status } = await raw(target)
    expect([target, status >= 400 && status < 500]).toEqual([target, true])
  }
  const host = world.origin.slice(7)
  for (const headers of [
    [['Host', 'evil.example']],
    [['Host', `${host}.evil.example`]],
    [['Host', `evil@${host}`]],
    [['Host', `${host}, evil.example`]],
    [['Host', '']],
    [],
    [
      ['Host', host],
      ['Host', 'evil.example'],
    ],
    [
      ['Host', host],
      ['Host', host],
    ],
  ] as HeaderList[]) {
    const { status } = await raw('/bff/api/orders/1', headers)
    expect([headers, status]).toEqual([headers, 400])
  }
  const connect = await bytesFor(
    world.port,
    `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
  )
  expect(connect).not.toMatch(/^HTTP\/1\.1 2/)
  expect(world.api.received.length).toBe(before)

  const forwarded = {
    'X-Forwarded-Host': 'evil.example',
    Forwarded: 'host=evil.example',
    'X-Original-URL': '/evil',
  }
  const answer = await alice.call('/bff/api/orders/1', { headers: forwarded })
  expect(answer.status).toBe(200)
  expect(world.api.header('host')).toEqual([world.api.url.host])
  expect(world.api.header('x-forwarded-host')).toEqual([host])
  for (const name of ['forwarded', 'x-original-url']) expect(world.api.header(name)).toEqual([])
})

const CLIMBING = [
  ...['..', '../', '../../internal', 'a/../../internal', './../internal', '.', './', 'a/./b', 'a/..'],
  ...[
    '%2e%2e/internal',
    '%2E%2E/internal',
    '.%2e/internal',
    '%2e./internal',
    '..%2finternal',
    '..%2Finternal',
  ],
  ...['%252e%252e/internal', '%25252e%25252e/internal', '%2525252e/x', '..%252finternal', '%252e%252e%252f'],
  ...[
    '..;/internal',
    '..;v=1/internal',
    ';/../internal',
    '%2e%2e;/internal',
    '..%3b/internal',
    '.. /internal',
  ],
  ...['..%5cinternal', '..\\internal', '%5c..%5c', '..%255cinternal', 'a\\b', '%5c%5cevil.example'],
  ...['..%00/internal', '.%00./internal', 'a%00', '%00', 'a%0a', 'a%0d%0aX: 1', 'a%7f', '%0a'],
  ...['%c0%ae%c0%ae/internal', '%c0%af', '%e0%80%ae', '%ff', '%', '%2', '%zz', '%u002e'],
  ...['.../internal', '..../internal', '/internal', 'a//b', '%2f', '%2finternal', 'a%2fb', 'a%252fb'],
  ...['\uff0e\uff0e/internal', '%ef%bc%8e%ef%bc%8e/internal', '%e2%80%a5/internal'],
]

it('T75 a path that climbs, or might in some server, is refused as it was sent', async () => {
  const before = world.api.received.length
  for (const path of CLIMBING)
    for (const suffix of ['', '?a=1']) {
      const target = Buffer.from(`/bff/api/orders/${path}${suffix}`).toString('latin1')
      const { status } = await raw(target)
      expect([path, status]).toEqual([path, 400])
    }
  expect(world.api.received.length).toBe(before)
  for (const [path, sent] of [
    ['a..b', '/v1/a..b'],
    ['a.b', '/v1/a.b'],
    ['~x/%C3%A9', '/v1/~x/%C3%A9'],
    ['a;b=1', '/v1/a;b=1'],
    ['x?to=/../%2e%2e//', '/v1/x?to=/../%2e%2e//'],
  ] as const) {
    expect((await raw(`/bff/api/orders/${path}`)).status).toBe(200)
    expect(world.api.received.at(-1)?.url).toBe(sent)
  }
})

it('T76 what only looks like the name of an upstream is none', async () => {
  const before = world.api.received.length
  for (const path of [
    ...[
      '/bff/api2/orders/1',
      '/bff/apix/orders/1',
      '/bff/API/orders/1',
      '/BFF/api/orders/1',
      '/bff/api;x/orders/1',
    ],
    ...[
      '/bff/api%2forders/1',
      '/bff/api/orders2/1',
      '/bff/api/Orders/1',
      '/bff/api/orders;x/1',
      '/bff/api/order',
    ],
    ...[
      '/bff/api/orders%2f1',
      '/bff/api/%6frders/1',
      '/bff/api/',
      '/bff/api',
      '/bff/api?orders/1',
      '/bff//api/orders/1',
    ],
    ...[
      '/bff/./api/orders/1',
      '/x/../bff/api/orders/1',
      '/bff\\api\\orders\\1',
      '/bff/%2e/api/orders/1',
      '/bff/x/%2e%2e/api/orders/1',
      '/bff/api/__proto__/1',
      '/bff/api/constructor/1',
    ],
  ])
    expect([path, (await raw(path)).status]).toEqual([path, 404])
  expect(world.api.received.length).toBe(before)
  for (const path of ['/bff/api/orders', '/bff/api/orders/', '/bff/api/orders?x'])
    expect((await raw(path)).status).toBe(200)
})

it('T77 a redirect of an upstream is not followed, and leads nowhere else', async () => {
  const internal = world.api.received.length
  for (const [location, passed] of [
    ['http://169.254.169.254/latest/', null],
    ['https://evil.example/', null],
    ['//evil.example/', null],
    ['/\\evil.example', null],
    ['javascript:alert(1)', null],
    [`${world.origin}/bff/logout`, null],
    [`http://user:pw@${world.api.url.host}/v1/2`, null],
    ['/internal', null],
    ['../internal', null],
    [`${world.api.url.href}2`, '/bff/api/orders/2'],
    ['/v1/2?x#y', '/bff/api/orders/2?x#y'],
    ['2', '/bff/api/orders/2'],
  ] as const) {
    world.api.answer = (_, response) => void response.writeHead(302, { Location: location }).end()
    const answer = await alice.call('/bff/api/orders/1')
    expect([location, answer.status, answer.header('location')]).toEqual([location, 302, passed])
  }
  expect(world.api.received.length - internal).toBe(12)
  expect(world.api.received.slice(internal).map(({ url }) => url)).toEqual(
    Array.from({ length: 12 }, () => '/v1/1'),
  )
})

it('T78 a name of an upstream that leads to link-local addresses is not dialled, not even beside another one', async () => {
  const real = dns.lookup
  const at = { addresses: [] as dns.LookupAddress[] }
  const spy = vi
    .spyOn(dns, 'lookup')
    .mockImplementation(((name: string, options: dns.LookupOptions, callback: (...all: unknown[]) => void) =>
      name === 'rebinding.test'
        ? callback(null, at.addresses)
        : real(name, options, callback as never)) as never)
  const own = await testWorld({
    bff: (base) => ({
      ...base,
      upstreams: {
        orders: { url: `http://rebinding.test:${new URL(base.upstreams?.['orders']?.url ?? '').port}/v1/` },
      },
    }),
  })
  const bob = await own.signedIn()
  const loopback = { address: '127.0.0.1', family: 4 }
  at.addresses = [loopback]
  expect((await bob.call('/bff/api/orders/1')).status).toBe(200)
  own.api.server.closeAllConnections()
  for (const [address, family] of [
    ['169.254.169.254', 4],
    ['0.0.0.0', 4],
    ['100.100.100.200', 4],
    ['fe80::1', 6],
    ['fd00:ec2::254', 6],
    ['::ffff:169.254.169.254', 6],
    ['::', 6],
  ] as const) {
    at.addresses = [loopback, { address, family }]
    const answer = await bob.call('/bff/api/orders/2')
    expect([address, answer.status, answer.json()['code']]).toEqual([address, 502, 'upstream_failed'])
    expect(answer.bytes).not.toContain(address)
  }
  expect(own.api.received).toHaveLength(1)
  expect(spy).toHaveBeenCalled()
})

it('T79 a line break, a control or a folded line in a head: 400, and one request at most', async () => {
  const before = world.api.received.length
  const host = world.origin.slice(7)
  const head = (line: string): string =>
    requestText(host, '/bff/api/orders/1', {
      headers: [['Cookie', alice.cookies()], ...Object.entries(BY_PAGE)],
    }).replace('\r\n\r\n', `\r\n${line}\r\n\r\n`)
  for (const text of [
    head('X-A: a\0b'),
    head('X-A: a\rb'),
    head('X-A: a\x01b'),
    head('X-A: 1\r\n folded'),
    head('X A: 1'),
    head('X-A : 1'),
    head(': 1'),
    head('X-\u00e9: 1'),
    head('GET /bff/api/orders/2 HTTP/1.1'),
    `GET /bff/api/orders/1\r\nX: HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    `GET /bff/api/orders/\x01 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    `GET /bff/api/orders/1 HTTP/1.1\nHost: ${host}\n\n`,
    `GET  /bff/api/orders/1 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    `GET /bff/api/orders/1 HTTP/9.9\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  ]) {
    const bytes = await bytesFor(world.port, text)
    expect([text, read(bytes).status >= 400, answersIn(bytes)]).toEqual([text, true, 1])
  }
  expect(world.api.received.length).toBe(before)
})
