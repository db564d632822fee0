/** Event streams, over sockets that stay open. */
import type { Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import type { Edges } from '../../src/bff/edges.js'
import { each, heldMemory, many, PATIENCE } from './masses.js'
import { BY_PAGE } from './visitor.js'
import type { Visitor } from './visitor.js'
import { dial, eventually, read, requestText } from './wire.js'
import { testWorld } from './world.js'
import type { Instance, World } from './world.js'

/** A stream as it comes. */
interface Stream {
  text(): string
  closed(): boolean
}

async function listen(world: World, visitor: Visitor, at: Instance = world): Promise<Stream> {
  const socket: Socket = await dial(at.port)
  onTestFinished(() => void socket.destroy())
  const state = { text: '', closed: false }
  socket.on('data', (chunk) => (state.text += chunk.toString()))
  socket.on('close', () => (state.closed = true))
  socket.on('error', () => {})
  const headers = { ...BY_PAGE, Cookie: visitor.cookies(), Accept: 'text/event-stream' }
  socket.write(requestText(world.origin.slice(7), '/bff/events', { headers }))
  const stream = { text: () => state.text, closed: () => state.closed }
  expect(await eventually(() => /event: session\n|^HTTP\/1\.1 [45]/m.test(stream.text()))).toBe(true)
  return stream
}

it(
  'T69 a session has eight streams, the newest; without a session there is none',
  { timeout: PATIENCE },
  async () => {
    const world = await testWorld()
    const alice = await world.signedIn()
    const count = many(60, 1000)
    const streams: Stream[] = []
    const last: Stream[] = []
    // The newest eight one after another, so that it is known which they are.
    await each(count - 8, 8, async () => void streams.push(await listen(world, alice)))
    while (last.length < 8) last.push(await listen(world, alice))
    expect(await eventually(() => streams.every((one) => one.closed()))).toBe(true)
    expect(last.some((one) => one.closed())).toBe(false)
    // Whoever gave way comes back later, not at once.
    expect(streams.filter((one) => !/retry: 60000\n/.test(one.text()))).toEqual([])

    const [before, statuses] = [heldMemory(), new Set<number>()]
    await each(many(500, 10_000), 50, async () => {
      statuses.add((await world.visitor().send('/bff/events', { headers: BY_PAGE })).status)
    })
    expect([...statuses]).toEqual([401])
    expect(heldMemory() - before).toBeLessThan(32)
    expect(last.some((one) => one.closed())).toBe(false)
  },
)

it.each(['logout', 'logout token', 'administrator', 'another instance'])(
  'T70 a stream tells of the end (%s) and closes; the next one gets a 401',
  async (how) => {
    const world = await testWorld()
    const alice = await world.signedIn()
    const cookies = new Map(alice.jar)
    const stream = await listen(world, alice)
    if (how === 'logout') await alice.call('/bff/logout', { method: 'POST' })
    if (how === 'logout token') await world.tellLogout({ sub: 'alice' })
    if (how === 'administrator') await world.bff.sessions.end({ sub: 'alice' })
    if (how === 'another instance') {
      const second = await world.another()
      await second.bff.sessions.end({ sub: 'alice' })
    }
    expect(await eventually(() => stream.closed(), 20_000)).toBe(true)
    expect(stream.text()).toMatch(/event: ended\ndata: \{"ended_by":"(?:logout|revoked)"/)
    for (const [name, value] of cookies) alice.jar.set(name, value)
    expect((await alice.send('/bff/events', { headers: BY_PAGE })).status).toBe(401)
  },
)

it('T71 a stream asks proxies not to hold it back, shows that it lives, and begins with the truth', async () => {
  const timers = new Set<() => void>()
  const timer: Edges['timer'] = (callback, ms) => {
    const run = (): void => {
      timers.delete(run)
      callback()
    }
    if (ms === 15_000) {
      timers.add(run)
      return () => void timers.delete(run)
    }
    const handle = setTimeout(callback, ms)
    return () => clearTimeout(handle)
  }
  const world = await testWorld({ edges: { timer } })
  const alice = await world.signedIn()
  const stream = await listen(world, alice)
  const { status, header } = read(stream.text())
  expect(status).toBe(200)
  expect(header('content-type')).toBe('text/event-stream')
  expect(header('x-accel-buffering')).toBe('no')
  expect(header('cache-control')).toBe('no-store, no-transform')
  for (const beat of [1, 2]) {
    for (const run of [...timers]) run()
    expect(await eventually(() => (stream.text().match(/\n:\n\n/g)?.length ?? 0) >= beat)).toBe(true)
  }
  await world.bff.sessions.end({ sub: 'alice' })
  const late = await alice.send('/bff/events', { headers: { ...BY_PAGE, 'Last-Event-ID': '7' } })
  expect(late.json()).toMatchObject({ code: 'login_required', ended_by: 'revoked' })
})

it('T72 a stream hears of its own session alone', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  world.idp.traits.user = { sub: 'bob' }
  world.idp.traits.sid = 'sid-2'
  const bob = await world.signedIn()
  const [hers, his] = [await listen(world, alice), await listen(world, bob)]
  const [heard, token] = [hers.text(), bob.cookie('csrf')]
  // A token in the header that is of another session opens no stream, while that one lives or later.
  const cross = async (): Promise<unknown> => {
    const answer = await alice.call('/bff/events', { headers: { 'X-CSRF-Token': token } })
    return [answer.status, answer.json()['code']]
  }
  expect(await cross()).toEqual([409, 'session_conflict'])
  await bob.call('/bff/refresh', { method: 'POST' })
  await bob.call('/bff/logout', { method: 'POST' })
  expect(await eventually(() => his.closed())).toBe(true)
  expect(hers.text()).toBe(heard)
  expect(hers.text()).not.toContain('bob')
  expect(await cross()).toEqual([409, 'session_conflict'])
})

it('T73 a page that slept for hours is told why its session is over, for 24 hours and not longer', async () => {
  const world = await testWorld()
  const alice = await world.signedIn()
  await world.bff.sessions.end({ sub: 'alice' })
  for (const hours of [0, 8, 15]) {
    world.clock.advance(hours * 3600)
    expect(await alice.session()).toMatchObject({ authenticated: false, last: { ended_by: 'revoked' } })
  }
  world.clock.advance(2 * 3600)
  expect(await alice.session()).toEqual({ authenticated: false })
})
