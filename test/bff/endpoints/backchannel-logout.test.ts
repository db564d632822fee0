import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/bff/stores/memory.js'
import { ORIGIN, problemOf, startOddBench } from '../bench.js'
import type { BffBench } from '../bench.js'

const FORM = 'application/x-www-form-urlencoded'

/** Posts as a provider does: no cookie, no CSRF header, perhaps by an internal name. */
const post = (
  { bff }: Pick<BffBench, 'bff'>,
  body: string | URLSearchParams,
  { type = FORM, url = `${ORIGIN}/bff/backchannel-logout` } = {},
): Promise<Response> =>
  bff.fetch(new Request(url, { method: 'POST', body, headers: { 'content-type': type } }))

const tell = (bench: Pick<BffBench, 'bff'>, token: string): Promise<Response> =>
  post(bench, new URLSearchParams({ logout_token: token }))

const refused = async (answer: Response): Promise<unknown> => {
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([400, 'no-store'])
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  const problem = await problemOf(answer)
  expect(problem).toMatchObject({ code: 'logout_token_invalid', error: 'invalid_request' })
  return problem['detail']
}

describe('a logout token', () => {
  it('ends the session it names, by whatever name the BFF is asked', async () => {
    const bench = await startOddBench()
    const { browser, idp } = bench
    await browser.login()
    const { idp: at } = await browser.signedIn()
    const form = new URLSearchParams({ logout_token: await idp.logoutToken({ sid: at.sid }), other: 'x' })
    const answer = await post(bench, form, {
      type: `${FORM}; charset=utf-8`,
      url: 'http://bff.internal:3000/bff/backchannel-logout?tenant=a',
    })
    expect([answer.status, await answer.text()]).toEqual([200, ''])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(await browser.session()).toEqual({
      authenticated: false,
      last: { ended_by: 'logout', at: expect.any(Number) },
    })
    expect(await problemOf(await browser.fetch('/bff/api/echo/x'))).toMatchObject({ ended_by: 'logout' })
  })

  it('by sub ends all sessions of the user; by sid one; by both the one that is both; nobody else’s', async () => {
    const bench = await startOddBench()
    const { browser, newBrowser, idp } = bench
    const sessions = [browser, newBrowser(), newBrowser(), newBrowser()]
    const users = [
      ['alice', 'a1'],
      ['alice', 'a2'],
      ['alice', 'a3'],
      ['bob', 'b1'],
    ] as const
    for (const [i, [sub, sid]] of users.entries()) {
      Object.assign(idp.traits, { sid, user: { ...idp.traits.user, sub } })
      await sessions[i]?.login()
    }
    const live = async (): Promise<boolean[]> =>
      Promise.all(sessions.map(async (one) => (await one.session()).authenticated))
    const told = async (claims: Record<string, unknown>): Promise<boolean[]> => {
      expect((await tell(bench, await idp.logoutToken(claims))).status).toBe(200)
      return live()
    }
    expect(await told({ sid: 'unknown' })).toEqual([true, true, true, true])
    expect(await told({ sub: 'bob', sid: 'a1' })).toEqual([true, true, true, true])
    expect(await told({ sub: 'alice', sid: 'a1' })).toEqual([false, true, true, true])
    expect(await told({ sid: 'a2' })).toEqual([false, false, true, true])
    expect(await told({ sid: 'a2' })).toEqual([false, false, true, true])
    expect(await told({ sub: 'alice' })).toEqual([false, false, false, true])
  })

  it('by both also ends what was told no sid, for that may be the one; by another user’s, or by sid alone, it does not', async () => {
    const bench = await startOddBench()
    const { browser, newBrowser, idp } = bench
    const [told, bobs] = [newBrowser(), newBrowser()]
    await told.login()
    Object.assign(idp.traits, { sid: null })
    await browser.login()
    Object.assign(idp.traits, { user: { sub: 'bob' } })
    await bobs.login()
    const live = async (): Promise<boolean[]> =>
      Promise.all([told, browser, bobs].map(async (one) => (await one.session()).authenticated))
    expect((await tell(bench, await idp.logoutToken({ sid: 'x' }))).status).toBe(200)
    expect(await live()).toEqual([true, true, true])
    expect((await tell(bench, await idp.logoutToken({ sub: 'alice', sid: 'x' }))).status).toBe(200)
    expect(await live()).toEqual([true, false, true])
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'logout' } })
  })

  it('counts once, on every instance, and another one is another one', async () => {
    const store = memoryStore()
    const bench = await startOddBench({}, { bff: (base) => ({ ...base, store }) })
    const other = { bff: bench.another() }
    const { browser, idp } = bench
    const token = await idp.logoutToken({ sub: idp.traits.user.sub })
    expect((await tell(bench, token)).status).toBe(200)
    await browser.login()
    expect(await refused(await tell(other, token))).toMatch(/taken before/)
    expect((await browser.session()).authenticated).toBe(true)
    expect((await tell(other, await idp.logoutToken({ sub: idp.traits.user.sub }))).status).toBe(200)
    expect((await browser.session()).authenticated).toBe(false)
  })

  it('that is forged is refused, and ends nothing; a flood of them fetches the keys once', async () => {
    const bench = await startOddBench()
    const { browser, idp } = bench
    await browser.login()
    const sub = idp.traits.user.sub
    expect((await tell(bench, await idp.logoutToken({ sub: 'nobody' }))).status).toBe(200)
    const before = idp.count('jwks')
    for (let i = 0; i < 60; i++)
      await refused(await tell(bench, await idp.logoutToken({ sub }, { kid: `${i}` })))
    expect(idp.count('jwks') - before).toBe(1)
    await refused(await tell(bench, await idp.logoutToken({ sub, nonce: null })))
    await refused(await tell(bench, await idp.logoutToken({ sub }, { typ: 'JWT' })))
    expect((await browser.session()).authenticated).toBe(true)
    expect(JSON.stringify(bench.log)).not.toMatch(/eyJ[\w-]*\./)
  })

  it('must be one, in a form, of a bearable length', async () => {
    const bench = await startOddBench()
    const token = await bench.idp.logoutToken({ sub: 'alice' })
    await refused(await post(bench, JSON.stringify({ logout_token: token }), { type: 'application/json' }))
    await refused(await post(bench, '', {}))
    await refused(await post(bench, `logout_token=${token}&logout_token=${token}`))
    const long = await post(bench, `logout_token=${'x'.repeat(1_000_000)}`)
    expect([long.status, (await problemOf(long))['code']]).toEqual([413, 'payload_too_large'])
    const got = await bench.bff.fetch(new Request(`${ORIGIN}/bff/backchannel-logout?logout_token=${token}`))
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST'])
    expect((await tell(bench, token)).status).toBe(200)
  })
})

describe('a logout token that cannot be dealt with now', () => {
  it('may be sent again: the store is down', async () => {
    const real = memoryStore()
    let down = false
    const failing = async (): Promise<never> => {
      throw new Error('the store is down')
    }
    const bench = await startOddBench(
      {},
      {
        bff: (base) => ({
          ...base,
          store: { ...real, deleteWhere: (...args) => (down ? failing() : real.deleteWhere(...args)) },
        }),
      },
    )
    await bench.browser.login()
    const token = await bench.idp.logoutToken({ sub: bench.idp.traits.user.sub })
    down = true
    const answer = await tell(bench, token)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.any(String)])
    down = false
    expect((await tell(bench, token)).status).toBe(200)
    expect((await bench.browser.session()).authenticated).toBe(false)
  })

  it('may be sent again: the keys of the IDP cannot be had', async () => {
    const bench = await startOddBench({ answers: { jwks: { status: 500, body: '' } } })
    const token = await bench.idp.logoutToken({ sub: 'alice' })
    const answer = await tell(bench, token)
    expect([answer.status, (await problemOf(answer))['code']]).toEqual([503, 'idp_unavailable'])
    bench.idp.traits.answers = {}
    expect((await tell(bench, token)).status).toBe(200)
  })
})

describe('where the app relies on what it has', () => {
  it('the session goes on until its access expires, extends nothing, and says that the IDP session is over', async () => {
    const bench = await startOddBench(
      {},
      { bff: (base) => ({ ...base, session: { whenIdpSessionEnds: { logout: 'rely' } } }) },
    )
    const { browser, idp, clock } = bench
    await browser.login()
    const before = await browser.signedIn()
    expect((await tell(bench, await idp.logoutToken({ sub: before.user.sub }))).status).toBe(200)
    const after = await browser.signedIn()
    expect(after.idp).toMatchObject({ status: 'ended', ended_by: 'logout' })
    expect(after.access).toMatchObject({ extendable: false, expires_at: before.access.expires_at })
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    expect(
      ((await (await browser.post('/bff/refresh')).json()) as { session: unknown }).session,
    ).toMatchObject({
      access: { expires_at: before.access.expires_at },
    })
    expect(idp.tokenCalls).toHaveLength(1)
    clock.advance(301)
    expect(await problemOf(await browser.fetch('/bff/api/echo/x'))).toMatchObject({ ended_by: 'logout' })
    expect(idp.tokenCalls).toHaveLength(1)
  })
})
