/**
 * The provider is in trouble, for half a minute or for an hour: no one is signed out, it is asked again later and later, and all is well the
 * moment it answers.
 */
import { describe, expect, it, vi } from 'vitest'
import type { Fault } from '../support/idp.js'
import { dnsGone, hanging, type Interference } from './client-faults.js'
import { HOLDERS, startWorld, type AppPage, type World } from './client-world.js'

const HOUR = 3600
const html = '<!doctype html><title>Gateway</title><h1>Something happened</h1>'

/** A fault of the token endpoint, or of the way to the provider. */
type Trouble = Fault | 'dns' | 'hang'

/** What comes instead of tokens. */
const FAULTS: readonly (readonly [string, Trouble])[] = [
  ['500', { kind: 'status', status: 500, body: { error: 'server_error' } }],
  ['503 without a body', { kind: 'status', status: 503 }],
  ['502 with HTML', { kind: 'status', status: 502, body: html, contentType: 'text/html' }],
  ['200 with HTML', { kind: 'status', status: 200, body: html, contentType: 'text/html' }],
  ['429', { kind: 'status', status: 429 }],
  ['no answer at all', 'hang'],
  ['a cut connection', { kind: 'cut' }],
  ['no such name in the DNS', 'dns'],
]

/** Begins the trouble. Returns how it ends, and when (ms since the epoch) the provider was asked for tokens meanwhile. */
const begin = ({ idp, between }: World, trouble: Trouble): { end(): void; tried(): number[] } => {
  if (typeof trouble === 'object') {
    const before = idp.tokenRequests.length
    idp.faults.set('token', trouble)
    return {
      end: () => idp.faults.clear(),
      tried: () => idp.tokenRequests.slice(before).map(({ at }) => at),
    }
  }
  const tries: number[] = []
  const { interference, release } = hanging()
  const take = trouble === 'dns' ? dnsGone : interference
  const noted: Interference = (go, init, url) => {
    if (url.pathname === '/token') tries.push(Date.now())
    return take(go, init, url)
  }
  between.set(idp.origin, trouble === 'dns' ? noted : Object.assign(noted, { hangs: interference.hangs }))
  return {
    end: () => {
      between.delete(idp.origin)
      release()
    },
    tried: () => tries,
  }
}

const gapsOf = (times: readonly number[]): number[] =>
  times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1000)

const expectNobodyIsSignedOut = (page: AppPage, ref: string): void => {
  expect(page.state).toMatchObject({ status: 'authenticated', session: { ref, idp: { status: 'active' } } })
  expect(page.session.access.extendable).toBe(true)
  expect(new Set(page.types())).toEqual(new Set(['authenticated', 'refresh-failed']))
}

/** What a call comes to, in a word. */
const outcome = (page: AppPage): Promise<unknown> =>
  page.call().then(
    ({ status }) => status,
    (error: unknown) => (error as Error).name,
  )

const succeeded = ({ refreshes }: World): number =>
  refreshes().filter(({ status, error, fault }) => status === 200 && error === null && fault !== 'status')
    .length

describe.each(HOLDERS)('tokens held by: %s', (heldBy) => {
  describe.each(FAULTS)('a provider that answers with %s', (_, fault) => {
    it('for half a minute is asked a few times more, and nobody notices', async () => {
      const world = await startWorld(heldBy, { step: 1, bff: { session: { idle: 0 } } })
      const page = world.open()
      const { ref } = await page.signIn()
      await world.pass(230, page)
      const trouble = begin(world, fault)
      await world.pass(40, page)
      expectNobodyIsSignedOut(page, ref)
      expect(trouble.tried().length).toBeGreaterThanOrEqual(1)
      expect(trouble.tried().length).toBeLessThanOrEqual(7)
      // What there is lasts for another half minute.
      expect(await outcome(page)).toBe(200)

      trouble.end()
      page.tab.platform.wake('online')
      await vi.waitFor(() => expect(page.state).toMatchObject({ renewal: { status: 'idle' } }))
      expect(page.types().filter((type) => type === 'refreshed')).toHaveLength(1)
      await world.pass(60, page)
      expect(succeeded(world)).toBe(1)
    })

    it('for an hour is asked later and later, and access comes the moment it answers', async () => {
      const hangs = fault === 'hang'
      const world = await startWorld(heldBy, { step: 10, bff: { session: { idle: 0 } } })
      const page = world.open()
      const { ref } = await page.signIn()
      await world.pass(230, page)
      const trouble = begin(world, fault)
      await world.pass(HOUR, page)
      expectNobodyIsSignedOut(page, ref)
      const gaps = gapsOf(trouble.tried())
      expect(gaps.length).toBeGreaterThan(20)
      expect(gaps.length).toBeLessThan(130)
      // A minute of waiting, and as long as an answer was waited for.
      expect(Math.max(...gaps)).toBeLessThanOrEqual(hangs ? 130 : 75)
      expect(gaps.at(-1)).toBeGreaterThanOrEqual(30)
      // Access is over, and nobody can renew it: said as it is, never as "not signed in".
      if (!hangs) {
        expect(['NetworkError', 503]).toContain(await outcome(page))
        expectNobodyIsSignedOut(page, ref)
      }

      trouble.end()
      page.tab.platform.wake('online')
      await vi.waitFor(() => expect(page.state).toMatchObject({ renewal: { status: 'idle' } }))
      expect(page.session.access.expiresAt).toBeGreaterThan(Date.now())
      expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
      expect(succeeded(world)).toBe(1)
      expect(page.session.ref).toBe(ref)
    })
  })

  it('one that asks to wait by Retry-After is waited for', async () => {
    const world = await startWorld(heldBy, { step: 10, bff: { session: { idle: 0 } } })
    const page = world.open()
    const { ref } = await page.signIn()
    await world.pass(230, page)
    // A page of another origin reads what it may read (Fetch §3.3.5).
    const headers = { 'retry-after': '120', 'access-control-expose-headers': 'Retry-After' }
    const trouble = begin(world, { kind: 'status', status: 429, headers })
    await world.pass(HOUR, page)
    expectNobodyIsSignedOut(page, ref)
    const gaps = gapsOf(trouble.tried())
    expect(gaps.length).toBeGreaterThan(20)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(120)
    trouble.end()
    await world.pass(130, page)
    await vi.waitFor(() => expect(page.state).toMatchObject({ renewal: { status: 'idle' } }))
    expect(succeeded(world)).toBe(1)
  })
})

it.each(['bff', 'mediated'] as const)(
  'an hour without the provider is no storm of ten tabs, and one token request ends it (%s)',
  async (heldBy) => {
    const world = await startWorld(heldBy, { step: 10, bff: { session: { idle: 0 } } })
    const pages = [world.open()]
    const { ref } = await pages[0]!.signIn()
    while (pages.length < 10) {
      const page = world.open()
      await page.client.start()
      pages.push(page)
    }
    await world.pass(230, ...pages)
    const trouble = begin(world, { kind: 'status', status: 503 })
    await world.pass(HOUR, ...pages)
    for (const page of pages) expectNobodyIsSignedOut(page, ref)
    // Each tab tries for itself, the BFF asks once for those that ask at the same moment.
    expect(trouble.tried().length).toBeLessThan(10 * 130)
    trouble.end()
    for (const { tab } of pages) tab.platform.wake('online')
    await vi.waitFor(() => {
      for (const { state } of pages) expect(state).toMatchObject({ renewal: { status: 'idle' } })
    })
    expect(succeeded(world)).toBe(1)
    for (const page of pages) {
      expect(page.types().filter((type) => type === 'refreshed')).toHaveLength(1)
      expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
    }
  },
)
