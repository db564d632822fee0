/** Ids that are fixed, made up, replayed, stolen or guessed. */
import { expect, it } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { bytesFor } from './wire.js'
import { testWorld } from './world.js'
import type { World } from './world.js'

const FIREFOX = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }
const NEWER = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0' }
const CURL = { 'User-Agent': 'curl/8.5.0' }

/** Somebody with this session cookie and nothing else. */
function holding(world: World, id: string, headers?: Record<string, string>): Visitor {
  const one = world.visitor(headers)
  one.jar.set(cookieNames.session, id)
  return one
}

it('T46 a session cookie that was there before the login is worth nothing after it', async () => {
  const world = await testWorld()
  const mallory = await world.signedIn()
  const planted = mallory.cookie('session')
  world.idp.traits.user = { sub: 'bob' }
  const bob = holding(world, planted)
  await bob.signIn()
  expect(bob.cookie('session')).not.toBe(planted)
  expect(await bob.session()).toMatchObject({ session: { user: { sub: 'bob' } } })
  // The session the login was begun from is over: it is never bob's.
  expect(await holding(world, planted).session()).toMatchObject({ last: { ended_by: 'user_changed' } })

  // A login cookie of the attacker's: only his own logins are in it.
  const [eve, victim] = [world.visitor(), world.visitor()]
  await eve.beginLogin()
  victim.jar.set(cookieNames.login, eve.cookie('login'))
  await victim.signIn()
  expect(await eve.session()).toEqual({ authenticated: false })
})

it('T47 signing in again, or stepping up, makes a new id, and the one before is dead', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  for (const query of ['?return_to=/app', '?acr_values=mfa', '?prompt=login', '?max_age=0']) {
    const before = alice.cookie('session')
    const refBefore = alice.cookie('csrf').split('.')[0]
    world.idp.traits.authTime = Math.floor(Date.now() / 1000)
    await alice.signIn(query)
    expect(alice.cookie('session')).not.toBe(before)
    expect(alice.cookie('csrf').split('.')[0]).not.toBe(refBefore)
    expect(await holding(world, before).session()).toMatchObject({ last: { ended_by: 'replaced' } })
    expect(await alice.session()).toMatchObject({ authenticated: true })
  }
})

it('T48 ids nobody gave out open nothing, are cleared, and are never stored or written to the log', async () => {
  const store = memoryStore()
  const created: string[] = []
  const watchedStore = {
    ...store,
    create: (record: Parameters<typeof store.create>[0]) => (created.push(record.key), store.create(record)),
  }
  const world = await testWorld({ bff: (base) => ({ ...base, store: watchedStore }) })
  const made = [
    'A'.repeat(43),
    'x',
    "' OR 1=1 --",
    '../../etc/passwd',
    '%00',
    '__proto__',
    'constructor',
    'x'.repeat(12_000),
    '{"$ne":null}',
    '${jndi:ldap://evil}',
    '\u00e9'.repeat(20),
  ]
  for (const id of made) {
    const eve = holding(world, id)
    expect(await eve.session()).toEqual({ authenticated: false })
    expect(eve.jar.has(cookieNames.session)).toBe(false)
    const call = await holding(world, id).send('/bff/api/orders/1', { headers: BY_PAGE })
    expect(call.json()).toMatchObject({ code: 'session_unknown' })
    const again = holding(world, id)
    await again.signIn()
    expect(again.cookie('session')).not.toBe(id)
  }
  expect(created).toHaveLength(made.length)
  expect(JSON.stringify(world.log)).not.toMatch(/jndi|OR 1=1|passwd/)
  // The id is read from the cookie alone.
  const id = (await world.signedIn()).cookie('session')
  const asked = await world.visitor().send(`/bff/session?${cookieNames.session}=${id}&session=${id}`, {
    headers: { ...BY_PAGE, 'X-CSRF-Token': '1', Authorization: `Bearer ${id}`, 'X-Session': id, Session: id },
  })
  expect(asked.json()).toEqual({ authenticated: false })
})

it.each(['logout', 'logout token', 'administrator', 'idle', 'absolute', 'signed in anew'])(
  'T49 an id is dead on every instance after: %s',
  async (how) => {
    const world = await testWorld({ bff: (base) => ({ ...base, session: { idle: 60, absolute: 600 } }) })
    const second = await world.another()
    const alice = await world.signedIn()
    const thief = holding(world, alice.cookie('session'))
    for (const one of [thief, thief.at(second)])
      expect(await one.session()).toMatchObject({ authenticated: true })
    if (how === 'logout') await alice.call('/bff/logout', { method: 'POST' })
    if (how === 'administrator') await second.bff.sessions.end({ sub: 'alice' })
    if (how === 'idle') world.clock.advance(61)
    if (how === 'absolute')
      for (let i = 0; i < 14; i++) {
        await alice.call('/bff/api/orders/1')
        world.clock.advance(45)
      }
    if (how === 'signed in anew') await alice.signIn()
    if (how === 'logout token') await world.tellLogout({ sid: 'sid-1' })
    const heard = world.api.received.length
    for (const one of [thief, thief.at(second)]) {
      expect((await one.send('/bff/api/orders/1', { headers: BY_PAGE })).status).toBe(401)
      expect((await one.send('/bff/events', { headers: BY_PAGE })).status).toBe(401)
      expect(await one.session()).toMatchObject({ authenticated: false, last: {} })
    }
    expect(world.api.received).toHaveLength(heard)
  },
)

it.each(['observe', 'step-up', 'end'] as const)('T50 a cookie in another browser: %s', async (onMismatch) => {
  const world = await testWorld({ bff: (base) => ({ ...base, session: { bindTo: { onMismatch } } }) })
  const alice = await world.signedIn(FIREFOX)
  const id = alice.cookie('session')
  // An update of the browser is no theft; neither is another network, which is not looked at.
  expect(await holding(world, id, NEWER).session()).toMatchObject({ authenticated: true })
  const thief = await holding(world, id, CURL).send('/bff/api/orders/1', { headers: BY_PAGE })
  const owner = await holding(world, id, FIREFOX).session()
  if (onMismatch === 'observe') expect(thief.status).toBe(200)
  else expect(thief.json()).toMatchObject({ code: 'login_required', ended_by: 'binding' })
  expect(owner).toMatchObject(
    onMismatch === 'end' ? { authenticated: false, last: { ended_by: 'binding' } } : { authenticated: true },
  )
  expect(world.log.map(({ event }) => event)).toContain('binding_mismatch')
})

it('T50 a cookie from another network or without the client certificate of its session, behind a proxy that is trusted', async () => {
  const world = await testWorld({
    bff: (base) => ({
      ...base,
      trustedProxies: ['127.0.0.1'],
      session: { bindTo: { ip: true, clientCertificate: { header: 'Client-Cert' }, onMismatch: 'end' } },
    }),
  })
  const own = { 'X-Forwarded-For': '203.0.113.7', 'Client-Cert': 'ab'.repeat(32) }
  for (const other of [
    { ...own, 'X-Forwarded-For': '198.51.100.1' },
    { ...own, 'Client-Cert': 'cd'.repeat(32) },
    { 'X-Forwarded-For': '203.0.113.7' },
    // What stands before the address that the trusted proxy wrote, anybody may have written.
    { ...own, 'X-Forwarded-For': '203.0.113.7, 198.51.100.1' },
  ] as Record<string, string>[]) {
    const alice = await world.signedIn(own)
    const id = alice.cookie('session')
    expect(await holding(world, id, own).session()).toMatchObject({ authenticated: true })
    const thief = await holding(world, id, other).send('/bff/api/orders/1', { headers: BY_PAGE })
    expect(thief.json()).toMatchObject({ code: 'login_required', ended_by: 'binding' })
    expect(await alice.session()).toMatchObject({ authenticated: false, last: { ended_by: 'binding' } })
  }
  expect(world.api.received).toHaveLength(0)
})

it('T51 ids cannot be guessed: 256 random bits, all different; guesses find nothing, and no more than a thousand are answered', async () => {
  const world = await testWorld()
  const ids = await Promise.all(
    Array.from({ length: 50 }, async () => (await world.signedIn()).cookie('session')),
  )
  expect(new Set(ids).size).toBe(50)
  const bytes = ids.map((id) => Buffer.from(id, 'base64url'))
  expect(new Set(bytes.map(({ length }) => length))).toEqual(new Set([32]))
  // No place of them is always the same.
  for (let i = 0; i < 32; i++) expect(new Set(bytes.map((one) => one[i])).size).toBeGreaterThan(20)

  const host = world.origin.slice(7)
  const guess = (i: number, last: boolean): string =>
    `GET /bff/session HTTP/1.1\r\nHost: ${host}\r\nSec-Fetch-Site: same-origin\r\nX-CSRF-Token: 1\r\n` +
    `Cookie: ${cookieNames.session}=${Buffer.alloc(32, i).toString('base64url').slice(0, 39)}${String(i).padStart(4, '0')}\r\n` +
    `Connection: ${last ? 'close' : 'keep-alive'}\r\n\r\n`
  const text = Array.from({ length: 2000 }, (_, i) => guess(i, i === 1999)).join('')
  const began = world.clock.now()
  const answers = await bytesFor(world.port, text)
  const took = (world.clock.now() - began) / 1000
  expect(answers).not.toContain('"authenticated":true')
  const answered = answers.split('"authenticated":false').length - 1
  expect(answered).toBeLessThanOrEqual(Math.min(1999, 1001 + 100 * took))
  expect(answers.split('HTTP/1.1 429 ').length - 1).toBe(2000 - answered)
  // Who is there already has a session, and an address, of their own; this one has to wait.
  world.clock.advance(1)
  expect(await holding(world, ids[0] ?? '').session()).toMatchObject({ authenticated: true })
})
