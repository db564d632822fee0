/** What pages of other sites could find out, or put into a frame. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { startWorld } from './world.js'
import type { World } from './world.js'

let world: World
let alice: Visitor
beforeAll(async () => {
  world = await startWorld()
  alice = await world.signedIn()
})
afterAll(() => world.close())

/** What browsers say of a request that a page elsewhere made them send. */
const CROSS = { Origin: 'https://attacker.test', 'Sec-Fetch-Site': 'cross-site' }
const SIBLING = { Origin: 'http://evil.localhost:1', 'Sec-Fetch-Site': 'same-site' }

/** Whether nothing came of it: the session is there, and the API heard nothing more. */
async function unharmed<Result>(attempt: () => Promise<Result>): Promise<Result> {
  const before = [world.api.received.length, world.idp.tokenCalls.length]
  const result = await attempt()
  expect([world.api.received.length, world.idp.tokenCalls.length]).toEqual(before)
  expect(await alice.session()).toMatchObject({ authenticated: true })
  return result
}

it('T10 the event stream is not read from elsewhere', () =>
  unharmed(async () => {
    for (const from of [CROSS, SIBLING]) {
      const headers = {
        ...from,
        'Sec-Fetch-Mode': 'cors',
        'Sec-Fetch-Dest': 'empty',
        Accept: 'text/event-stream',
      }
      const answer = await alice.send('/bff/events', { headers })
      expect([answer.status, answer.header('access-control-allow-origin')]).toEqual([403, null])
    }
  }))

it('T11 no answer can be loaded as a script', () =>
  unharmed(async () => {
    for (const path of ['/bff/session', '/bff/session/', '/bff/token', '/bff/nothing.js']) {
      const { Origin: _, ...site } = CROSS
      const headers = { ...site, 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'script' }
      for (const answer of [await alice.send(path, { headers }), await alice.call(path)]) {
        expect(answer.header('x-content-type-options')).toBe('nosniff')
        expect(answer.header('cross-origin-resource-policy')).toBe('same-origin')
        expect(answer.header('content-type')).toMatch(/^application\/(?:problem\+)?json/)
      }
      expect([403, 404]).toContain((await alice.send(path, { headers })).status)
    }
  }))

it('T12 from elsewhere, those signed in and those not get the same answer, to the byte', () =>
  unharmed(async () => {
    const stranger = world.visitor()
    const shape = async (visitor: Visitor, path: string, headers: Record<string, string>): Promise<string> =>
      (await visitor.send(path, { headers })).bytes.replace(/^(?:X-Request-Id|Date): .*$/gim, '')
    for (const path of [
      '/bff/session',
      '/bff/api/orders/1',
      '/bff/api/unknown/1',
      '/bff/events',
      '/bff/logout',
    ])
      for (const from of [CROSS, SIBLING, { ...BY_PAGE, 'Sec-Fetch-Site': 'cross-site' }])
        expect(await shape(alice, path, from)).toBe(await shape(stranger, path, from))
  }))

it('T13 no answer of the BFF can be framed, the front-channel page by the provider alone', async () => {
  const stranger = world.visitor()
  const answers = [
    await stranger.visit('/bff/session'),
    await stranger.visit('/bff/login?return_to=//evil.example'),
    await stranger.visit('/bff/nothing'),
    await stranger.visit('/bff/login'),
    await stranger.visit('/bff/callback?state=x'),
    await stranger.visit('/bff/api/orders/1'),
    await stranger.visit('/bff/logout'),
  ]
  for (const answer of answers) {
    expect(answer.header('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(answer.header('x-frame-options')).toBe('DENY')
  }
  const framed = await stranger.visit('/bff/frontchannel-logout')
  expect(framed.header('content-security-policy')).toMatch(
    new RegExp(`frame-ancestors ${world.idp.issuer.replaceAll('.', '\\.')}$`),
  )
})
