import { describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import { listenTo } from '../../support/event-stream.js'
import type { Listening } from '../../support/event-stream.js'
import { REFUSALS } from '../../support/misbehaving-provider.js'
import { ORIGIN, problemOf, startOddBench } from '../bench.js'
import type { BffBench, Browser } from '../bench.js'

const connect = async (browser: Browser, headers: Record<string, string> = {}): Promise<Listening> =>
  listenTo(await browser.fetch('/bff/events', { csrf: null, headers }))

const tell = async (bench: BffBench, token: string): Promise<void> => {
  const body = new URLSearchParams({ logout_token: token })
  const request = new Request(`${ORIGIN}/bff/backchannel-logout`, { method: 'POST', body })
  expect((await bench.bff.fetch(request)).status).toBe(200)
}

const relying = { bff: <Base extends object>(base: Base): Base => ({ ...base, session: rely }) }
const rely = { whenIdpSessionEnds: { logout: 'rely' } }

describe('the stream of events', () => {
  it('begins with how the session stands, as GET /session tells it, and with headers no proxy delays', async () => {
    const { browser } = await startOddBench()
    await browser.login()
    const answer = await browser.fetch('/bff/events', { csrf: null, headers: { 'last-event-id': '77' } })
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-tandem': '1',
    })
    expect(answer.headers.get('set-cookie')).toBeNull()
    const stream = listenTo(answer)
    const first = await stream.next('session')
    expect(first).toEqual({
      authenticated: true,
      session: await browser.signedIn(),
      now: expect.any(Number),
    })
    expect(stream.told.map(({ name }) => name)).toEqual(['retry', 'session'])
    const [retry] = stream.of('retry')
    expect(Number(retry)).toBeGreaterThanOrEqual(1000)
    expect(Number(retry)).toBeLessThan(5000)
    expect(JSON.stringify(stream.told)).not.toMatch(/eyJ|token/)
    await stream.leave()
  })

  it('is for a page of the app with a session', async () => {
    const bench = await startOddBench()
    const { browser, newBrowser } = bench
    expect((await newBrowser().fetch('/bff/events', { csrf: null })).status).toBe(401)
    await browser.login()
    const cookie = `__Host-Http-session=${browser.cookie('session')}`
    for (const site of ['cross-site', 'same-site', 'none']) {
      const request = new Request(`${ORIGIN}/bff/events`, { headers: { cookie, 'sec-fetch-site': site } })
      const answer = await bench.bff.fetch(request)
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([403, 'csrf_failed'])
    }
    expect((await browser.post('/bff/events')).status).toBe(405)
    const csrf = browser.cookie('csrf') ?? ''
    await browser.login()
    expect((await browser.fetch('/bff/events', { csrf })).status).toBe(409)
    await browser.post('/bff/logout', { scope: 'app' })
    expect((await browser.fetch('/bff/events', { csrf: null })).status).toBe(401)
  })

  it('tells every renewal once, to all who listen', async () => {
    const { browser } = await startOddBench()
    await browser.login()
    const streams = await Promise.all([connect(browser), connect(browser.newTab())])
    const before = await browser.signedIn()
    await browser.post('/bff/refresh')
    const after = await browser.signedIn()
    expect(after.access.expires_at).toBeGreaterThanOrEqual(before.access.expires_at)
    for (const stream of streams) {
      await vi.waitFor(() =>
        expect(stream.of('session').at(-1)).toMatchObject({ session: { access: after.access } }),
      )
      expect(stream.of('session').length).toBeLessThanOrEqual(2)
      await stream.leave()
    }
  })
})

describe('the end of a session reaches who listens, once, and is the last thing said', () => {
  const ends: [string, string, (bench: Awaited<ReturnType<typeof startOddBench>>) => Promise<unknown>][] = [
    ['by a logout here', 'logout', ({ browser }) => browser.post('/bff/logout', { scope: 'app' })],
    [
      'by a logout token',
      'logout',
      async (bench) => tell(bench, await bench.idp.logoutToken({ sub: bench.idp.traits.user.sub })),
    ],
    [
      'by a front-channel logout',
      'logout',
      ({ bff, idp }) =>
        bff.fetch(
          new Request(
            `${ORIGIN}/bff/frontchannel-logout?${new URLSearchParams({ iss: idp.issuer, sid: idp.traits.sid ?? '' })}`,
          ),
        ),
    ],
    ['by an administrator', 'revoked', ({ bff, idp }) => bff.sessions.end({ sub: idp.traits.user.sub })],
    ['by a new login of the same user', 'replaced', ({ browser }) => browser.login()],
    [
      'by another user',
      'user_changed',
      ({ browser, idp }) => {
        Object.assign(idp.traits, { user: { ...idp.traits.user, sub: 'bob' } })
        return browser.login()
      },
    ],
    [
      'by a refused refresh, where the policy ends it',
      'idp_session_over',
      ({ browser, idp }) => {
        idp.traits.refuseRefresh = REFUSALS.invalid_grant
        return browser.post('/bff/refresh')
      },
    ],
  ]

  it.each(ends)('%s (%s)', async (_, endedBy, end) => {
    const bench = await startOddBench(
      {},
      { bff: (base) => ({ ...base, session: { whenIdpSessionEnds: { expired: 'end' } } }) },
    )
    await bench.browser.login()
    const stream = await connect(bench.browser)
    await stream.next('session')
    const before = bench.clock.now()
    await end(bench)
    await stream.ended
    expect(stream.of('ended')).toEqual([{ ended_by: endedBy, at: expect.any(Number) }])
    expect(stream.of('ended')[0]?.['at']).toBeGreaterThanOrEqual(before)
    expect(stream.told.at(-1)?.name).toBe('ended')
  })

  it('also where another instance ended it', async () => {
    const store = memoryStore()
    const bench = await startOddBench({}, { bff: (base) => ({ ...base, store }) })
    const other = bench.another()
    await bench.browser.login()
    const stream = await connect(bench.browser)
    await stream.next('session')
    await other.sessions.end({ sub: bench.idp.traits.user.sub })
    expect(await stream.next('ended')).toMatchObject({ ended_by: 'revoked' })
    await stream.ended
  })
})

describe('the end of the session at the IDP reaches who listens', () => {
  it('once, with how long the app can rely on what it has', async () => {
    const bench = await startOddBench({}, relying)
    await bench.browser.login()
    const { access, user } = await bench.browser.signedIn()
    const stream = await connect(bench.browser)
    await tell(bench, await bench.idp.logoutToken({ sub: user.sub }))
    await tell(bench, await bench.idp.logoutToken({ sub: user.sub }))
    expect(await stream.next('idp_session_ended')).toEqual({
      ended_by: 'logout',
      until: access.expires_at,
    })
    await bench.browser.signedIn()
    expect(stream.told.map(({ name }) => name)).toEqual(['retry', 'session', 'session', 'idp_session_ended'])
    expect(stream.of('session')[1]).toMatchObject({
      session: { idp: { status: 'ended' }, access: { extendable: false } },
    })
    await stream.leave()
  })

  it('by a refused refresh, too', async () => {
    const { browser, idp } = await startOddBench()
    await browser.login()
    const stream = await connect(browser)
    idp.traits.refuseRefresh = REFUSALS.invalid_grant
    await browser.post('/bff/refresh')
    expect(await stream.next('idp_session_ended')).toMatchObject({ ended_by: 'unknown' })
    await stream.leave()
  })
})
