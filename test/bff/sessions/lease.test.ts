import { describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import type { SessionStore } from '../../../src/bff/stores/store.js'
import { ORIGIN, problemOf, startBench } from '../bench.js'
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
    for (let i = 0; i < 2; i++) {
      const lease = async () => {
        const [record] = await store.list({ ref: (await browser.signedIn()).ref }, 0)
        return record?.lease?.until ?? 0
      }
      const until = await lease()
      clock.advance(5)
      await vi.waitFor(async () => expect(await lease()).toBeGreaterThan(until), { timeout: 8000 })
    }
    idp.faults.clear()
    idp.faults.release()
    const answers = await Promise.all([...here, ...there])
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(refreshes(idp)).toBe(1)
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
  it('before it asked, since it stood still for longer than its lease, does not use the refresh token', async () => {
    const base = memoryStore()
    let standsStill: (() => void) | undefined
    let looks = 0
    const store: SessionStore = {
      ...base,
      async replace(record, version) {
        const done = await base.replace(record, version)
        if (record.lease === null || standsStill === undefined) return done
        standsStill()
        standsStill = undefined
        looks = 0
        const lease = { holder: 'other', until: clock.now() + 8000 }
        return done && base.replace({ ...record, lease }, version + 1)
      },
      async get(key) {
        looks++
        return base.get(key)
      },
    }
    const { browser, idp, clock } = await expired(await startBench({ bff: (given) => ({ ...given, store }) }))
    standsStill = () => clock.advance(9)
    const waiting = browser.fetch('/bff/api/echo/x')
    await vi.waitFor(() => expect([standsStill, looks > 3]).toEqual([undefined, true]))
    expect(refreshes(idp)).toBe(0)
    // The other one has died.
    clock.advance(9)
    expect((await waiting).status).toBe(200)
    expect(refreshes(idp)).toBe(1)
  })

  it('by nobody: it takes a lease anew, and what it has not sent is not taken for lost', async () => {
    const base = memoryStore()
    let standsStill: (() => void) | undefined
    const store: SessionStore = {
      ...base,
      async replace(record, version) {
        const done = await base.replace(record, version)
        if (record.lease !== null) {
          standsStill?.()
          standsStill = undefined
        }
        return done
      },
    }
    const { browser, idp, clock } = await expired(await startBench({ bff: (given) => ({ ...given, store }) }))
    standsStill = () => clock.advance(9)
    await idp.revoke('alice')
    const answer = await browser.fetch('/bff/api/echo/x')
    expect([answer.status, standsStill, refreshes(idp)]).toEqual([401, undefined, 1])
    expect(await problemOf(answer)).toMatchObject({ ended_by: 'idp_session_over' })
  })

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
