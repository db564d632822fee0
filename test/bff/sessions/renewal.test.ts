import { describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import { problemOf, startBench, startOddBench } from '../bench.js'
import { manualTime } from '../manual-time.js'
import type { BffBench } from '../bench.js'

const refreshes = (idp: { tokenRequests: { grant_type: string | null }[] }): number =>
  idp.tokenRequests.filter(({ grant_type }) => grant_type === 'refresh_token').length

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

  it('is asked for once by many at the same time, also where there is no answer', async () => {
    const { browser, idp } = await expired(await startBench())
    idp.faults.next('token', { kind: 'status', status: 503 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => browser.fetch('/bff/api/echo/x')))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(503))
    // One for the code, one for the refresh.
    expect(idp.count('token')).toBe(2)
  })

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

describe('a refusal that is about a resource', () => {
  it('ends nothing: the session goes on without a token for it, and is not asked for one again at once', async () => {
    const { browser, idp } = await startOddBench(
      {},
      {
        bff: (base) => {
          const url = base.upstreams?.['echo']?.url ?? ''
          return { ...base, upstreams: { echo: { url }, other: { url, resource: 'urn:other' } } }
        },
      },
    )
    await browser.login()
    idp.traits.refuseRefresh = { status: 400, body: '{"error":"invalid_target"}' }
    for (let i = 0; i < 3; i++) expect((await browser.fetch('/bff/api/other/x')).status).toBe(503)
    expect(refreshes({ tokenRequests: idp.tokenCalls })).toBe(1)
    idp.traits.refuseRefresh = null
    expect((await browser.signedIn()).idp.status).toBe('active')
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    expect((await browser.signedIn()).access.extendable).toBe(true)
  })

  it('is one of the session where none was asked for', async () => {
    const { browser, idp } = await startOddBench()
    await browser.login()
    idp.traits.refuseRefresh = { status: 400, body: '{"error":"invalid_target"}' }
    await browser.post('/bff/refresh')
    expect((await browser.signedIn()).idp.status).toBe('ended')
  })
})

describe('a renewal on its way when the BFF is closed', () => {
  it('is waited for, though nobody wants it any more: what the IDP rotates is kept', async () => {
    const store = memoryStore()
    const { browser, idp, bff } = await expired(await startBench({ bff: (base) => ({ ...base, store }) }))
    const { ref } = await browser.signedIn()
    const before = (await store.list({ ref }, 0))[0]
    idp.faults.next('token', { kind: 'held-answer' })
    const leaving = browser.fetch('/bff/api/echo/x')
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    const closing = bff.close()
    idp.faults.release()
    await closing
    const after = (await store.list({ ref }, 0))[0]
    expect(after?.lease).toBeNull()
    expect(after?.sealed).not.toBe(before?.sealed)
    await leaving.catch(() => {})
  })
})

describe('a lease that was given back', () => {
  it('is not renewed any more: no timer stays behind', async () => {
    const time = manualTime()
    const { browser, idp } = await startOddBench({}, { edges: time })
    await browser.login()
    const before = time.waiting()
    for (let i = 0; i < 5; i++) expect((await browser.post('/bff/refresh')).status).toBe(200)
    expect(refreshes({ tokenRequests: idp.tokenCalls })).toBe(5)
    expect(time.waiting()).toBe(before)
  })
})
