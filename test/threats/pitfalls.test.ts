/** Mistakes that software of this kind is known for. */
import { expect, it } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import type { Edges } from '../../src/bff/edges.js'
import { LEASE } from '../../src/bff/sessions/lease.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import type { SessionStore } from '../../src/bff/stores/store.js'
import { testClock } from '../bff/bench.js'
import { REFUSALS } from '../support/misbehaving-provider.js'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { dial, eventually, requestText } from './wire.js'
import { createGate, testWorld } from './world.js'
import type { Changes, Gate, World } from './world.js'

async function gated(changes: Changes = {}): Promise<World & { readonly gate: Gate }> {
  const gate = createGate()
  return { ...(await testWorld({ ...changes, edges: { fetch: gate.fetch } })), gate }
}

const thiefOf = (world: World, victim: Visitor): Visitor => {
  const thief = world.visitor()
  thief.jar.set(cookieNames.session, victim.cookie('session'))
  return thief
}

const refreshes = ({ idp }: World) =>
  idp.tokenCalls.filter(({ grant_type }) => grant_type === 'refresh_token')

const expiry = async (visitor: Visitor): Promise<number> => {
  const { session } = (await visitor.session()) as { session?: { access: { expires_at: number } } }
  return session?.access.expires_at ?? 0
}

it('P1 a renewal in flight does not store an ended session anew, under no id', async () => {
  const world = await gated()
  const alice = await world.signedIn()
  const thief = thiefOf(world, alice)
  world.gate.hold()
  const renewal = alice.call('/bff/refresh', { method: 'POST' })
  expect(await eventually(() => world.gate.waiting() === 1)).toBe(true)
  await world.bff.sessions.end({ sub: 'alice' })
  world.gate.open()
  expect((await renewal).json()).toMatchObject({ code: 'login_required', ended_by: 'revoked' })
  expect(await thief.session()).toMatchObject({ authenticated: false, last: { ended_by: 'revoked' } })
  expect(await world.bff.sessions.list({ sub: 'alice' })).toEqual([])
})

it('P1 nor does a write of it that is already on its way to the store when the session ends', async () => {
  const whole = memoryStore()
  const held: (() => void)[] = []
  const store: SessionStore = {
    ...whole,
    async replace(record, version) {
      // What the provider answered: the lease was written before.
      if (world.idp.count('token') > 1) await new Promise<void>((go) => held.push(go))
      return whole.replace(record, version)
    },
  }
  const world: World = await testWorld({ bff: (base) => ({ ...base, store }) })
  const alice = await world.signedIn()
  const thief = thiefOf(world, alice)
  const renewal = alice.call('/bff/refresh', { method: 'POST' })
  expect(await eventually(() => held.length > 0)).toBe(true)
  await world.bff.sessions.end({ sub: 'alice' })
  for (const until = Date.now() + 5000; Date.now() < until && held.length > 0;) held.shift()?.()
  expect((await renewal).json()).toMatchObject({ code: 'login_required', ended_by: 'revoked' })
  expect(await thief.session()).toMatchObject({ authenticated: false, last: { ended_by: 'revoked' } })
  expect(await world.bff.sessions.list({ sub: 'alice' })).toEqual([])
  // What came too late is the provider's to forget.
  expect(await eventually(() => world.idp.count('revocation') > 0)).toBe(true)
})

it('P2 a slow call that ends after the logout brings nothing back', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const thief = thiefOf(world, alice)
  let finish = (): void => {}
  world.api.answer = (_, response) => (finish = () => void response.end('late'))
  const call = thiefOf(world, alice).send('/bff/api/orders/1', { headers: BY_PAGE })
  expect(await eventually(() => world.api.received.length === 1)).toBe(true)
  await alice.call('/bff/logout', { method: 'POST' })
  finish()
  expect((await call).body).toBe('late')
  expect(await thief.session()).toMatchObject({ authenticated: false, last: { ended_by: 'logout' } })
  expect(await world.bff.sessions.list({ sub: 'alice' })).toEqual([])
})

it('P3 signing in after a logout token does not bring an older session back', async () => {
  const world = await testWorld()
  const first = await world.signedIn()
  const thief = thiefOf(world, first)
  expect((await world.tellLogout({ sub: 'alice' })).status).toBe(200)
  world.clock.advance(5)
  await first.signIn()
  expect(await first.session()).toMatchObject({ authenticated: true })
  expect(await thief.session()).toMatchObject({ authenticated: false, last: { ended_by: 'logout' } })
  world.clock.advance(3600)
  expect(await thief.session()).toMatchObject({ authenticated: false, last: { ended_by: 'logout' } })
})

it('P4 a limit that is off is no limit of zero: sessions live, and logouts are kept in mind', async () => {
  const world = await testWorld({ bff: (base) => ({ ...base, session: { idle: 0, absolute: 31_536_000 } }) })
  const alice = await world.signedIn()
  world.clock.advance(86_400)
  expect((await alice.session())['authenticated']).toBe(true)
  const thief = thiefOf(world, alice)
  expect((await world.tellLogout({ sub: 'alice' })).status).toBe(200)
  world.clock.advance(3600)
  expect(await thief.session()).toMatchObject({ authenticated: false, last: { ended_by: 'logout' } })
})

it('P5 an id that was planted is not taken over by the login, in any cookie', async () => {
  const world = await testWorld()
  const planted = Buffer.alloc(32, 7).toString('base64url')
  const victim = world.visitor()
  for (const name of Object.values(cookieNames)) victim.jar.set(name, planted)
  await victim.signIn()
  expect([...victim.jar.values()]).not.toContain(planted)
  expect(await thiefOf(world, victim).session()).toMatchObject({ authenticated: true })
  const mallory = world.visitor()
  mallory.jar.set(cookieNames.session, planted)
  expect(await mallory.session()).toEqual({ authenticated: false })
})

it('P6 a provider slower than three leases: still one refresh over two instances', async () => {
  // Twenty times as fast as it is, for both instances.
  const begun = Date.now()
  const clock = testClock()
  const now = (): number => clock.now() + (Date.now() - begun) * 19
  const timer: Edges['timer'] = (callback, ms) => {
    const handle = setTimeout(callback, ms / 20)
    return () => clearTimeout(handle)
  }
  const gate = createGate()
  const edges = { now, timer, fetch: gate.fetch }
  const world = await testWorld({
    edges,
    bff: (base) => ({ ...base, idp: { ...base.idp, timeout: 60 }, session: { idle: 0 } }),
  })
  const alice = await world.signedIn()
  const second = alice.at(await world.another({}, edges))
  clock.advance(301)
  gate.hold()
  const calls = [alice, second, alice, second].map((one) => one.call('/bff/api/orders/1'))
  expect(await eventually(() => gate.waiting() === 1)).toBe(true)
  const until = now() + 3 * LEASE
  expect(await eventually(() => now() > until || refreshes(world).length > 1, 15_000)).toBe(true)
  gate.open()
  const answers = await Promise.all(calls)
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(refreshes(world)).toHaveLength(1)
})

it('P7 an outage of the provider signs nobody out: when it is back, the same sessions go on', async () => {
  const world = await testWorld()
  const all = [await world.signedIn(), await world.signedIn(), await world.signedIn()]
  world.idp.traits.refuseRefresh = REFUSALS.server_error
  world.clock.advance(301)
  for (const one of all) expect((await one.call('/bff/api/orders/1')).status).toBe(503)
  world.idp.traits.refuseRefresh = null
  world.clock.advance(60)
  for (const one of all) {
    expect((await one.call('/bff/api/orders/1')).status).toBe(200)
    expect(await one.session()).toMatchObject({ authenticated: true })
  }
})

it('P8 a refresh token that was rotated is kept, though the client went before the answer', async () => {
  const world = await gated()
  const alice = await world.signedIn()
  world.gate.hold()
  const socket = await dial(world.port)
  const headers = { ...BY_PAGE, Cookie: alice.cookies(), 'X-CSRF-Token': alice.cookie('csrf') }
  socket.write(requestText(world.origin.slice(7), '/bff/refresh', { method: 'POST', headers }))
  expect(await eventually(() => world.gate.waiting() === 1)).toBe(true)
  const before = await expiry(alice)
  socket.destroy()
  world.gate.open()
  await expect.poll(() => expiry(alice)).toBeGreaterThan(before)
  world.clock.advance(301)
  expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
  // Had the first not been kept, this provider would have refused the second.
  expect(refreshes(world).map(({ params, status }) => [params['refresh_token'], status])).toEqual([
    ['refresh-1', 200],
    ['refresh-2', 200],
  ])
})
