import { describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import type { AuthenticatedAnswer } from '../../../src/protocol.js'
import { REFUSALS } from '../../support/misbehaving-provider.js'
import type { RefusalName } from '../../support/misbehaving-provider.js'
import { problemOf, startBench, startOddBench } from '../bench.js'
import type { BffBench, Browser } from '../bench.js'

const oddRefreshes = (idp: { tokenCalls: { grant_type: string | null }[] }): number =>
  idp.tokenCalls.filter(({ grant_type }) => grant_type === 'refresh_token').length

const sessionOf = async (answer: Response): Promise<AuthenticatedAnswer['session']> => {
  expect(answer.status).toBe(200)
  return ((await answer.json()) as AuthenticatedAnswer).session
}

/** Signed in, with an access token that has expired. */
async function expired<Bench extends BffBench>(bench: Bench): Promise<Bench> {
  await bench.browser.login('alice')
  bench.clock.advance(310)
  return bench
}

describe('a refusal while access is still valid', () => {
  const answers: RefusalName[] = [
    'invalid_grant',
    'invalid_grant_401',
    'invalid_grant_200',
    'empty_400',
    'empty_401',
    'other_code',
  ]

  const more: RefusalName[] = ['message_and_code', 'message_and_code_401', 'invalid_request']

  it.each([...answers, ...more])(
    '(%s) ends the IDP session: the app relies on what it has until it expires',
    async (name) => {
      const { browser, idp, clock } = await startOddBench()
      await browser.login()
      idp.traits.refuseRefresh = REFUSALS[name]
      const session = await sessionOf(await browser.post('/bff/refresh'))
      expect(session.idp.status).toBe('ended')
      expect(session.access.extendable).toBe(false)
      expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)

      // Over is over: nothing is asked any more, though the IDP would answer again.
      idp.traits.refuseRefresh = null
      expect((await sessionOf(await browser.post('/bff/refresh'))).idp.status).toBe('ended')
      expect(oddRefreshes(idp)).toBe(1)

      clock.advance(301)
      const over = await browser.fetch('/bff/api/echo/x')
      expect(over.status).toBe(401)
      expect(await problemOf(over)).toMatchObject({ code: 'login_required', ended_by: 'idp_session_over' })
      expect(oddRefreshes(idp)).toBe(1)
    },
  )

  it('ends the app session at once where the policy says so', async () => {
    const { browser, idp } = await startOddBench(
      {},
      {
        bff: (base) => ({ ...base, session: { whenIdpSessionEnds: { expired: 'end' } } }),
      },
    )
    await browser.login()
    idp.traits.refuseRefresh = REFUSALS.invalid_grant
    const answer = await browser.post('/bff/refresh')
    expect(answer.status).toBe(401)
    expect(await problemOf(answer)).toMatchObject({ ended_by: 'idp_session_over' })
  })
})

describe('a refresh that answers for another user', () => {
  it('ends the session', async () => {
    const { browser, idp } = await startOddBench()
    await browser.login()
    idp.traits.refreshSub = 'mallory'
    const answer = await browser.post('/bff/refresh')
    expect(answer.status).toBe(401)
    expect(await problemOf(answer)).toMatchObject({ ended_by: 'user_changed' })
    // The session's own, and the one that came for the other user.
    await vi.waitFor(() => expect(idp.count('revocation')).toBe(2))
  })
})

describe('a session that ends while the IDP is asked', () => {
  const ends: [string, (bench: BffBench, browser: Browser) => Promise<unknown>][] = [
    ['by logout', (_, browser) => browser.post('/bff/logout', { scope: 'app' })],
    ['by an administrator', ({ bff }) => bff.sessions.end({ sub: 'alice' })],
  ]

  it.each(ends)('%s stays ended, and what was issued is revoked', async (_, end) => {
    const bench = await expired(await startBench())
    const { browser, idp } = bench
    idp.faults.next('token', { kind: 'held-answer' })
    const call = browser.fetch('/bff/api/echo/x')
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    await end(bench, browser)
    idp.faults.release()
    expect((await call).status).toBe(401)
    expect(await browser.session()).toMatchObject({ authenticated: false })
    expect(bench.api.calls).toEqual([])
    await vi.waitFor(() => expect(idp.live('RefreshToken')).toBe(0))
  })
})

describe('a session that is renewed while it is being ended', () => {
  it('leaves no refresh token good: the newest is revoked', async () => {
    const store = memoryStore()
    const before: (() => Promise<unknown>)[] = []
    const lateDelete: typeof store.delete = async (key, tombstone) => {
      await before.shift()?.()
      return store.delete(key, tombstone)
    }
    const bench = await startBench({ bff: (base) => ({ ...base, store: { ...store, delete: lateDelete } }) })
    const { browser, idp } = bench
    await browser.login('alice')
    before.push(async () => expect((await browser.post('/bff/refresh')).status).toBe(200))
    expect((await browser.post('/bff/logout', { scope: 'app' })).status).toBe(200)
    expect(idp.tokenRequests.map(({ grant_type }) => grant_type)).toEqual([
      'authorization_code',
      'refresh_token',
    ])
    expect(idp.live('RefreshToken')).toBe(0)
  })
})

describe('a store that is away when the IDP has answered', () => {
  it('gets what was answered once it is back: whoever waits is served, and nobody else asks the IDP', async () => {
    const store = memoryStore()
    let away = false
    let failed = 0
    const failing =
      <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        if (!away) return work(...args)
        failed++
        throw new Error('the store is away')
      }
    const flaky = { ...store, get: failing(store.get), replace: failing(store.replace) }
    const bench = await expired(await startBench({ bff: (base) => ({ ...base, store: flaky }) }))
    const { browser, idp } = bench
    idp.faults.next('token', { kind: 'held-answer' })
    const call = browser.fetch('/bff/api/echo/x')
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    away = true
    idp.faults.release()
    await vi.waitFor(() => expect(failed).toBeGreaterThan(5), { timeout: 5_000 })
    const meanwhile = await browser.fetch('/bff/api/echo/x')
    expect([meanwhile.status, meanwhile.headers.get('retry-after')]).toEqual([503, '2'])
    away = false
    expect((await call).status).toBe(200)
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    const refreshes = idp.tokenRequests.filter(({ grant_type }) => grant_type === 'refresh_token')
    expect(refreshes.map(({ error }) => error)).toEqual([null])
  })
})
