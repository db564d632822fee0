import { describe, expect, it } from 'vitest'
import type { BffOptions } from '../../../src/bff/options.js'
import { keyOf } from '../../../src/bff/sessions/lookup.js'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import { cookieNames } from '../../../src/protocol.js'
import { ORIGIN, problemOf, startOddBench } from '../bench.js'

const limits = (session: BffOptions['session']) => ({
  bff: (base: BffOptions): BffOptions => ({ ...base, session: session ?? {} }),
})

describe('a session whose IDP session ends', () => {
  it('by its session_expiry is not extended beyond that, nor asked for', async () => {
    const expiry = Math.floor(Date.now() / 1000) + 500
    const { browser, clock, idp } = await startOddBench({ user: { sub: 'alice', session_expiry: expiry } })
    await browser.login()
    expect((await browser.signedIn()).idp.ends_at).toBe(expiry * 1000)
    clock.advance(501)
    const over = await browser.fetch('/bff/api/echo/x')
    expect(await problemOf(over)).toMatchObject({ ended_by: 'idp_session_over' })
    expect(idp.tokenCalls).toHaveLength(1)
  })

  it('by its known lifetime ends so long after the last issuance', async () => {
    const { browser, clock } = await startOddBench({}, limits({ idpLifetime: 1000 }))
    await browser.login()
    const first = (await browser.signedIn()).idp.ends_at ?? 0
    clock.advance(100)
    await browser.post('/bff/refresh')
    expect((await browser.signedIn()).idp.ends_at).toBeGreaterThan(first + 90_000)
  })

  it('by the cap of its refresh token is relied on while access is valid', async () => {
    const capping: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init)
      if (!String(input).endsWith('/token')) return answer
      return Response.json({ ...((await answer.json()) as object), refresh_expires_in: 60 })
    }
    const { browser, clock, idp } = await startOddBench({}, { edges: { fetch: capping } })
    await browser.login()
    const { access } = await browser.signedIn()
    expect(Math.abs((access.extendable_until ?? 0) - Date.now() - 60_000)).toBeLessThan(10_000)
    clock.advance(70)
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    clock.advance(240)
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'idp_session_over' } })
    expect(idp.tokenCalls).toHaveLength(1)
  })

  it('ends with it where the policy says so', async () => {
    const expiry = Math.floor(Date.now() / 1000) + 100
    const { browser, clock } = await startOddBench(
      { user: { sub: 'alice', session_expiry: expiry } },
      limits({ whenIdpSessionEnds: { expired: 'end' } }),
    )
    await browser.login()
    clock.advance(101)
    expect(await browser.session()).toEqual({
      authenticated: false,
      last: { ended_by: 'idp_session_over', at: expiry * 1000 },
    })
  })
})

describe('a session cookie', () => {
  it.each([
    '',
    'x',
    'a'.repeat(42),
    'a'.repeat(44),
    `${'a'.repeat(42)}.`,
    `${'a'.repeat(42)}/`,
    ' '.repeat(43),
  ])('that is none of ours (%j) has no key, and the store is not asked', async (value) => {
    const whole = memoryStore()
    let asked = 0
    const get: typeof whole.get = (key) => ((asked += 1), whole.get(key))
    const peek = (key: string): ReturnType<NonNullable<typeof whole.peek>> => (
      (asked += 1),
      whole.peek?.(key) ?? null
    )
    const { bff } = await startOddBench({}, { bff: (base) => ({ ...base, store: { ...whole, get, peek } }) })
    expect(await keyOf(value)).toBeNull()
    const headers = {
      'sec-fetch-site': 'same-origin',
      'x-csrf-token': '1',
      cookie: `${cookieNames.session}=${value}`,
    }
    const answer = await bff.fetch(new Request(`${ORIGIN}/bff/api/echo/x`, { headers }))
    expect([answer.status, asked]).toEqual([401, 0])
  })

  it('of ours has one', async () => expect(await keyOf('a'.repeat(43))).toMatch(/^[\w-]{43}$/))
})
