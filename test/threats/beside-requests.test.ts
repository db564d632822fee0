/** What no list names: requests that HTTP allows, and a proxy may stumble over. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { answersIn, bytesFor, dial, eventually, read, requestText } from './wire.js'
import type { Asking, HeaderList } from './wire.js'
import { startWorld } from './world.js'
import type { World } from './world.js'

let world: World
let alice: Visitor
let bob: Visitor
beforeAll(async () => {
  world = await startWorld()
  alice = await world.signedIn()
  world.idp.traits.user = { sub: 'bob', name: 'Bob' }
  bob = await world.signedIn()
})
afterAll(() => world.close())

const KEPT = ['Connection', 'keep-alive'] as const

/** A request of a page of the app, as text. */
function by(
  who: Visitor,
  path: string,
  { headers = [], ...asking }: Asking & { headers?: HeaderList } = {},
): string {
  const all: HeaderList = [
    ...(who.jar.size === 0 ? [] : [['Cookie', who.cookies()] as const]),
    ...Object.entries(BY_PAGE),
    ['X-CSRF-Token', who.cookie('csrf') || '1'],
    ...headers,
  ]
  return requestText(world.origin.slice(7), path, { ...asking, headers: all })
}
const last = (who: Visitor): string => by(who, '/healthz')
const statuses = (bytes: string): string[] =>
  [...bytes.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status ?? '')
const tokenAt = (index: number): string =>
  world.api.received.at(index)?.headers.find(([name]) => name === 'authorization')?.[1] ?? ''

it('X1 requests of several users on one connection are answered in order, each as its own', async () => {
  const nobody = world.visitor()
  const before = world.api.received.length
  const held: (() => void)[] = []
  world.api.answer = (_, response, { url }) => void held.push(() => response.end(`for ${url}`))
  const socket = await dial(world.port)
  let bytes = ''
  socket.on('data', (data) => (bytes += String(data)))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const keep = { headers: [KEPT] }
  socket.write(
    [
      by(alice, '/bff/api/orders/alice', keep),
      by(bob, '/bff/api/orders/bob', keep),
      by(nobody, '/bff/api/orders/nobody', keep),
      by(bob, '/bff/session', keep),
      by(alice, '/bff/session', keep),
      last(nobody),
    ].join(''),
  )
  expect(await eventually(() => held.length === 2)).toBe(true)
  // The second is ready first, and waits.
  for (const go of held.toReversed()) go()
  await closed
  expect(statuses(bytes)).toEqual(['200', '200', '401', '200', '200', '200'])
  const order = ['for /v1/alice', 'for /v1/bob', 'login_required', '"sub":"bob"', '"sub":"alice"', '"ok"']
  const places = order.map((text) => bytes.indexOf(text))
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(
    world.api.received
      .slice(before)
      .map(({ url }) => url)
      .toSorted(),
  ).toEqual(['/v1/alice', '/v1/bob'])
  expect(tokenAt(before)).not.toBe(tokenAt(before + 1))
})

it('X1 the body of a request that was refused is not the next request', async () => {
  const before = world.api.received.length
  const hidden = by(alice, '/bff/api/orders/hidden', { headers: [KEPT] })
  for (const [path, headers] of [
    ['/bff/api/orders/1', [['Origin', 'https://attacker.test'], KEPT]],
    ['/bff/api/nobody/1', [KEPT]],
    ['/bff/api/orders/../1', [KEPT]],
    ['/bff/logout', [['Origin', 'https://attacker.test'], KEPT]],
    ['/bff/nothing', [KEPT]],
  ] as [string, HeaderList][]) {
    const bytes = await bytesFor(
      world.port,
      by(alice, path, { method: 'POST', headers, body: hidden }) + last(alice),
    )
    const [first = '', ...others] = statuses(bytes)
    expect([path, Number(first) >= 400]).toEqual([path, true])
    // It goes on behind the body, or not at all.
    expect([[], ['200']]).toContainEqual(others)
  }
  expect(world.api.received.length).toBe(before)
  expect(await alice.session()).toMatchObject({ authenticated: true })
})

it('X2 Expect: 100-continue is answered here and goes no further; another expectation is refused', async () => {
  world.api.answer = (_, response, received) => void received.body.then((body) => response.end(body))
  const origin = ['Origin', world.origin] as const
  const waits = async (path: string, headers: HeaderList, go: RegExp): Promise<string> => {
    const socket = await dial(world.port)
    let bytes = ''
    socket.on('data', (data) => (bytes += String(data)))
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(by(alice, path, { method: 'POST', headers: [...headers, ['Content-Length', '4']] }))
    expect(await eventually(() => go.test(bytes))).toBe(true)
    socket.write('body')
    await closed
    return bytes
  }
  const passed = await waits('/bff/api/orders/1', [origin, ['Expect', '100-continue']], /^HTTP\/1\.1 100 /)
  expect([statuses(passed), passed.endsWith('body')]).toEqual([['100', '200'], true])
  expect(world.api.header('expect')).toEqual([])
  const before = world.api.received.length
  const foreign: HeaderList = [
    ['Origin', 'https://attacker.test'],
    ['Expect', '100-continue'],
  ]
  expect(statuses(await waits('/bff/api/orders/1', foreign, /HTTP\/1\.1 403 /)).at(-1)).toBe('403')
  expect(statuses(await waits('/bff/api/orders/1', [origin, ['Expect', 'a-miracle']], /^HTTP/))).toEqual([
    '417',
  ])
  expect(world.api.received.length).toBe(before)
})

it('X5 trailers of a request are no headers, whatever it calls them', async () => {
  world.api.answer = (request, response) =>
    void request.resume().on('end', () => response.end(JSON.stringify(request.rawTrailers)))
  const headers: HeaderList = [
    ['Trailer', 'Authorization, Cookie'],
    ['TE', 'trailers'],
    ['Transfer-Encoding', 'chunked'],
  ]
  const trailers = `Authorization: Bearer evil\r\nCookie: ${bob.cookies()}\r\nX-User: evil\r\nOrigin: ${world.origin}\r\n`
  const bytes = await bytesFor(
    world.port,
    `${by(alice, '/bff/api/orders/1', { method: 'POST', headers })}2\r\n{}\r\n0\r\n${trailers}\r\n`,
  )
  const { status, body } = read(bytes)
  expect([status, body]).toEqual([200, '[]'])
  expect(JSON.stringify(world.api.received.at(-1)?.headers)).not.toMatch(/evil|trailer/i)
  // Nor for the guard: what is not in the head was not said.
  const bare = requestText(world.origin.slice(7), '/bff/api/orders/1', {
    method: 'POST',
    headers: [
      ['Cookie', alice.cookies()],
      ['Transfer-Encoding', 'chunked'],
    ],
  })
  const late = `X-CSRF-Token: ${alice.cookie('csrf')}\r\nSec-Fetch-Site: same-origin\r\n`
  expect(read(await bytesFor(world.port, `${bare}2\r\n{}\r\n0\r\n${late}\r\n`)).status).toBe(403)
})

it('X6 methods that tunnel, reflect or ask are never sent on; unknown ones need a token as POST does', async () => {
  const before = world.api.received.length
  const origin = ['Origin', world.origin] as const
  for (const method of ['TRACE', 'OPTIONS', 'CONNECT', 'TRACK', 'get', 'Post', 'FOO', ''])
    for (const headers of [[], [origin]] as HeaderList[]) {
      const { status } = read(await bytesFor(world.port, by(alice, '/bff/api/orders/1', { method, headers })))
      expect([method, [0, 400, 405].includes(status)]).toEqual([method, true])
    }
  const methods = ['QUERY', 'PROPFIND', 'PURGE', 'LINK', 'SEARCH', 'LOCK', 'MKCOL', 'COPY', 'MERGE', 'REPORT']
  for (const method of methods) {
    const text = by(alice, '/bff/api/orders/1', { method }).replace(/X-CSRF-Token: .*\r\n/, '')
    expect([method, read(await bytesFor(world.port, text)).status]).toEqual([method, 403])
  }
  expect(world.api.received.length).toBe(before)
})

it('X7 a guard’s header that comes twice is believed in neither order', async () => {
  const before = world.api.received.length
  const token = ['X-CSRF-Token', alice.cookie('csrf')] as const
  const same = ['Sec-Fetch-Site', 'same-origin'] as const
  const cross = ['Sec-Fetch-Site', 'cross-site'] as const
  const ours = ['Origin', world.origin] as const
  const theirs = ['Origin', 'https://attacker.test'] as const
  for (const headers of [
    [token, same, cross],
    [token, cross, same],
    [token, ours, theirs],
    [token, theirs, ours],
    [same, token, ['X-CSRF-Token', 'x']],
    [same, ['X-CSRF-Token', 'x'], token],
    [same, ['X-CSRF-Token', bob.cookie('csrf')], token],
    [token, ['Sec-Fetch-Site', 'same-origin, cross-site']],
    [token, ['Sec-Fetch-Site', 'cross-site, same-origin']],
    [token, ['Origin', `${world.origin} https://attacker.test`]],
    [token, ['Origin', `${world.origin}.attacker.test`]],
    [token, ['Origin', `${world.origin}/`]],
  ] as HeaderList[]) {
    const text = requestText(world.origin.slice(7), '/bff/api/orders/1', {
      method: 'POST',
      headers: [['Cookie', alice.cookies()], ...headers],
      body: '',
    })
    const { status } = read(await bytesFor(world.port, text))
    expect([headers, [403, 409].includes(status)]).toEqual([headers, true])
  }
  expect(world.api.received.length).toBe(before)
})

it('X8 of thousands of headers none is dropped in silence: what comes last is read like what came first', async () => {
  world.api.answer = (_, response) => void response.end('{}')
  const before = world.api.received.length
  const many = 'a:\r\n'.repeat(2500)
  const host = world.origin.slice(7)
  const text = (first: string, behind: string): string =>
    `GET /bff/api/orders/1 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nCookie: ${alice.cookies()}\r\n${first}${many}${behind}\r\n`
  const same = 'Sec-Fetch-Site: same-origin\r\n'
  for (const behind of [
    'Sec-Fetch-Site: cross-site\r\n',
    `Host: ${host}\r\n`,
    'Host: evil.example\r\n',
    `Cookie: ${alice.cookies('session')}\r\n`,
  ])
    expect([behind, read(await bytesFor(world.port, text(same, behind))).status >= 400]).toEqual([
      behind,
      true,
    ])
  expect(world.api.received.length).toBe(before)
  expect(read(await bytesFor(world.port, text('', same))).status).toBe(200)
})

it('X12 HTTP/1.0 says its host, or is refused; what is chunked is read to its end', async () => {
  const host = world.origin.slice(7)
  const plain = `Cookie: ${alice.cookies()}\r\nSec-Fetch-Site: same-origin\r\n`
  expect(read(await bytesFor(world.port, `GET /bff/api/orders/1 HTTP/1.0\r\n${plain}\r\n`)).status).toBe(400)
  const before = world.api.received.length
  const answer = await bytesFor(world.port, `GET /bff/api/orders/1 HTTP/1.0\r\nHost: ${host}\r\n${plain}\r\n`)
  expect([read(answer).status, answersIn(answer), /chunked/.test(answer)]).toEqual([200, 1, false])
  const hidden = `GET /bff/api/orders/hidden HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${plain}\r\n`
  const chunked = await bytesFor(
    world.port,
    `POST /bff/api/orders/1 HTTP/1.0\r\nHost: ${host}\r\nConnection: keep-alive\r\nX-CSRF-Token: ${alice.cookie('csrf')}\r\n${plain}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  )
  // RFC 9112 §6.1: whoever stands in front may have seen another end of it.
  expect(answersIn(chunked)).toBe(1)
  expect(world.api.received.slice(before).filter(({ url }) => url.includes('hidden'))).toEqual([])
})
