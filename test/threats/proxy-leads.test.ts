/** Redirects, names and line breaks that would lead a call elsewhere. */
import dns from 'node:dns'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { answersIn, bytesFor, read, requestText } from './wire.js'
import { startWorld, testWorld } from './world.js'
import type { World } from './world.js'

let world: World
let alice: Visitor
beforeAll(async () => {
  world = await startWorld()
  alice = await world.signedIn()
})
afterAll(() => world.close())

it('T77 a redirect of an upstream is not followed, and leads nowhere else', async () => {
  const internal = world.api.received.length
  for (const [location, passed] of [
    ['http://169.254.169.254/latest/', null],
    ['https://evil.example/', null],
    ['//evil.example/', null],
    ['https://evil.example/v1/2', null],
    ['//evil.example/v1/2', null],
    ['///evil.example/v1/2', null],
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
  expect(world.api.received.length - internal).toBe(15)
  expect(world.api.received.slice(internal).map(({ url }) => url)).toEqual(
    Array.from({ length: 15 }, () => '/v1/1'),
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

it('T78 a name that leads out of the networks of its upstream is not dialled, nor where it flips to this machine', async () => {
  const real = dns.lookup
  const at = { addresses: [] as dns.LookupAddress[] }
  vi.spyOn(dns, 'lookup').mockImplementation(((
    name: string,
    options: dns.LookupOptions,
    callback: (...all: unknown[]) => void,
  ) =>
    name === 'rebinding.test'
      ? callback(null, at.addresses)
      : real(name, options, callback as never)) as never)
  const own = await testWorld({
    bff: (base) => {
      const url = `http://rebinding.test:${new URL(base.upstreams?.['orders']?.url ?? '').port}/v1/`
      const upstreams = {
        orders: { url, networks: ['10.20.0.0/16'] },
        here: { url, networks: ['127.0.0.1'] },
      }
      return { ...base, upstreams }
    },
  })
  const bob = await own.signedIn()
  const addresses = [
    [{ address: '127.0.0.1', family: 4 }],
    [{ address: '::1', family: 6 }],
    [{ address: '192.168.1.1', family: 4 }],
    [
      { address: '10.20.0.1', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ],
  ]
  for (at.addresses of addresses) {
    const answer = await bob.call('/bff/api/orders/1')
    expect([at.addresses, answer.status, answer.json()['code']]).toEqual([
      at.addresses,
      502,
      'upstream_failed',
    ])
  }
  expect(own.api.received).toHaveLength(0)
  at.addresses = [{ address: '127.0.0.1', family: 4 }]
  expect((await bob.call('/bff/api/here/1')).status).toBe(200)
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
