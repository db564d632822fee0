import { describe, expect, it } from 'vitest'
import { DIRECT, setUp, directApi, tokenRequests } from './api-calls.js'
import type { SetUp } from './api-calls.js'
import { foreign, offline, own, problem } from './wire-bff.js'

describe('an API’s 401', () => {
  /** The API refuses every token but the one after the next renewal. */
  const refusing = async (): Promise<SetUp> => {
    const all = setUp([DIRECT], true)
    await all.client.fetch('https://direct.test/x')
    if (all.bff.session === null) throw new Error('not signed in')
    const { session } = all.bff
    all.bff.always('GET https://direct.test/x', (call) =>
      all.bff.session?.access.expires_at === session.access.expires_at
        ? foreign('{}', 401)
        : directApi(all.bff)(call),
    )
    all.bff.page.advance(1_000)
    return all
  }

  it('costs one renewal, and the call is sent once more', async () => {
    const { bff, client } = await refusing()
    expect((await client.fetch('https://direct.test/x')).status).toBe(200)
    expect(tokenRequests(bff)).toBe(1)
  })

  it('to 50 calls at a time costs one renewal, and none of them fails', async () => {
    const { bff, client } = await refusing()
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.fetch('https://direct.test/x')))
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(tokenRequests(bff)).toBe(1)
  })

  it('to a call whose body flows by is the answer', async () => {
    const { bff, client } = await refusing()
    bff.always('POST https://direct.test/x', () => foreign('{"no":1}', 401))
    const stream = { method: 'POST', body: new ReadableStream(), duplex: 'half' } as RequestInit
    const response = await client.fetch('https://direct.test/x', stream)
    expect(response.status).toBe(401)
    expect(bff.log().filter((line) => line === 'POST https://direct.test/x')).toHaveLength(1)
  })

  it('that stays is the answer, and costs no further renewal', async () => {
    const { bff, client } = setUp([DIRECT], true)
    bff.always('GET https://direct.test/x', () => foreign('{"no":1}', 401))
    await client.start()
    bff.page.advance(1_000)
    for (const _ of [1, 2, 3]) {
      const response = await client.fetch('https://direct.test/x')
      expect(response.status).toBe(401)
      expect(await response.json()).toEqual({ no: 1 })
    }
    expect(tokenRequests(bff)).toBe(1)
  })

  it('costs a renewal again where the token that was accepted is refused later', async () => {
    const { bff, client } = await refusing()
    await client.fetch('https://direct.test/x')
    bff.page.advance(1_000)
    const revoked = bff.session?.access.expires_at
    bff.always('GET https://direct.test/x', (call) =>
      bff.session?.access.expires_at === revoked ? foreign('{}', 401) : directApi(bff)(call),
    )
    expect((await client.fetch('https://direct.test/x')).status).toBe(200)
    expect(tokenRequests(bff)).toBe(2)
  })

  it('is answered with a renewal though the new token expires no later', async () => {
    const { bff, client } = setUp([DIRECT], true)
    await client.start()
    const { session } = bff
    let refusals = 1
    bff.always('GET https://direct.test/x', () => foreign('{}', refusals-- > 0 ? 401 : 200))
    bff.always('POST /bff/refresh', () => own({ authenticated: true, session, now: bff.page.clock.now() }))
    expect((await client.fetch('https://direct.test/x')).status).toBe(200)
  })

  it('is the answer where the IDP session is over by then: nothing was renewed, and nothing is sent again', async () => {
    const { bff, client } = await refusing()
    bff.once('POST /bff/refresh', () => {
      const session = bff.session && {
        ...bff.session,
        idp: { status: 'ended' as const, ended_by: 'expired' as const },
      }
      bff.session = session
      return own({ authenticated: true, session, now: bff.page.clock.now() })
    })
    const sent = (): number => bff.log().filter((line) => line === 'GET https://direct.test/x').length
    const before = sent()
    expect((await client.fetch('https://direct.test/x')).status).toBe(401)
    expect(sent() - before).toBe(1)
  })

  it('is the answer where access could not be renewed', async () => {
    const { bff, client } = await refusing()
    bff.always('POST /bff/refresh', offline)
    expect((await client.fetch('https://direct.test/x')).status).toBe(401)
    expect(client.getState().status).toBe('authenticated')
  })

  it.each([
    ['says nothing of a token', {}],
    ['refuses the token', { 'WWW-Authenticate': 'Bearer error="invalid_token"' }],
  ])('behind the BFF that %s is answered with a renewal', async (_, challenge) => {
    const { bff, client, calls } = setUp()
    await client.start()
    bff.page.advance(1_000)
    bff.once('GET /bff/api/orders/1', () => foreign('{}', 401, challenge))
    expect((await client.fetch('https://api.test/orders/1')).status).toBe(200)
    expect(calls()).toHaveLength(2)
    expect(tokenRequests(bff)).toBe(1)
  })

  it('behind the BFF that stays is the answer, costs one renewal for good, and ends no session', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    bff.page.advance(1_000)
    bff.always('GET /bff/api/orders/1', () => foreign('{"code":"login_required","status":401}', 401))
    for (const _ of [1, 2, 3]) {
      const response = await client.fetch('https://api.test/orders/1')
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ code: 'login_required' })
    }
    expect(client.getState().status).toBe('authenticated')
    expect(calls()).toHaveLength(4)
    expect(tokenRequests(bff)).toBe(1)
  })
})

describe('what an upstream answers is never taken for the BFF’s word', () => {
  it.each([
    [401, 'login_required'],
    [401, 'session_unknown'],
    [401, 'criteria_unmet'],
    [403, 'csrf_failed'],
    [409, 'session_conflict'],
    [400, 'cookie_conflict'],
  ])('%i %s', async (status, code) => {
    const { bff, client, calls } = setUp()
    bff.always('POST /bff/api/orders/1', () =>
      foreign(JSON.stringify({ code, status, ended_by: 'revoked' }), status),
    )
    const response = await client.fetch('https://api.test/orders/1', { method: 'POST', body: 'b' })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code })
    // A 401 is taken for a token that is refused.
    expect(calls()).toHaveLength(status === 401 ? 2 : 1)
    expect(client.getState().status).toBe('authenticated')
  })

  it('even where it says that it is the BFF, on another origin', async () => {
    const { bff, client } = setUp([DIRECT], true)
    bff.always('GET https://direct.test/x', () => problem('login_required', 401, { ended_by: 'revoked' }))
    expect((await client.fetch('https://direct.test/x')).status).toBe(401)
    expect(client.getState().status).toBe('authenticated')
  })
})
