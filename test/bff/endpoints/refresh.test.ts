import { describe, expect, it } from 'vitest'
import type { AuthenticatedAnswer } from '../../../src/protocol.js'
import { problemOf, startBench, startOddBench } from '../bench.js'

const refreshes = (idp: { tokenRequests: { grant_type: string | null }[] }): number =>
  idp.tokenRequests.filter(({ grant_type }) => grant_type === 'refresh_token').length

const sessionOf = async (answer: Response): Promise<AuthenticatedAnswer['session']> => {
  expect(answer.status).toBe(200)
  return ((await answer.json()) as AuthenticatedAnswer).session
}

describe('POST /refresh', () => {
  it('renews, and tells the session as it is now', async () => {
    const { browser, idp, clock } = await startBench()
    await browser.login('alice')
    const before = await browser.signedIn()
    clock.advance(100)
    const after = await sessionOf(await browser.post('/bff/refresh'))
    expect(after.ref).toBe(before.ref)
    expect(after.access.expires_at).toBeGreaterThan(before.access.expires_at)
    expect(after.app.idle_ends_at).toBeGreaterThan(before.app.idle_ends_at ?? 0)
    expect(refreshes(idp)).toBe(1)
  })

  it('by a timer asks once for all who knew the same expiry, and does not move the idle end', async () => {
    const { browser, idp, clock } = await startBench()
    await browser.login('alice')
    const before = await browser.signedIn()
    clock.advance(100)
    const body = { if_expires_at: before.access.expires_at }
    const all = await Promise.all(
      Array.from({ length: 10 }, async () => sessionOf(await browser.post('/bff/refresh', body))),
    )
    const late = await sessionOf(await browser.post('/bff/refresh', body))
    expect(new Set([...all, late].map(({ access }) => access.expires_at)).size).toBe(1)
    expect(late.app.idle_ends_at).toBe(before.app.idle_ends_at)
    expect(refreshes(idp)).toBe(1)
  })

  it('by a timer of a page that slept renews what is newer than it knew, but over as well: once for all', async () => {
    const { browser, idp, clock } = await startBench()
    await browser.login('alice')
    const { access: first } = await browser.signedIn()
    clock.advance(250)
    const { access: second } = await sessionOf(
      await browser.post('/bff/refresh', { if_expires_at: first.expires_at }),
    )
    clock.advance(310)
    const known = [first, second, first, second]
    const all = await Promise.all(
      known.map(async ({ expires_at }) =>
        sessionOf(await browser.post('/bff/refresh', { if_expires_at: expires_at })),
      ),
    )
    for (const { access } of all) expect(access.expires_at).toBeGreaterThan(clock.now())
    expect(refreshes(idp)).toBe(2)
  })

  it.each([
    ['{"if_expires_at":"soon"}'],
    ['{"active":1}'],
    ['{"active":"true"}'],
    ['{"active":null}'],
    ['[]'],
    ['{'],
    ['null'],
  ])('refuses the body %s', async (body) => {
    const { browser } = await startOddBench()
    await browser.login()
    const answer = await browser.fetch('/bff/refresh', { method: 'POST', body })
    expect([answer.status, (await problemOf(answer))['code']]).toEqual([400, 'invalid_request'])
  })

  it('refuses a body that is too long', async () => {
    const { browser } = await startOddBench()
    await browser.login()
    const answer = await browser.post('/bff/refresh', { padding: 'x'.repeat(70_000) })
    expect([answer.status, (await problemOf(answer))['code']]).toEqual([413, 'payload_too_large'])
  })
})

describe('a user who is there', () => {
  it('moves the idle end, and asks nothing of the IDP while access is valid', async () => {
    const { browser, idp, clock } = await startBench()
    await browser.login('alice')
    const before = await browser.signedIn()
    clock.advance(50)
    const after = await sessionOf(await browser.post('/bff/refresh', { active: true }))
    expect(after).toEqual({
      ...before,
      app: { ...before.app, idle_ends_at: expect.closeTo((before.app.idle_ends_at ?? 0) + 50_000, -3) },
    })
    expect((await browser.signedIn()).app).toEqual(after.app)
    const timed = { active: true, if_expires_at: before.access.expires_at - 1 }
    clock.advance(5)
    const later = await sessionOf(await browser.post('/bff/refresh', timed))
    expect(later.app.idle_ends_at).toBeGreaterThan(after.app.idle_ends_at ?? 0)
    expect(refreshes(idp)).toBe(0)
  })

  it('also renews, where a timer asks for it', async () => {
    const { browser, idp, clock } = await startBench()
    await browser.login('alice')
    const first = await browser.signedIn()
    clock.advance(10)
    const timed = { active: true, if_expires_at: first.access.expires_at }
    const second = await sessionOf(await browser.post('/bff/refresh', timed))
    expect(second.access.expires_at).toBeGreaterThan(first.access.expires_at)
    expect(second.app.idle_ends_at).toBeGreaterThan(first.app.idle_ends_at ?? 0)
    expect(refreshes(idp)).toBe(1)
  })

  it('is told of though access has expired and the IDP does not answer: nothing is asked of it', async () => {
    const { browser, idp, clock } = await startBench()
    await browser.login('alice')
    const { app, access } = await browser.signedIn()
    clock.advance(310)
    idp.faults.set('token', { kind: 'status', status: 503 })
    const after = await sessionOf(await browser.post('/bff/refresh', { active: true }))
    expect(after.app.idle_ends_at).toBeGreaterThan(app.idle_ends_at ?? 0)
    expect(after.access).toEqual(access)
    expect(refreshes(idp)).toBe(0)
    const timed = { active: true, if_expires_at: access.expires_at }
    clock.advance(10)
    expect((await browser.post('/bff/refresh', timed)).status).toBe(503)
    expect((await browser.signedIn()).app.idle_ends_at).toBeGreaterThan(after.app.idle_ends_at ?? 0)
  })

  it('who is not does not move it: by a timer, by a look, by a stream, or by saying so', async () => {
    const { browser, clock, idp } = await startBench()
    await browser.login('alice')
    const { app, access } = await browser.signedIn()
    clock.advance(30)
    await sessionOf(await browser.post('/bff/refresh', { if_expires_at: access.expires_at, active: false }))
    await sessionOf(await browser.post('/bff/refresh', { if_expires_at: access.expires_at }))
    expect(refreshes(idp)).toBe(1)
    await (await browser.fetch('/bff/events', { csrf: null })).body?.cancel()
    expect((await browser.signedIn()).app).toEqual(app)
  })

  it('is too late once the idle or the absolute end has come, whatever the page says', async () => {
    const limits = { idle: 100, absolute: 250 }
    const bench = await startBench({ bff: (base) => ({ ...base, session: limits }) })
    const { browser, clock, newBrowser } = bench
    const over = async (one: typeof browser): Promise<unknown> => {
      const answer = await one.post('/bff/refresh', { active: true })
      expect(answer.status).toBe(401)
      return (await problemOf(answer))['ended_by']
    }
    await browser.login('alice')
    const { app } = await browser.signedIn()
    const other = newBrowser()
    await other.login('bob')
    for (let step = 0; step < 4; step++) {
      clock.advance(61)
      const answer = await browser.post('/bff/refresh', { active: true })
      const { app: now } = await sessionOf(answer)
      expect(now.ends_at).toBe(app.ends_at)
      expect(now.idle_ends_at).toBeLessThanOrEqual(now.ends_at)
    }
    expect(await over(other)).toBe('app_session_over')
    clock.advance(7)
    expect(await over(browser)).toBe('app_session_over')
    expect(await browser.session()).toMatchObject({ last: { at: app.ends_at } })
  })
})
