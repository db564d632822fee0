/** Pages of other sites and siblings, and what they can make a browser send. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BY_USER } from './visitor.js'
import type { Visitor } from './visitor.js'
import { read, requestText, bytesFor } from './wire.js'
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
const LOADS = ['image', 'script', 'style', 'iframe', 'object', 'embed', 'empty', 'audio', 'font', 'report']

const DOORS = [
  '/bff/session',
  '/bff/logout',
  '/bff/refresh',
  '/bff/events',
  '/bff/api/orders/42',
  '/bff/token',
]

/** Whether nothing came of it: the session is there, and the API heard nothing more. */
async function unharmed<Result>(attempt: () => Promise<Result>): Promise<Result> {
  const before = [world.api.received.length, world.idp.tokenCalls.length]
  const result = await attempt()
  expect([world.api.received.length, world.idp.tokenCalls.length]).toEqual(before)
  expect(await alice.session()).toMatchObject({ authenticated: true })
  return result
}

it.each(DOORS)('T1 forms, images, scripts, beacons and pings from elsewhere: %s', (path) =>
  unharmed(async () => {
    for (const from of [CROSS, SIBLING])
      for (const type of [
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'text/plain',
      ])
        for (const mode of ['navigate', 'no-cors']) {
          const headers = { ...from, 'Sec-Fetch-Mode': mode, 'Content-Type': type }
          const answer = await alice.send(path, { method: 'POST', headers, body: 'a=1' })
          expect([403, 404]).toContain(answer.status)
          if (answer.status === 403) expect(answer.json()).toMatchObject({ code: 'csrf_failed' })
        }
    for (const dest of LOADS) {
      const { Origin: _, ...site } = CROSS
      const answer = await alice.send(path, {
        headers: {
          ...site,
          'Sec-Fetch-Mode': 'no-cors',
          'Sec-Fetch-Dest': dest,
          Referer: 'https://attacker.test/',
        },
      })
      expect([403, 404]).toContain(answer.status)
    }
  }),
)

it('T2 an override of the method changes nothing, and reaches no API', async () => {
  await unharmed(async () => {
    const headers = { 'X-HTTP-Method-Override': 'POST', 'X-Method-Override': 'POST', 'X-HTTP-Method': 'POST' }
    const answer = await alice.call('/bff/logout?_method=POST', { headers })
    expect(answer.status).toBe(405)
  })
  const answer = await alice.call('/bff/api/orders/42', { headers: { 'X-HTTP-Method-Override': 'DELETE' } })
  expect(answer.status).toBe(200)
  expect(world.api.received.at(-1)).toMatchObject({ method: 'GET' })
  expect(world.api.header('x-http-method-override')).toEqual([])
})

it('T3 no preflight is approved or proxied', () =>
  unharmed(async () => {
    for (const path of DOORS)
      for (const from of [CROSS, SIBLING, { Origin: world.origin, 'Sec-Fetch-Site': 'same-origin' }]) {
        const answer = await alice.send(path, {
          method: 'OPTIONS',
          headers: {
            ...from,
            'X-CSRF-Token': alice.cookie('csrf'),
            'Sec-Fetch-Mode': 'cors',
            'Access-Control-Request-Method': 'DELETE',
            'Access-Control-Request-Headers': 'x-csrf-token, content-type, authorization',
            'Access-Control-Request-Private-Network': 'true',
          },
        })
        expect(answer.status).toBeGreaterThanOrEqual(400)
        expect(answer.headers.filter(([name]) => name.startsWith('access-control-'))).toEqual([])
      }
  }))

it('T4 whoever says nothing of where the call comes from is refused, token or not', () =>
  unharmed(async () => {
    for (const token of [{}, { 'X-CSRF-Token': '1' }, { 'X-CSRF-Token': alice.cookie('csrf') }])
      for (const [method, path] of [
        ['GET', '/bff/session'],
        ['GET', '/bff/api/orders/42'],
        ['GET', '/bff/events'],
        ['POST', '/bff/api/orders/42'],
        ['POST', '/bff/refresh'],
        ['POST', '/bff/logout'],
      ] as const)
        expect((await alice.send(path, { method, headers: token })).status).toBe(403)
  }))

it('T5 an opaque origin is another one, whatever else the request says', () =>
  unharmed(async () => {
    const token = { 'X-CSRF-Token': alice.cookie('csrf') }
    for (const site of ['cross-site', 'same-origin', 'none', null])
      for (const path of ['/bff/logout', '/bff/refresh', '/bff/api/orders/42']) {
        const headers = { ...token, Origin: 'null', ...(site !== null && { 'Sec-Fetch-Site': site }) }
        expect((await alice.send(path, { method: 'POST', headers })).status).toBe(403)
      }
  }))

it('T6 the answer to a login of the attacker signs nobody else in', async () => {
  const mallory = world.visitor()
  const callback = await mallory.authorize(await mallory.beginLogin())
  const { ref } = ((await alice.session())['session'] ?? {}) as { ref?: string }
  await unharmed(async () => {
    const visit = await alice.comeBack(callback)
    expect([visit.status, visit.header('location'), visit.all('set-cookie')]).toEqual([303, '/', []])
    expect((await alice.send(callback, { headers: CROSS })).json()).toMatchObject({ code: 'stale_callback' })
    // Also where a login of their own is on its way: it is not taken for that one, and goes on.
    for (const victim of [alice, world.visitor()]) {
      await victim.beginLogin()
      const [answer, login] = [await victim.comeBack(callback), victim.cookie('login')]
      expect(answer.header('location')).toBe(victim === alice ? '/' : '/?login_error=stale_callback')
      expect([answer.all('set-cookie'), login]).toEqual([[], expect.stringMatching(/./)])
    }
    const stranger = world.visitor()
    expect((await stranger.comeBack(callback)).header('location')).toBe('/?login_error=stale_callback')
    expect(await stranger.session()).toEqual({ authenticated: false })
  })
  expect(await alice.session()).toMatchObject({ session: { ref } })
})

it('T7 no login in a frame; one that another site begins changes no session before the user comes back', () =>
  unharmed(async () => {
    for (const dest of ['iframe', 'frame', 'embed', 'object', 'fencedframe'])
      for (const site of ['cross-site', 'same-site', 'same-origin']) {
        const headers = { 'Sec-Fetch-Dest': dest, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': site }
        const answer = await alice.send('/bff/login?prompt=none', { headers })
        expect([answer.status, answer.all('set-cookie')]).toEqual([403, []])
      }
    const linked = { ...BY_USER, 'Sec-Fetch-Site': 'cross-site', Cookie: '' }
    expect(
      (await world.visitor().send('/bff/login', { headers: linked })).all('set-cookie').join(),
    ).not.toContain('session=')
  }))

it('T8 no logout from elsewhere, by no method; a front-channel logout must know the session', () =>
  unharmed(async () => {
    for (const headers of [CROSS, SIBLING, { ...BY_USER, 'Sec-Fetch-Site': 'cross-site' }]) {
      for (const method of ['GET', 'POST', 'HEAD', 'PUT'])
        expect((await alice.send('/bff/logout', { method, headers })).status).toBe(403)
      const asked = [
        '',
        `?iss=${encodeURIComponent(world.idp.issuer)}`,
        '?sid=sid-1',
        `?iss=${encodeURIComponent(world.idp.issuer)}&sid=sid-2`,
        '?iss=https://elsewhere.example&sid=sid-1',
        `?iss=${encodeURIComponent(world.idp.issuer)}&sid=sid-2&sid=sid-1`,
      ]
      for (const query of asked)
        expect([200, 400]).toContain(
          (await alice.send(`/bff/frontchannel-logout${query}`, { headers })).status,
        )
    }
  }))

it('T9 no WebSocket: refused from elsewhere before anything is dialled, and upgraded for nobody', async () => {
  const handshake = {
    ...{ Connection: 'Upgrade', Upgrade: 'websocket' },
    ...{ 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
  }
  await unharmed(async () => {
    for (const path of ['/bff/api/orders/socket', '/bff/events', '/bff/session']) {
      const text = requestText(world.origin.slice(7), path, {
        headers: { Cookie: alice.cookies(), ...CROSS, ...handshake, Connection: 'Upgrade, close' },
      })
      expect(read(await bytesFor(world.port, text)).status).toBe(403)
    }
  })
  const own = await alice.call('/bff/api/orders/socket', {
    headers: { ...handshake, Connection: 'Upgrade, close' },
  })
  expect(own.status).toBe(200)
  expect(world.api.header('upgrade')).toEqual([])
})
