import { describe, expect, it } from 'vitest'
import type { Bff } from '../../src/bff/bff.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import type { SessionStore } from '../../src/bff/stores/store.js'
import { seeded } from '../support/seeded.js'
import { CHROME, countingStore, FIREFOX, signedIn } from './regular-calls.js'
import type { Call } from './regular-calls.js'

describe('a call like one before', () => {
  it('is let in without waiting for the store, with a request id and a path of its own', async () => {
    const { store, counts } = countingStore()
    // Without an idle end no use is due to be written down for a minute, however busy the machine is.
    const { call, api } = await signedIn(store, { idle: 0 })
    await call({ path: 'echo/a?x=1' })
    const { get } = counts
    expect(await call({ path: 'echo/b/c?y=%2F' })).toEqual([200, undefined])
    expect([counts.get - get, counts.peek]).toEqual([0, 1])
    const [first, second] = api.calls
    expect(second?.url).toBe('/b/c?y=%2F')
    expect(second?.headers.authorization).toBe(first?.headers.authorization)
    expect(second?.headers['x-request-id']).not.toBe(first?.headers['x-request-id'])
  })

  it.each<[string, Call, number]>([
    ['from another site', { site: 'cross-site' }, 403],
    ['with another token', { csrf: 'x'.repeat(60) }, 403],
    ['from another browser', { agent: FIREFOX }, 401],
    ['that writes, without its token', { method: 'POST', csrf: null }, 403],
    ['to an upstream that is not there', { path: 'nobody/x' }, 404],
    ['to one whose name only begins alike', { path: 'echoes/x' }, 404],
    ['by a method nobody proxies', { method: 'OPTIONS' }, 405],
  ])('but %s is decided anew', async (_, changed, status) => {
    const { call } = await signedIn()
    expect((await call())[0]).toBe(200)
    expect((await call(changed))[0]).toBe(status)
    expect((await call())[0]).toBe(200)
  })

  it('is refused as soon as the session is ended, here or by another instance', async () => {
    for (const elsewhere of [false, true]) {
      const { call, bff, another } = await signedIn()
      await call()
      expect((await call())[0]).toBe(200)
      await (elsewhere ? another() : bff).sessions.end({ sub: 'alice' })
      expect(await call()).toEqual([401, 'login_required'])
    }
  })

  it('takes the long way where the store cannot tell at once', async () => {
    let isBroken = false
    const store = memoryStore()
    const peek = (key: string): ReturnType<NonNullable<SessionStore['peek']>> => {
      if (isBroken) throw new Error('gone')
      return store.peek?.(key) ?? null
    }
    const { call } = await signedIn({ ...store, peek })
    await call()
    isBroken = true
    expect((await call())[0]).toBe(200)
  })

  it('has its slide written down once it is due, and its token renewed once that has expired', async () => {
    const { call, clock, bff, idp, api } = await signedIn()
    await call()
    await call()
    clock.advance(2)
    const [before] = await bff.sessions.list({ sub: 'alice' })
    await call()
    const [after] = await bff.sessions.list({ sub: 'alice' })
    expect(after?.usedAt).toBeGreaterThan(before?.usedAt ?? Infinity)
    const { length } = idp.tokenRequests
    clock.advance(310)
    await call()
    expect(idp.tokenRequests.length).toBe(length + 1)
    expect(api.calls.at(-1)?.headers.authorization).not.toBe(api.calls[0]?.headers.authorization)
  })

  it('is decided anew where its headers are longer than anybody remembers', async () => {
    const { store, counts } = countingStore()
    const { call } = await signedIn(store)
    for (let i = 0; i < 2; i++) expect((await call({ agent: CHROME + 'x'.repeat(4096) }))[0]).toBe(200)
    expect(counts.peek).toBe(0)
  })

  it('is told to the log again, where its client is not the one it was', async () => {
    const { call, log } = await signedIn(memoryStore(), {
      bindTo: { userAgent: 'family', onMismatch: 'observe' },
    })
    for (let i = 0; i < 3; i++) expect((await call({ agent: FIREFOX }))[0]).toBe(200)
    expect(log.filter(({ event }) => event === 'binding_mismatch')).toHaveLength(3)
  })
})

const SEED = Number(process.env['TANDEM_SEED'] ?? Date.now() % 1_000_000)

it(`whatever came before, a call is answered as one that is decided anew (seed ${SEED})`, async () => {
  const chance = seeded(SEED)
  const { call, bff, another, clock, browser } = await signedIn(memoryStore(), { idle: 900 })
  const statuses = new Set<number>()
  for (let i = 0; i < 500; i++) {
    if (chance.happens(0.1)) clock.advance(chance.pick([0.5, 1, 2, 100, 299, 301, 899, 901]))
    if (chance.happens(0.03)) await chance.pick([bff, another()]).sessions.end({ sub: 'alice' })
    if (chance.happens(0.06)) await browser.login('alice')
    const given: Call = {
      path: chance.pick(['echo/x', 'echo/x', 'strict/x', 'open/x', 'nobody/x']),
      method: chance.pick(['GET', 'GET', 'POST']),
      site: chance.pick(['same-origin', 'same-origin', 'same-origin', 'cross-site']),
      agent: chance.pick([CHROME, CHROME, CHROME, FIREFOX]),
      ...(chance.happens(0.2) && { csrf: chance.pick(['1', null, 'forged.token']) }),
    }
    // A call may renew or end something: the one that comes second sees it as the first has left it.
    const order = chance.pick<readonly [Bff, Bff]>([
      [bff, another()],
      [another(), bff],
    ])
    const answers = [await call(given, order[0]), await call(given, order[1])]
    expect(answers[1], `${i}: ${JSON.stringify(given)}`).toEqual(answers[0])
    statuses.add(answers[0]?.[0] ?? 0)
  }
  expect([...statuses].sort()).toEqual(expect.arrayContaining([200, 401, 403, 404]))
})
