import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { AuthenticatedAnswer } from '../../src/protocol.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { ORIGIN, problemOf, startBench, startOddBench } from '../bff/bench.js'
import type { BffBench, Browser } from '../bff/bench.js'
import { REFUSALS } from '../support/misbehaving-provider.js'
import type { RefusalName } from '../support/misbehaving-provider.js'

const refreshes = (idp: { tokenRequests: { grant_type: string | null }[] }): number =>
  idp.tokenRequests.filter(({ grant_type }) => grant_type === 'refresh_token').length

const oddRefreshes = (idp: { tokenCalls: { grant_type: string | null }[] }): number =>
  idp.tokenCalls.filter(({ grant_type }) => grant_type === 'refresh_token').length

const sessionOf = async (answer: Response): Promise<AuthenticatedAnswer['session']> => {
  expect(answer.status).toBe(200)
  return ((await answer.json()) as AuthenticatedAnswer).session
}

/** Where nobody listens. */
async function deadAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}/`
}

/** Signed in, with an access token that has expired. */
async function expired<Bench extends BffBench>(bench: Bench): Promise<Bench> {
  await bench.browser.login('alice')
  bench.clock.advance(310)
  return bench
}

describe('an expired access token', () => {
  it('is renewed once for 50 calls at the same time, and none fails', async () => {
    const { browser, idp, api } = await expired(await startBench())
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => browser.fetch(`/bff/api/echo/${i}`)),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(refreshes(idp)).toBe(1)
    expect(new Set(api.calls.map(({ headers }) => headers.authorization)).size).toBe(1)
  })

  it('is renewed once for calls and clients of two instances, also where the IDP takes longer than a lease', async () => {
    const store = memoryStore()
    const { browser, idp, another, clock } = await expired(
      await startBench({ bff: (base) => ({ ...base, store }) }),
    )
    const second = another()
    idp.faults.set('token', { kind: 'held-answer' })
    const here = Array.from({ length: 10 }, () => browser.fetch('/bff/api/echo/x'))
    browser.agent.handle(ORIGIN, (request) => second.fetch(request))
    const there = Array.from({ length: 10 }, () => browser.fetch('/bff/api/echo/x'))
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    // Past the lease's first end by the clock, while it is being renewed.
    for (let i = 0; i < 3; i++) {
      const lease = async () => {
        const [record] = await store.list({ ref: (await browser.signedIn()).ref }, 0)
        return record?.lease?.until ?? 0
      }
      const until = await lease()
      clock.advance(3)
      await vi.waitFor(async () => expect(await lease()).toBeGreaterThan(until), { timeout: 8000 })
    }
    idp.faults.clear()
    idp.faults.release()
    const answers = await Promise.all([...here, ...there])
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(refreshes(idp)).toBe(1)
  }, 30_000)

  it('leaves the session in place while the IDP does not answer, and is renewed when it does', async () => {
    const { browser, idp } = await expired(await startBench())
    const { ref } = await browser.signedIn()
    await idp.down()
    for (const answer of [await browser.fetch('/bff/api/echo/x'), await browser.post('/bff/refresh')]) {
      expect(answer.status).toBe(503)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await problemOf(answer)).toMatchObject({ code: 'idp_unavailable' })
    }
    expect((await browser.signedIn()).ref).toBe(ref)
    await idp.up()
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    expect((await browser.signedIn()).ref).toBe(ref)
  })

  it('that the IDP refuses to renew ends the session, once and for all, and says so', async () => {
    const { browser, idp } = await expired(await startBench())
    await idp.revoke('alice')
    const call = await browser.fetch('/bff/api/echo/x')
    expect(call.status).toBe(401)
    expect(await problemOf(call)).toMatchObject({ code: 'login_required', ended_by: 'idp_session_over' })
    expect((await browser.post('/bff/refresh')).status).toBe(401)
    expect(await browser.session()).toMatchObject({
      authenticated: false,
      last: { ended_by: 'idp_session_over' },
    })
    expect(refreshes(idp)).toBe(1)
  })
})

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

describe('a refusal while access is still valid', () => {
  const answers: RefusalName[] = [
    'invalid_grant',
    'invalid_grant_401',
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

describe('no answer to a refresh', () => {
  const none: RefusalName[] = [
    'html_200',
    'html_400',
    'html_502',
    'empty_object_200',
    'not_json_200',
    'invalid_client',
  ]
  const more: RefusalName[] = ['unauthorized_client', 'rate_limited', 'server_error', 'unavailable']
  it.each([...none, ...more])('(%s) ends nothing', async (name) => {
    const { browser, idp, clock } = await startOddBench()
    await browser.login()
    clock.advance(301)
    idp.traits.refuseRefresh = REFUSALS[name]
    for (const answer of [await browser.post('/bff/refresh'), await browser.fetch('/bff/api/echo/x')]) {
      expect(answer.status).toBe(503)
      expect(await problemOf(answer)).toMatchObject({ code: 'idp_unavailable' })
    }
    expect((await browser.signedIn()).idp.status).toBe('active')
    idp.traits.refuseRefresh = null
    clock.advance(5)
    expect((await sessionOf(await browser.post('/bff/refresh'))).access.extendable).toBe(true)
  })

  it('passes on how long to wait, and does not ask before where the IDP asked to wait', async () => {
    const { browser, idp, clock } = await startOddBench()
    await browser.login()
    idp.traits.refuseRefresh = { ...REFUSALS.rate_limited, headers: { 'retry-after': '7' } }
    expect((await browser.post('/bff/refresh')).headers.get('retry-after')).toBe('7')
    expect(Number((await browser.post('/bff/refresh')).headers.get('retry-after'))).toBeGreaterThan(5)
    expect(oddRefreshes(idp)).toBe(1)
    idp.traits.refuseRefresh = null
    clock.advance(8)
    expect((await browser.post('/bff/refresh')).status).toBe(200)
  })

  it('is waited for no longer than idp.timeout', async () => {
    const { browser, idp } = await startOddBench(
      {},
      {
        bff: (base) => ({ ...base, idp: { ...base.idp, timeout: 0.2 } }),
      },
    )
    await browser.login()
    idp.traits.hangs = ['token']
    expect((await browser.post('/bff/refresh')).status).toBe(503)
  })

  it('and then a refusal: the answer was lost, and that is what ended it', async () => {
    const { browser, idp } = await expired(await startBench())
    idp.faults.next('token', { kind: 'lost-answer' })
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    const answer = await browser.post('/bff/refresh')
    expect(answer.status).toBe(401)
    expect(await problemOf(answer)).toMatchObject({ ended_by: 'refresh_lost' })
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'refresh_lost' } })
  })

  it('that never left is not lost: a refusal after it is a refusal', async () => {
    let refusing = false
    const nobody = await deadAddress()
    const fetchOrNot: typeof fetch = (input, init) => fetch(refusing ? nobody : input, init)
    const { browser, idp } = await expired(await startBench({ edges: { fetch: fetchOrNot } }))
    refusing = true
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    refusing = false
    await idp.revoke('alice')
    expect(await problemOf(await browser.post('/bff/refresh'))).toMatchObject({
      ended_by: 'idp_session_over',
    })
  })

  it('is forgotten once a refresh succeeds', async () => {
    const { browser, idp, clock } = await startOddBench()
    await browser.login()
    idp.traits.refuseRefresh = REFUSALS.html_502
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    idp.traits.refuseRefresh = null
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    idp.traits.refuseRefresh = REFUSALS.invalid_grant
    expect((await sessionOf(await browser.post('/bff/refresh'))).idp).toMatchObject({
      status: 'ended',
      ended_by: 'unknown',
    })
    clock.advance(301)
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'idp_session_over' } })
  })
})

describe('an instance that dies while it asks', () => {
  it('is waited for as long as its lease, and what it may have used up is known', async () => {
    const store = memoryStore()
    const { browser, idp, clock } = await expired(await startBench({ bff: (base) => ({ ...base, store }) }))
    const { ref } = await browser.signedIn()
    const [record] = await store.list({ ref }, 0)
    if (record === undefined) throw new Error('no record')
    await store.replace({ ...record, lease: { holder: 'dead', until: clock.now() + 8000 } }, record.version)
    await idp.revoke('alice')
    const waiting = browser.fetch('/bff/api/echo/x')
    expect(refreshes(idp)).toBe(0)
    clock.advance(9)
    const answer = await waiting
    expect(answer.status).toBe(401)
    expect(await problemOf(answer)).toMatchObject({ ended_by: 'refresh_lost' })
    expect(refreshes(idp)).toBe(1)
  })
})

describe('an instance that was overtaken', () => {
  it('writes nothing of what it was answered', async () => {
    const store = memoryStore()
    const { browser, idp, clock, api } = await expired(
      await startBench({ bff: (base) => ({ ...base, store }) }),
    )
    const { ref } = await browser.signedIn()
    idp.faults.next('token', { kind: 'held-answer' })
    const call = browser.fetch('/bff/api/echo/x')
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    const [record] = await store.list({ ref }, 0)
    if (record === undefined) throw new Error('no record')
    expect(record.lease).not.toBeNull()
    const stolen = { ...record, lease: { holder: 'other', until: clock.now() + 8000 } }
    expect(await store.replace(stolen, record.version)).toBe(true)
    idp.faults.release()
    await vi.waitFor(() => expect(refreshes(idp)).toBe(1))
    expect((await store.list({ ref }, 0))[0]?.sealed).toBe(record.sealed)
    // The other one died too: what both of them used up is known to be lost.
    clock.advance(9)
    expect(await problemOf(await call)).toMatchObject({ ended_by: 'refresh_lost' })
    expect(api.calls).toEqual([])
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

describe('a refresh that answers for another user', () => {
  it('ends the session', async () => {
    const { browser, idp } = await startOddBench()
    await browser.login()
    idp.traits.refreshSub = 'mallory'
    const answer = await browser.post('/bff/refresh')
    expect(answer.status).toBe(401)
    expect(await problemOf(answer)).toMatchObject({ ended_by: 'user_changed' })
  })
})
