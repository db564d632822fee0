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

  it.each([['{"if_expires_at":"soon"}'], ['[]'], ['{'], ['null']])('refuses the body %s', async (body) => {
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
