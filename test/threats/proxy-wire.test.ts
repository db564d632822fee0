/** What passes between the browser's connection and the upstream's. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { answersIn, bytesFor } from './wire.js'
import { startWorld } from './world.js'
import type { World } from './world.js'

let world: World
let alice: Visitor
beforeAll(async () => {
  world = await startWorld()
  alice = await world.signedIn()
})
afterAll(() => world.close())

const head = (method: string, path: string, ...lines: string[]): string =>
  [
    `${method} /bff/api/orders/${path} HTTP/1.1`,
    `Host: ${world.origin.slice(7)}`,
    `Cookie: ${alice.cookies()}`,
    `X-CSRF-Token: ${alice.cookie('csrf')}`,
    ...Object.entries(BY_PAGE).map(([name, value]) => `${name}: ${value}`),
    ...lines,
    '',
    '',
  ].join('\r\n')

it('T80 hop-by-hop headers end here, and naming one of ours takes nothing away', async () => {
  const names = [
    'cookie',
    'x-csrf-token',
    'authorization',
    'x-request-id',
    'x-forwarded-for',
    'x-forwarded-host',
  ]
  const bytes = await bytesFor(
    world.port,
    head(
      'GET',
      '1',
      `Connection: close, ${names.join(', ')}, content-type, x-own, sec-fetch-site, Upgrade, HTTP2-Settings`,
      'X-Own: 1',
      'Content-Type: text/plain',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
      'TE: trailers',
      'Trailer: Authorization',
      'Keep-Alive: timeout=5',
      'Proxy-Authorization: Basic eDp5',
      'Proxy-Connection: keep-alive',
      'Expect: 100-continue',
    ),
  )
  expect(bytes).toMatch(/HTTP\/1\.1 200/)
  expect(bytes).not.toContain('HTTP/1.1 101')
  expect(world.api.header('authorization')).toHaveLength(1)
  expect(world.api.header('authorization')[0]).toMatch(/^Bearer ey/)
  for (const name of ['x-request-id', 'x-forwarded-for', 'x-forwarded-host', 'content-type'])
    expect(world.api.header(name)).toHaveLength(1)
  for (const name of [
    'upgrade',
    'http2-settings',
    'te',
    'trailer',
    'keep-alive',
    'expect',
    'x-own',
    'cookie',
  ])
    expect(world.api.header(name)).toEqual([])
  expect(world.api.received.at(-1)?.headers.filter(([name]) => name.startsWith('proxy-'))).toEqual([])
  // Nor do they pass where nothing names them.
  const bare = ['Upgrade: h2c', 'HTTP2-Settings: AA', 'TE: trailers', 'Trailer: X', 'Keep-Alive: timeout=5']
  const unnamed = head('GET', 'unnamed', 'Connection: close', ...bare, 'Proxy-Connection: keep-alive')
  expect(await bytesFor(world.port, unnamed)).toMatch(/^HTTP\/1\.1 200/)
  expect(world.api.received.at(-1)?.url).toBe('/v1/unnamed')
  for (const name of [...bare.map((line) => line.split(':', 1)[0] ?? ''), 'Proxy-Connection'])
    expect([name, world.api.header(name.toLowerCase())]).toEqual([name, []])
  // Naming what the guard reads does not take it away from the guard either.
  const foreign = await bytesFor(
    world.port,
    head('POST', '1', 'Connection: close, origin', 'Origin: https://attacker.test', 'Content-Length: 0'),
  )
  expect(foreign).toMatch(/^HTTP\/1\.1 403/)
})

const INNER = (): string => head('GET', 'smuggled', 'Connection: close')

it.each<[string, string[], string]>([
  ['two lengths', ['Content-Length: 0', 'Content-Length: 6'], ''],
  ['the same length twice', ['Content-Length: 0', 'Content-Length: 0'], ''],
  ['lengths in a list', ['Content-Length: 0, 6'], ''],
  ['a length with a sign', ['Content-Length: +0'], ''],
  ['a negative length', ['Content-Length: -1'], ''],
  ['a length that is hexadecimal', ['Content-Length: 0x0'], ''],
  ['an empty length', ['Content-Length:'], ''],
  ['CL.TE', ['Content-Length: 6', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
  ['TE.CL', ['Transfer-Encoding: chunked', 'Content-Length: 4'], '5c\r\n'],
  ['TE.TE', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], '0\r\n\r\n'],
  ['TE that is no chunked', ['Transfer-Encoding: xchunked'], ''],
  ['TE with a blank before its colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
  ['TE behind a control', ['Transfer-Encoding: \x0bchunked'], '0\r\n\r\n'],
  ['TE whose last coding is not chunked', ['Transfer-Encoding: chunked, gzip'], '0\r\n\r\n'],
  ['a folded TE', ['Transfer-Encoding:\r\n chunked'], '0\r\n\r\n'],
  ['a chunk size that is none', ['Transfer-Encoding: chunked'], 'zz\r\n\r\n'],
  ['a chunk size with a sign', ['Transfer-Encoding: chunked'], '-1\r\n\r\n'],
  ['a chunk size with 0x', ['Transfer-Encoding: chunked'], '0x0\r\n\r\n'],
  ['chunks that end with a bare line feed', ['Transfer-Encoding: chunked'], '0\n\n'],
  ['a chunk longer than it says', ['Transfer-Encoding: chunked'], '1\r\nab\r\n0\r\n\r\n'],
  ['an endless chunk extension', ['Transfer-Encoding: chunked'], `0;${'x'.repeat(40_000)}\r\n\r\n`],
])('T81 smuggling by %s: nothing of it reaches the API as a request of its own', async (_, lines, body) => {
  const before = world.api.received.length
  const bytes = await bytesFor(world.port, head('POST', 'outer', ...lines) + body + INNER())
  const heard = world.api.received.slice(before).map(({ method, url }) => `${method} ${url}`)
  expect(heard.filter((one) => one.includes('smuggled'))).toEqual([])
  expect(answersIn(bytes)).toBeLessThanOrEqual(1)
  if (answersIn(bytes) === 1) expect(bytes).toMatch(/^HTTP\/1\.1 (?:400|413|502)/)
})

it('T81 a length on GET is its body, and what HTTP/2 would call its own is a header of nobody', async () => {
  const before = world.api.received.length
  const inner = INNER()
  const bytes = await bytesFor(
    world.port,
    head('GET', 'outer', `Content-Length: ${Buffer.byteLength(inner)}`) +
      inner +
      head('GET', 'next', 'Connection: close'),
  )
  expect(answersIn(bytes)).toBe(2)
  const heard = world.api.received.slice(before)
  // What only reads may be asked for at the same time, on connections of its own (RFC 9112 §9.3.2).
  expect(heard.map(({ url }) => url).toSorted()).toEqual(['/v1/next', '/v1/outer'])
  expect(
    (await bytesFor(world.port, head('GET', '1', ':path: /evil', 'Connection: close'))).slice(9, 12),
  ).toBe('400')
  expect((await bytesFor(world.port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).slice(0, 12)).not.toBe(
    'HTTP/1.1 200',
  )
})

it('T82 credentials and identities of the caller’s own are dropped: the API sees ours alone', async () => {
  const own = {
    ...{ Authorization: 'Bearer stolen', DPoP: 'x.y.z', 'Proxy-Authorization': 'Basic eDp5', Cookie2: 'x' },
    ...{ 'X-User': 'admin', 'X-Forwarded-User': 'admin', 'X-Remote-User': 'admin', 'Remote-User': 'admin' },
    ...{
      'X-Auth-Request-Email': 'a@b',
      'X-Forwarded-For': '10.0.0.1',
      'X-Real-IP': '10.0.0.1',
      Via: '1.1 evil',
    },
    ...{ 'X-Forwarded-Client-Cert': 'x', 'Client-Cert': ':x:', 'X-SSL-Client-Verify': 'SUCCESS' },
    ...{ X_Forwarded_For: '10.0.0.1', x_user: 'admin', 'X-Request-Id': 'theirs', 'X-Tandem': '1' },
    ...Object.fromEntries(
      [
        ...['X-Auth-User', 'X-Userinfo', 'X-Goog-Authenticated-User-Email', 'X-Amzn-Oidc-Identity'],
        ...['X-MS-Client-Principal', 'X-MS-Client-Principal-Name', 'X-MS-Token-AAD-Id-Token'],
        ...['Cf-Access-Authenticated-User-Email', 'Tailscale-User-Login', 'X-Pomerium-Claim-Email'],
        ...['X-Original-URI', 'X-Envoy-Original-Path', 'X-Host', 'X-Vouch-User', 'X-Goog-IAP-JWT-Assertion'],
      ].map((name) => [name, 'admin']),
    ),
    ...Object.fromEntries(
      [
        ...['X-Forwarded', 'Fly-Client-IP', 'X-Remote-Addr', 'X-Envoy-External-Address', 'X-Azure-ClientIP'],
        ...['X-Vercel-Forwarded-For', 'CF-Connecting-IPv6', 'X-Original-Forwarded-For'],
      ].map((name) => [name, '10.0.0.1']),
    ),
    ...{ Forwarded: 'for=10.0.0.1', 'True-Client-IP': '10.0.0.1', 'CF-Connecting-IP': '10.0.0.1' },
  }
  const answer = await alice.call('/bff/api/orders/1', { headers: own })
  expect(answer.status).toBe(200)
  const received = world.api.received.at(-1)?.headers ?? []
  expect(
    received.filter(([, value]) => /stolen|admin|10\.0\.0\.1|x\.y\.z|theirs|evil|SUCCESS|a@b/.test(value)),
  ).toEqual([])
  expect(world.api.header('authorization')).toHaveLength(1)
  expect(world.api.header('x-forwarded-for')).toEqual(['127.0.0.1'])
  expect(received.some(([name]) => name.includes('cookie') || name.includes('csrf'))).toBe(false)
})
