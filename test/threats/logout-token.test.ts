/** What is posted to the door for logout tokens. */
import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { UnsecuredJWT } from 'jose'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { each, many, PATIENCE } from './masses.js'
import type { Visitor } from './visitor.js'
import type { WireAnswer } from './wire.js'
import { startWorld, testWorld } from './world.js'
import type { World } from './world.js'

let world: World
let alice: Visitor
beforeAll(async () => {
  world = await startWorld()
  alice = await world.signedIn()
})
afterAll(() => world.close())

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

async function refused(answer: WireAnswer): Promise<void> {
  expect(answer.status).toBe(400)
  expect(answer.json()).toMatchObject({ code: 'logout_token_invalid', error: 'invalid_request' })
  expect(answer.header('cache-control')).toBe('no-store')
  expect(await alice.session()).toMatchObject({ authenticated: true })
}

const now = Math.floor(Date.now() / 1000)
const ours = { sub: 'alice', sid: 'sid-1' }

it.each<[string, Record<string, unknown>, Record<string, string>?]>([
  ['another issuer', { iss: 'https://elsewhere.example' }],
  ['an issuer that is a list', { iss: ['x'] }],
  ['no issuer', { iss: undefined }],
  ['another audience', { aud: 'another' }],
  ['no audience', { aud: undefined }],
  ['no iat', { iat: undefined }],
  ['iat in the future', { iat: now + 300, exp: now + 400 }],
  ['an hour old', { iat: now - 3600, exp: now - 3480 }],
  ['no exp', { exp: undefined }],
  ['an exp far away', { exp: now + 3600 }],
  ['a text as exp', { exp: 'soon' }],
  ['neither sub nor sid', { sub: undefined, sid: undefined }],
  ['a number as sub', { sub: 7 }],
  ['an empty sub', { sub: '' }],
  ['a list as sid', { sid: ['sid-1'] }],
  ['no events', { events: undefined }],
  ['another event', { events: { 'http://schemas.openid.net/event/other': {} } }],
  ['events as a list', { events: [EVENT] }],
  ['events as a text', { events: EVENT }],
  ['an event that is null', { events: { [EVENT]: null } }],
  ['an event that is true', { events: { [EVENT]: true } }],
  ['an event that is a list', { events: { [EVENT]: [] } }],
  ['a nonce', { nonce: 'x' }],
  ['an empty nonce', { nonce: '' }],
  ['a nonce that is null', { nonce: null }],
  ['no jti', { jti: undefined }],
  ['an empty jti', { jti: '' }],
  ['typ JWT', {}, { typ: 'JWT' }],
  ['typ at+jwt', {}, { typ: 'at+jwt' }],
  ['typ secevent+jwt', {}, { typ: 'secevent+jwt' }],
  ['an unknown key', {}, { kid: 'key-2' }],
])('T64 a logout token with %s: 400, and nothing ends', async (_, claims, header) => {
  await refused(await world.tellLogout({ ...ours, ...claims }, header))
})

it('T64 forged signatures, algorithms and encodings: 400, and nothing ends', async () => {
  const token = await world.idp.logoutToken(ours)
  const [head = '', body = '', signature = ''] = token.split('.')
  const as = (header: object): string => Buffer.from(JSON.stringify(header)).toString('base64url')
  const forged = [
    `${head}.${body}.${signature.slice(0, -3)}AAA`,
    `${head}.${body}.`,
    `${head}.${body}`,
    `${as({ alg: 'none', typ: 'logout+jwt' })}.${body}.`,
    `${as({ alg: 'HS256', typ: 'logout+jwt', kid: 'key-1' })}.${body}.${signature}`,
    `${as({ alg: 'RS256', typ: 'logout+jwt', kid: 'key-1' })}.${body}.${signature}`,
    `${as({ alg: 'ES256', typ: 'logout+jwt', kid: 'key-1', crit: ['x'], x: 1 })}.${body}.${signature}`,
    `${as({ alg: 'ES256', typ: 'logout+jwt', jku: 'https://evil.example/' })}.${body}.${signature}`,
    new UnsecuredJWT(ours).encode(),
    'x.y.z',
    '',
    '.',
    'null',
    `${head}.${'A'.repeat(50_000)}.${signature}`,
  ]
  for (const one of forged) await refused(await world.tellLogout(one))
})

it('T64 another form of the request is refused: method, media type, twice, too long', async () => {
  const token = encodeURIComponent(await world.idp.logoutToken(ours))
  const door = '/bff/backchannel-logout'
  const someone = world.visitor()
  for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS'])
    expect((await someone.send(`${door}?logout_token=${token}`, { method })).status).toBe(405)
  const post = (body: string, headers: Record<string, string> = FORM) =>
    someone.send(door, { method: 'POST', headers, body })
  await refused(await post(`{"logout_token":"${token}"}`, { 'Content-Type': 'application/json' }))
  await refused(await post(`logout_token=${token}`, { 'Content-Type': 'text/plain' }))
  await refused(await post(`logout_token=${token}&logout_token=${token}`))
  await refused(await post('other=1'))
  expect((await post(`logout_token=${'x'.repeat(1_000_000)}`)).status).toBe(413)
  expect(await alice.session()).toMatchObject({ authenticated: true })
})

it('T65 a logout token that comes again ends no session that began after it', async () => {
  const own = await testWorld()
  const first = await own.signedIn()
  const token = await own.idp.logoutToken(ours)
  expect((await own.tellLogout(token)).status).toBe(200)
  expect(await first.session()).toMatchObject({ last: { ended_by: 'logout' } })
  own.clock.advance(5)
  const second = await own.signedIn()
  expect((await own.tellLogout(token)).status).toBe(400)
  own.clock.advance(1000)
  expect((await own.tellLogout(token)).status).toBe(400)
  expect(await second.session()).toMatchObject({ authenticated: true })
})

it('T66 an ID token, an access token or a refresh token is no logout token', async () => {
  await alice.call('/bff/api/orders/1')
  const [bearer = ''] = world.api.header('authorization')
  const idToken = await world.idp.logoutToken({ ...ours, events: undefined, nonce: 'n' }, { typ: 'JWT' })
  for (const token of [idToken, bearer.slice(7), 'refresh-1', alice.cookie('session')])
    await refused(await world.tellLogout(token))
})

it(
  'T67 masses of valid tokens for nobody are answered, and no session is looked through for them',
  { timeout: PATIENCE },
  async () => {
    const whole = memoryStore()
    const looks: string[] = []
    const store = {
      ...whole,
      list: (...given: Parameters<typeof whole.list>) => (looks.push('list'), whole.list(...given)),
    }
    const own = await testWorld({ bff: (base) => ({ ...base, store }) })
    const bob = await own.signedIn()
    const statuses = new Set<number>()
    await each(many(500, 10_000), 50, async (i) => {
      const token = await own.idp.logoutToken({ sid: `other-${i}` })
      statuses.add((await own.tellLogout(token)).status)
    })
    expect([...statuses]).toEqual([200])
    expect(looks).toEqual([])
    expect(await bob.session()).toMatchObject({ authenticated: true })
  },
)

it('T68 the answer does not tell whether somebody was signed in, by its bytes or by its time', async () => {
  const own = await testWorld()
  const shape = ({ bytes }: WireAnswer): string => bytes.replace(/^(?:X-Request-Id|Date): .*$/gim, '')
  const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
  const shapes = new Set<string>()
  for (let i = 0; i < 15; i++) {
    await own.signedIn()
    for (const [kind, sub] of [
      ['known', 'alice'],
      ['unknown', `stranger-${i}`],
    ] as const) {
      own.clock.advance(1)
      const token = await own.idp.logoutToken({ sub })
      const begun = performance.now()
      const answer = await own.tellLogout(token)
      times[kind].push(performance.now() - begun)
      expect(answer.status).toBe(200)
      shapes.add(shape(answer))
    }
  }
  expect(shapes.size).toBe(1)
  const median = (all: number[]): number => all.toSorted((a, b) => a - b)[7] ?? 0
  // A busy machine is not precise: what would give it away is work that one of them does not cause.
  expect(Math.abs(median(times.known) - median(times.unknown))).toBeLessThan(20)
})

it('T68 whoever is not the provider learns nothing at all: the store is not even asked', async () => {
  const asked: string[] = []
  const store = new Proxy(memoryStore(), {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return (...given: unknown[]): unknown => (
        asked.push(String(name)),
        Reflect.apply(method, target, given)
      )
    },
  })
  const own = await testWorld({ bff: (base) => ({ ...base, store }) })
  await own.signedIn()
  const shapes = new Set<string>()
  asked.length = 0
  for (const whose of [{ sub: 'alice' }, { sid: 'sid-1' }, { sub: 'nobody' }, { sid: 'sid-2' }]) {
    const token = await own.idp.logoutToken(whose)
    const [head = '', body = '', signature = ''] = token.split('.')
    for (const forged of [
      `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      await own.idp.logoutToken({ ...whose, aud: 'another' }),
    ]) {
      const answer = await own.tellLogout(forged)
      expect(answer.status).toBe(400)
      shapes.add(answer.bytes.replace(/^(?:X-Request-Id|Date): .*$/gim, ''))
    }
  }
  // One for each reason, whoever was meant.
  expect(shapes.size).toBe(2)
  expect(asked.filter((name) => name !== 'deleteExpired')).toEqual([])
})
