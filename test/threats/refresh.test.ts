/** Refreshes that meet thieves, each other, a crash, a logout; and sessions that meet another application. */
import { expect, it } from 'vitest'
import { keyOf as keyIn } from '../../src/bff/sessions/lookup.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { REFUSALS } from '../support/misbehaving-provider.js'
import { BY_PAGE } from './visitor.js'
import { eventually } from './wire.js'
import { createGate, testWorld } from './world.js'
import type { Gate, World } from './world.js'

const keyOf = async (cookie: string): Promise<string> => (await keyIn(cookie)) ?? ''

const refreshes = ({ idp }: World) =>
  idp.tokenCalls.filter(({ grant_type }) => grant_type === 'refresh_token')

/** A world whose token endpoint answers when the test says so. */
async function gated(): Promise<World & { readonly gate: Gate }> {
  const gate = createGate()
  return { ...(await testWorld({ edges: { fetch: gate.fetch } })), gate }
}

it('T36 a refresh token that a thief has used: nothing is extended any more, and the reason is told', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  world.idp.revokeAll()
  world.clock.advance(301)
  const answer = await alice.call('/bff/api/orders/1')
  expect(answer.json()).toMatchObject({ code: 'login_required', ended_by: 'idp_session_over' })
  expect(world.api.received).toHaveLength(0)
  for (let i = 0; i < 5; i++) expect((await alice.call('/bff/api/orders/1')).status).toBe(401)
  expect(refreshes(world)).toHaveLength(1)
  expect(world.log.map(({ event }) => event)).toContain('refresh_failed')
})

it('T37 a hundred calls over two instances with expired access, and a slow provider: one refresh, none fails', async () => {
  const world = await gated()
  const alice = await world.signedIn()
  const second = alice.at(await world.another())
  world.clock.advance(301)
  world.gate.hold()
  const calls = Array.from({ length: 100 }, (_, i) =>
    (i % 2 === 0 ? alice : second).call(`/bff/api/orders/${i}`),
  )
  expect(await eventually(() => world.gate.waiting() > 0)).toBe(true)
  world.gate.open()
  const answers = await Promise.all(calls)
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200))
  expect(refreshes(world)).toHaveLength(1)
  expect(world.api.received).toHaveLength(100)
})

it('T38 an instance that dies with the answer in its hand: the next one asks once, and a refusal then is refresh_lost', async () => {
  const world = await gated()
  const alice = await world.signedIn()
  const second = alice.at(await world.another({}, { fetch }))
  // The provider rotates; the first instance never writes what came.
  world.gate.hold()
  world.clock.advance(301)
  void alice.call('/bff/api/orders/1')
  expect(await eventually(() => world.gate.waiting() === 1)).toBe(true)
  // A lease is the promise of a process. This one is no more: nothing prolongs it.
  const taken = await world.store.get(await keyOf(alice.cookie('session')))
  if (taken?.state !== 'live') throw new Error('there is no session')
  const { record } = taken
  await world.store.replace(
    { ...record, lease: { holder: 'dead', until: world.clock.now() - 1 } },
    record.version,
  )
  const answer = await second.call('/bff/api/orders/1')
  expect(answer.json()).toMatchObject({ code: 'login_required', ended_by: 'refresh_lost' })
  expect(refreshes(world)).toHaveLength(2)
  world.gate.open()
})

it.each(['logout', 'logout token', 'administrator'])(
  'T39 a refresh on the wire does not bring back a session that was ended by a %s, and what came is revoked',
  async (how) => {
    const world = await gated()
    const alice = await world.signedIn()
    world.clock.advance(301)
    world.gate.hold()
    const call = alice.call('/bff/api/orders/1')
    expect(await eventually(() => world.gate.waiting() > 0)).toBe(true)
    const copy = world.visitor()
    copy.jar.set('__Host-Http-session', alice.cookie('session'))
    if (how === 'logout') expect((await alice.call('/bff/logout', { method: 'POST' })).status).toBe(200)
    if (how === 'logout token') expect((await world.tellLogout({ sub: 'alice' })).status).toBe(200)
    if (how === 'administrator') await world.bff.sessions.end({ sub: 'alice' })
    world.gate.open()
    expect((await call).status).toBe(401)
    expect(await copy.session()).toMatchObject({ authenticated: false })
    expect(await eventually(() => world.idp.count('revocation') > 0)).toBe(true)
    expect(world.api.received).toHaveLength(0)
  },
)

it.each([{ sub: 'alice' }, { sid: 'sid-1' }])(
  'T40 a login that ends after its logout token: nobody is signed in (%j)',
  async (claims) => {
    const world = await gated()
    const alice = world.visitor()
    const callback = await alice.authorize(await alice.beginLogin())
    world.gate.hold()
    const back = alice.comeBack(callback)
    expect(await eventually(() => world.gate.waiting() > 0)).toBe(true)
    expect((await world.tellLogout(claims)).status).toBe(200)
    world.gate.open()
    expect((await back).header('location')).toBe('/app?login_error=login_required')
    expect(await alice.session()).toEqual({ authenticated: false })
  },
)

it('T41 the cookie of another application, or of other secrets over the same store, opens nothing', async () => {
  const store = memoryStore()
  const world = await testWorld({ bff: (base) => ({ ...base, store }) })
  const alice = await world.signedIn()
  const others = [
    await world.another({ store: memoryStore() }),
    await world.another({ secrets: ['another-test-secret-of-32-characters-and-more'] }),
  ]
  for (const other of others) {
    const there = world.visitor().at(other)
    there.jar.set('__Host-Http-session', alice.cookie('session'))
    const answer = await there.send('/bff/api/orders/1', { headers: BY_PAGE })
    expect(answer.json()).toMatchObject({ code: 'session_unknown' })
    expect(await there.session()).toEqual({ authenticated: false })
  }
  expect(await alice.session()).toMatchObject({ authenticated: true })
  expect(world.api.received).toHaveLength(0)
})

it('T57 no answer of the provider ends a session: valid access works on, expired access is a 503', async () => {
  const world = await testWorld({ bff: (base) => ({ ...base, idp: { ...base.idp, timeout: 1 } }) })
  const alice = await world.signedIn()
  const { server_error, html_200, html_502, rate_limited, invalid_client, not_json_200, unavailable } =
    REFUSALS
  world.idp.traits.refuseRefresh = unavailable
  expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
  world.clock.advance(301)
  const outages = [server_error, html_200, html_502, not_json_200, invalid_client, unavailable, rate_limited]
  for (const refusal of outages) {
    world.idp.traits.refuseRefresh = refusal
    const answer = await alice.call('/bff/api/orders/1')
    expect([answer.status, answer.json()['code']]).toEqual([503, 'idp_unavailable'])
    expect(Number(answer.header('retry-after'))).toBeGreaterThan(0)
    expect(answer.all('set-cookie')).toEqual([])
    expect(await alice.session()).toMatchObject({ authenticated: true })
    world.clock.advance(5)
  }
  world.idp.traits.hangs = ['token']
  expect((await alice.call('/bff/api/orders/1')).status).toBe(503)
  expect(await alice.session()).toMatchObject({ authenticated: true })
})

it('T58 a logout while the provider is away is a logout, and the revocation is tried again', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const copy = alice.cookie('session')
  world.idp.traits.answers = { revocation: REFUSALS.unavailable, end_session: REFUSALS.server_error }
  expect((await alice.call('/bff/logout', { method: 'POST' })).status).toBe(200)
  const thief = world.visitor()
  thief.jar.set('__Host-Http-session', copy)
  expect(await thief.session()).toMatchObject({ authenticated: false, last: { ended_by: 'logout' } })
  const tried = world.idp.count('revocation')
  expect(tried).toBeGreaterThan(0)
  world.idp.traits.answers = {}
  expect(await eventually(() => world.idp.count('revocation') > tried, 15_000)).toBe(true)
})
