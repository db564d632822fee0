/** The store: stolen, tampered with, rolled back, away, or forgetful. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { systemEdges } from '../../src/bff/edges.js'
import { createSealing } from '../../src/bff/sealing.js'
import { keyOf } from '../../src/bff/sessions/lookup.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import type { SessionRecord, SessionStore } from '../../src/bff/stores/store.js'
import type { Visitor } from './visitor.js'
import { SECRET, testWorld } from './world.js'
import type { World } from './world.js'

async function recordOf({ store }: Pick<World, 'store'>, visitor: Visitor): Promise<SessionRecord> {
  const found = await store.get((await keyOf(visitor.cookie('session'))) ?? '')
  if (found?.state !== 'live') throw new Error('there is no session')
  return found.record
}

/** A store whose reads and writes go through `before`. */
const behind = (store: SessionStore, before: (method: string) => Promise<void>): SessionStore =>
  new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function' || name === 'close') return method
      return async (...given: unknown[]): Promise<unknown> => {
        await before(String(name))
        return Reflect.apply(method, target, given) as unknown
      }
    },
  })

it('T52 what is stored has no id, no token and no name in it, in any spelling', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-dump-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const world = await testWorld({
    bff: (base) => ({ ...base, store: `sqlite:${join(folder, 'sessions.db')}` }),
  })
  const alice = await world.signedIn()
  await alice.call('/bff/api/orders/1')
  const [token = ''] = world.api.header('authorization')
  const secrets = [
    ...[...alice.jar.values()].filter((value) => value.length > 20),
    ...[token.slice(7), 'refresh-1', 'alice', 'Alice Andersson', 'alice@example.com', 'sid-1', SECRET],
  ]
  const dump = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
  expect(Buffer.concat(dump).length).toBeGreaterThan(1000)
  for (const secret of secrets)
    for (const spelling of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      const text = spelling === 'utf8' ? secret : Buffer.from(secret).toString(spelling)
      expect([secret, dump.some((bytes) => bytes.includes(text))]).toEqual([secret, false])
    }
})

it('T52 a stolen store and a stolen secret together open nothing without the cookie', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const { key, ref, subject, sealed } = await recordOf(world, alice)
  const cookie = alice.cookie('session')
  const { open } = createSealing([SECRET], systemEdges)
  for (const guess of ['', key, ref, subject, sealed, alice.cookie('csrf'), SECRET, cookie.slice(0, -1)])
    expect(await open(sealed, { purpose: 'session', place: key, with: guess })).toBeNull()
  // With it, and only in its place.
  expect(await open(sealed, { purpose: 'session', place: key, with: cookie })).toContain('alice')
  for (const place of ['', ref, `${key}x`])
    expect(await open(sealed, { purpose: 'session', place, with: cookie })).toBeNull()
})

it('T53 a record whose content was swapped or changed opens nothing, and the others are not touched', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  world.idp.traits.user = { sub: 'bob', name: 'Bob' }
  const bob = await world.signedIn()
  const [hers, his] = [await recordOf(world, alice), await recordOf(world, bob)]
  const flipped = `${hers.sealed.slice(0, -6)}${hers.sealed.at(-6) === 'A' ? 'B' : 'A'}${hers.sealed.slice(-5)}`
  for (const sealed of [his.sealed, flipped, '', 'x', hers.sealed.slice(0, 40)]) {
    const { version } = await recordOf(world, alice)
    await world.store.replace({ ...hers, sealed }, version)
    expect((await alice.call('/bff/api/orders/1')).json()).toMatchObject({ code: 'session_unknown' })
  }
  expect(world.log.map(({ event }) => event)).toContain('session_sealed')
  expect(await bob.session()).toMatchObject({ session: { user: { sub: 'bob' } } })
  expect(world.api.received).toHaveLength(0)
})

it('T54 what was written from before an end is not written: the session stays ended', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const before = await recordOf(world, alice)
  const thief = world.visitor()
  thief.jar.set(cookieNames.session, alice.cookie('session'))
  await alice.call('/bff/logout', { method: 'POST' })
  expect(await world.store.replace(before, before.version)).toBe(false)
  expect(await world.store.create(before)).toBe(false)
  expect(await thief.session()).toMatchObject({ authenticated: false, last: { ended_by: 'logout' } })
})

it('T55 a store that does not answer: 503 with Retry-After, no session ends, and it recovers by itself', async () => {
  const fault = { now: false }
  const store = behind(memoryStore(), async () => {
    if (fault.now) throw new Error('connect ECONNREFUSED 10.0.0.7:6379')
  })
  const world = await testWorld({ bff: (base) => ({ ...base, store }) })
  const alice = await world.signedIn()
  fault.now = true
  for (let i = 0; i < 3; i++)
    for (const [method, path] of [
      ['GET', '/bff/session'],
      ['GET', '/bff/api/orders/1'],
      ['POST', '/bff/refresh'],
      ['POST', '/bff/logout'],
      ['GET', '/bff/events'],
    ] as const) {
      const answer = await alice.call(path, { method })
      expect([path, answer.status]).toEqual([path, 503])
      expect(Number(answer.header('retry-after'))).toBeGreaterThan(0)
      expect(answer.all('set-cookie')).toEqual([])
      expect(answer.bytes).not.toMatch(/ECONN|6379|10\.0\.0/)
    }
  expect((await alice.visit('/readyz')).status).toBe(503)
  expect((await alice.visit('/healthz')).status).toBe(200)
  expect((await world.tellLogout({ sub: 'alice' })).status).toBe(503)
  expect((await world.visitor().signIn()).header('location')).toBe('/app?login_error=server_error')
  fault.now = false
  expect(await alice.session()).toMatchObject({ authenticated: true })
  expect((await alice.visit('/readyz')).status).toBe(200)
})

it('T56 a session the store has lost is not known: 401, and signing in helps', async () => {
  const lost = { now: false }
  const whole = memoryStore()
  const store: SessionStore = { ...whole, get: async (key) => (lost.now ? null : whole.get(key)) }
  const world = await testWorld({ bff: (base) => ({ ...base, store }) })
  const alice = await world.signedIn()
  lost.now = true
  const answer = await alice.call('/bff/api/orders/1')
  expect([answer.status, answer.json()['code']]).toEqual([401, 'session_unknown'])
  expect(world.api.received).toHaveLength(0)
  lost.now = false
  await alice.signIn()
  expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
})

it('T61 three hundred logins that nobody finishes leave nothing in the store', async () => {
  const written: string[] = []
  const store = behind(memoryStore(), async (method) => void (method !== 'get' && written.push(method)))
  const world = await testWorld({ bff: (base) => ({ ...base, store }) })
  for (let i = 0; i < 30; i++)
    await Promise.all(Array.from({ length: 10 }, () => world.visitor().beginLogin('?return_to=/app')))
  expect(written.filter((method) => method !== 'remembered' && method !== 'deleteExpired')).toEqual([])
  expect(await world.signedIn().then((one) => one.session())).toMatchObject({ authenticated: true })
})

it('T110 a record of another version is not read as what it is not, and a new login works beside it', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const record = await recordOf(world, alice)
  for (const sealed of [
    `v9.${record.sealed}`,
    `${record.sealed}.more`,
    record.sealed.replace(/^[^.]*/, 'v0'),
  ]) {
    const { version } = await recordOf(world, alice)
    await world.store.replace({ ...record, sealed }, version)
    expect((await alice.call('/bff/api/orders/1')).json()).toMatchObject({ code: 'session_unknown' })
    // It is left as it is, for whoever can read it.
    expect((await recordOf(world, alice)).sealed).toBe(sealed)
  }
  const { version } = await recordOf(world, alice)
  await world.store.replace(record, version)
  expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
})
