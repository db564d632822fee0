/** Idle and absolute ends, clocks that jump, claims that are more than data, and tabs of another user. */
import { expect, it } from 'vitest'
import { BY_PAGE, BY_USER } from './visitor.js'
import { testWorld } from './world.js'

interface Told {
  readonly session: { readonly app: { readonly ends_at: number; readonly idle_ends_at: number } }
}

it('T59 polling, streams and probes do not keep a session alive; use does', async () => {
  const world = await testWorld({ bff: (base) => ({ ...base, session: { idle: 100 } }) })
  const [idle, busy] = [await world.signedIn(), await world.signedIn()]
  for (let i = 0; i < 5; i++) {
    world.clock.advance(30)
    const { app } = ((await idle.session()) as unknown as Partial<Told>).session ?? {}
    if (app !== undefined) await idle.call('/bff/refresh', { method: 'POST', body: '{"if_expires_at":1}' })
    await idle.visit('/readyz')
    expect((await busy.call('/bff/api/orders/1')).status).toBe(200)
  }
  expect(await idle.session()).toMatchObject({ authenticated: false, last: { ended_by: 'app_session_over' } })
  expect(await busy.session()).toMatchObject({ authenticated: true })
})

it('T60 no use moves the absolute end', async () => {
  const world = await testWorld({ bff: (base) => ({ ...base, session: { idle: 100, absolute: 500 } }) })
  const alice = await world.signedIn()
  const { ends_at: end } = ((await alice.session()) as unknown as Told).session.app
  for (let i = 0; i < 9; i++) {
    world.clock.advance(50)
    expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
    await alice.call('/bff/refresh', { method: 'POST' })
    expect(((await alice.session()) as unknown as Told).session.app.ends_at).toBe(end)
    // Nor in the store, which is what sweeps and other instances go by.
    const [stored, ...others] = await world.bff.sessions.list({ sub: 'alice' })
    expect(stored?.expiresAt).toBeLessThanOrEqual(end)
    expect(others).toEqual([])
  }
  world.clock.advance(51)
  expect(await world.bff.sessions.list({ sub: 'alice' })).toEqual([])
  const cookie = alice.cookies()
  const answer = await alice.call('/bff/api/orders/1')
  expect(answer.json()).toMatchObject({ code: 'login_required', ended_by: 'app_session_over' })
  expect((await alice.call('/bff/session', { headers: { Cookie: cookie } })).json()).toMatchObject({
    authenticated: false,
    last: { ended_by: 'app_session_over', at: end },
  })
})

it('T62 claims stay data, whatever they are named', async () => {
  const user = JSON.parse(
    '{"sub":"alice","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},' +
      '"toString":"x","name":"<script>alert(1)</script>\\u2028"}',
  ) as { sub: string }
  const world = await testWorld({ traits: { user } })
  const alice = await world.signedIn()
  const answer = await alice.call('/bff/session')
  expect(answer.header('content-type')).toBe('application/json')
  expect(answer.header('x-content-type-options')).toBe('nosniff')
  const { user: told } = answer.json()['session'] as { user: object }
  expect(Object.entries(told).toSorted()).toEqual([
    ['constructor', { prototype: { admin: true } }],
    ['name', expect.stringContaining('<script>alert(1)</script>')],
    ['sub', 'alice'],
    ['toString', 'x'],
  ])
  // Own routes are given them as they are held in memory.
  const headers = { ...BY_USER, Host: new URL(world.origin).host, Cookie: alice.cookies() }
  let held: object | undefined
  const route = world.bff.protect((_, { session }) => {
    held = session.user
    return new Response()
  })
  expect((await route(new Request(`${world.origin}/own`, { headers }))).status).toBe(200)
  expect(Object.getPrototypeOf(held)).toBe(Object.prototype)
  for (const one of [held, told, {}]) expect(Reflect.get(one ?? {}, 'admin')).toBeUndefined()
  expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
})

it('T63 a call made for another session is refused and not executed', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  const hers = alice.cookie('csrf')
  world.idp.traits.user = { sub: 'bob' }
  await alice.signIn()
  const forged = `${alice.cookie('csrf').split('.')[0]}.${hers.split('.')[1]}`
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
    const answer = await alice.call('/bff/api/orders/1', { method, headers: { 'X-CSRF-Token': hers } })
    expect([answer.status, answer.json()['code']]).toEqual([409, 'session_conflict'])
    const mixed = await alice.call('/bff/api/orders/1', { method, headers: { 'X-CSRF-Token': forged } })
    expect([mixed.status, mixed.json()['code']]).toEqual([403, 'csrf_failed'])
  }
  for (const path of ['/bff/logout', '/bff/refresh'])
    expect((await alice.call(path, { method: 'POST', headers: { 'X-CSRF-Token': hers } })).status).toBe(409)
  expect(world.api.received).toHaveLength(0)
  expect(await alice.session()).toMatchObject({ session: { user: { sub: 'bob' } } })
})

it('T111 a clock that is put back or forth moves no end', async () => {
  const world = await testWorld({ bff: (base) => ({ ...base, session: { idle: 1000, absolute: 10_000 } }) })
  const alice = await world.signedIn()
  const before = ((await alice.session()) as unknown as Told).session.app
  world.clock.advance(-3600)
  expect((await alice.call('/bff/api/orders/1')).status).toBe(200)
  const after = ((await alice.session()) as unknown as Told).session.app
  expect(after.ends_at).toBe(before.ends_at)
  expect(after.idle_ends_at).toBeLessThanOrEqual(before.idle_ends_at)
  world.clock.advance(3600 + 10_001)
  expect((await alice.send('/bff/api/orders/1', { headers: BY_PAGE })).status).toBe(401)
  world.clock.advance(-10_000)
  expect((await alice.send('/bff/api/orders/1', { headers: BY_PAGE })).status).toBe(401)
})
