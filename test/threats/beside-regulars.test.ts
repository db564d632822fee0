/** What no list names: calls that look like one that was let in before, and are not like it. */
import { expect, it } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { bytesFor, read, requestText } from './wire.js'
import type { HeaderList } from './wire.js'
import { testWorld } from './world.js'
import type { World } from './world.js'

/** The headers of a page's call, those named changed, taken away (`null`), or sent once more behind the others (`+name`). */
const headersOf = (who: Visitor, changes: Record<string, string | null> = {}): HeaderList => {
  const usual = { Cookie: who.cookies(), 'X-CSRF-Token': who.cookie('csrf'), ...BY_PAGE }
  const once = Object.fromEntries(Object.entries(changes).filter(([name]) => !name.startsWith('+')))
  return [
    ...Object.entries({ ...usual, ...once }).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    ),
    ...Object.entries(changes).flatMap(([name, value]) =>
      name.startsWith('+') ? [[name.slice(1), value ?? ''] as const] : [],
    ),
  ]
}

async function statusOf(world: World, method: string, path: string, headers: HeaderList): Promise<number> {
  const text = requestText(world.origin.slice(7), path, {
    method,
    headers,
    ...(method === 'POST' && { body: '{}' }),
  })
  return read(await bytesFor(world.port, text)).status
}

it('X14 a call like one before is let in, and one that differs in anything that counts is judged anew', async () => {
  const world = await testWorld()
  const [alice, bob] = [await world.signedIn(), await world.signedIn()]
  // The first use takes the login cookie away: with it, no call is like another.
  for (const who of [alice, bob]) await who.session()
  const changed: [string, Record<string, string | null>][] = [
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a sibling', { 'Sec-Fetch-Site': 'same-site' }],
    ['two sites', { '+Sec-Fetch-Site': 'cross-site' }],
    ['the same site twice', { '+Sec-Fetch-Site': 'same-origin' }],
    ['another origin', { Origin: 'https://attacker.test' }],
    ['an opaque origin', { Origin: 'null' }],
    ['nothing of where it is from', { 'Sec-Fetch-Site': null }],
    ['the token of another session', { 'X-CSRF-Token': bob.cookie('csrf') }],
    ['a forged token', { 'X-CSRF-Token': `${alice.cookie('csrf')}x` }],
    ['two tokens', { '+X-CSRF-Token': bob.cookie('csrf') }],
    ['a second session cookie', { '+Cookie': `${cookieNames.session}=${bob.cookie('session')}` }],
    ['no cookie', { Cookie: null }],
    ['a cookie of nobody', { Cookie: `${cookieNames.session}=${'A'.repeat(43)}` }],
    ['another host', { Host: 'evil.example' }],
    ['two hosts', { Host: world.origin.slice(7), '+Host': 'evil.example' }],
    ['another scheme', { 'X-Forwarded-Proto': 'https' }],
    ['a service worker', { 'Service-Worker': 'script' }],
  ]
  for (const method of ['GET', 'POST']) {
    for (let i = 0; i < 3; i++)
      expect(await statusOf(world, method, '/bff/api/orders/1', headersOf(alice))).toBe(200)
    const before = world.api.received.length
    for (const [what, changes] of changed) {
      const status = await statusOf(world, method, '/bff/api/orders/1', headersOf(alice, changes))
      expect([method, what, status >= 400]).toEqual([method, what, true])
    }
    for (const path of [
      '/bff/api/orders/../1',
      '/bff/api/orders//1',
      '/bff/api/orders/%2e%2e/1',
      '/bff/api/Orders/1',
      '/bff/api/orders2/1',
    ])
      expect(await statusOf(world, method, path, headersOf(alice))).toBeGreaterThanOrEqual(400)
    expect(await statusOf(world, 'TRACE', '/bff/api/orders/1', headersOf(alice))).toBe(405)
    expect(world.api.received.length).toBe(before)
    // Every call has the token of its own session.
    const token = (): string => world.api.header('authorization')[0] ?? ''
    expect(await statusOf(world, method, '/bff/api/orders/1', headersOf(alice))).toBe(200)
    const hers = token()
    expect(await statusOf(world, method, '/bff/api/orders/1', headersOf(bob))).toBe(200)
    expect(token()).not.toBe(hers)
  }
})

it.each(['logout', 'logout token', 'administrator', 'another instance', 'time'])(
  'X14 after an end by %s the very next call is refused, however often it was let in before',
  async (how) => {
    const world = await testWorld({ bff: (base) => ({ ...base, session: { idle: 600, absolute: 900 } }) })
    const second = await world.another()
    const alice = await world.signedIn()
    await alice.session()
    const headers = headersOf(alice)
    const call = (): Promise<number> => statusOf(world, 'GET', '/bff/api/orders/1', headers)
    for (let i = 0; i < 5; i++) expect(await call()).toBe(200)
    const before = world.api.received.length
    if (how === 'logout') await alice.call('/bff/logout', { method: 'POST' })
    if (how === 'logout token') await world.tellLogout({ sub: 'alice' })
    if (how === 'administrator') await world.bff.sessions.end({ sub: 'alice' })
    if (how === 'another instance') await second.bff.sessions.end({ sub: 'alice' })
    if (how === 'time') world.clock.advance(601)
    for (let i = 0; i < 3; i++) expect(await call()).toBe(401)
    expect(world.api.received.length).toBe(before)
  },
)
