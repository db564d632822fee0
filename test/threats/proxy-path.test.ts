/** Where a call through the proxy may lead. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Visitor } from './visitor.js'
import { BY_PAGE } from './visitor.js'
import { bytesFor, read } from './wire.js'
import type { HeaderList } from './wire.js'
import { startWorld } from './world.js'
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
  ...[
    '.../internal',
    '..../internal',
    '/internal',
    'a//b',
    '%2f',
    '%2finternal',
    'a%2fb',
    'a%252fb',
    '.%20./internal',
    '%ef%bc%8e%20./internal',
  ],
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
