import { describe, expect, it, vi } from 'vitest'
import { bffClient, createSessionClient } from '../../src/index.js'
import { ORDERS, DIRECT, setUp } from './api-calls.js'
import { MINUTE, createWireBff, problem } from './wire-bff.js'

describe('a BFF beside tokens in the page', () => {
  /** A client that holds its session itself, with a session at the BFF that can be opened anew. */
  const beside = () => {
    const bff = createWireBff({ signedIn: 'alice' })
    const inner = bffClient({ basePath: '/bff' })
    const lostBff = vi.fn<(headers: Headers) => void>()
    const oauth = { ...inner, open: (page: typeof bff.page) => ({ ...inner.open(page), lostBff }) }
    return { bff, lostBff, client: createSessionClient({ oauth, resources: [ORDERS] }, bff.page) }
  }

  it('is given the token anew where its session timed out, and the call is sent once more', async () => {
    const { bff, client, lostBff } = beside()
    await client.start()
    bff.once('GET /bff/api/orders/1', () => problem('login_required', 401, { ended_by: 'app_session_over' }))
    expect((await client.fetch('https://api.test/orders/1')).status).toBe(200)
    expect(lostBff).toHaveBeenCalledTimes(1)
    expect(client.getState().status).toBe('authenticated')
  })

  it('is tried once, not again and again', async () => {
    const { bff, client, lostBff } = beside()
    bff.always('GET /bff/api/orders/1', () => problem('session_unknown', 401))
    expect((await client.fetch('https://api.test/orders/1')).status).toBe(401)
    expect(lostBff).toHaveBeenCalledTimes(1)
    expect(client.getState().status).toBe('authenticated')
  })

  it('ends the session here too where somebody ended it there', async () => {
    const { bff, client, lostBff } = beside()
    bff.always('GET /bff/api/orders/1', () => problem('login_required', 401, { ended_by: 'revoked' }))
    await client.fetch('https://api.test/orders/1')
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'revoked' })
    expect(lostBff).not.toHaveBeenCalled()
  })
})

describe('the BFF’s own refusal', () => {
  it('ends the session, with the reason, and is the answer', async () => {
    const { bff, client } = setUp()
    await client.start()
    const ended = vi.fn<(...heard: unknown[]) => void>()
    client.on('ended', ended)
    bff.session = null
    bff.last = { ended_by: 'idp_session_over', at: 1 }
    const [response] = await Promise.all([1, 2, 3].map((id) => client.fetch(`https://api.test/orders/${id}`)))
    expect(response?.status).toBe(401)
    expect(client.getState()).toEqual({ status: 'unauthenticated', reason: 'idp_session_over', endedAt: 1 })
    expect(ended).toHaveBeenCalledTimes(1)
    expect(ended.mock.calls[0]?.[0]).toMatchObject({ reason: 'idp_session_over', endedAt: 1 })
  })

  it('session_conflict by the same user’s new session: adopted, and the call sent once more', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    const next = bff.signIn('alice')
    const response = await client.fetch('https://api.test/orders/1', { method: 'POST', body: 'b' })
    expect(response.status).toBe(200)
    expect(client.getState()).toMatchObject({ session: { ref: next.ref } })
    expect(calls().map(({ headers, body }) => [headers.get('x-csrf-token'), body])).toEqual([
      [expect.not.stringContaining(next.ref), 'b'],
      [`${next.ref}.mac`, 'b'],
    ])
  })

  it('session_conflict by another user’s session: told as user_changed, and the 409 is the answer', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    const reasons: string[] = []
    client.on('ended', ({ reason }) => reasons.push(reason))
    bff.signIn('bob')
    const response = await client.fetch('https://api.test/orders/1', { method: 'POST', body: 'b' })
    expect(response.status).toBe(409)
    expect(reasons).toEqual(['user_changed'])
    expect(client.getState()).toMatchObject({ session: { user: { sub: 'bob' } } })
    expect(calls()).toHaveLength(1)
  })

  it.each([
    ['csrf_failed', 403],
    ['cookie_conflict', 400],
  ])('%s: the BFF sets its cookies anew, and the call is sent once more', async (code, status) => {
    const { bff, client, calls } = setUp()
    await client.start()
    bff.once('POST /bff/api/orders/1', () => problem(code, status))
    const response = await client.fetch('https://api.test/orders/1', { method: 'POST', body: 'b' })
    expect(response.status).toBe(200)
    expect(calls()).toHaveLength(2)
  })

  it('csrf_failed, and nobody is signed in any more: that is said, not what was missing', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    bff.session = null
    bff.last = { ended_by: 'app_session_over', at: 1 }
    bff.once('POST /bff/api/orders/1', () => problem('csrf_failed', 403))
    await expect(client.fetch('https://api.test/orders/1', { method: 'POST' })).rejects.toMatchObject({
      code: 'session_ended',
      reason: 'app_session_over',
    })
    expect(calls()).toHaveLength(1)
  })

  it('that stays is the answer', async () => {
    const { bff, client, calls } = setUp()
    bff.always('POST /bff/api/orders/1', () => problem('csrf_failed', 403))
    expect((await client.fetch('https://api.test/orders/1', { method: 'POST' })).status).toBe(403)
    expect(calls()).toHaveLength(2)
  })
})

describe('a call belongs to a session', () => {
  it('made as alice, it does not leave once bob is signed in', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    client.stop()
    bff.signIn('bob')
    // Starting again, the client learns of bob while the call waits.
    const call = client.fetch('https://api.test/orders/1', { method: 'POST', body: 'as alice' })
    await expect(call).rejects.toMatchObject({ code: 'session_ended', reason: 'user_changed' })
    expect(client.getState()).toMatchObject({ session: { user: { sub: 'bob' } } })
    expect(calls()).toHaveLength(0)
  })

  it('made as alice and waiting for her access, it does not leave with bob’s', async () => {
    const { bff, client, calls } = setUp([DIRECT], true)
    await client.start()
    bff.page.skewBy(10 * MINUTE)
    bff.signIn('bob')
    await expect(client.fetch('https://direct.test/x')).rejects.toMatchObject({ reason: 'user_changed' })
    expect(calls()).toHaveLength(0)
    expect((await client.fetch('https://direct.test/x')).status).toBe(200)
    expect(calls()[0]?.headers.get('authorization')).toMatch(/^Bearer token-of-bob-/)
  })

  it('is refused with the reason where there is none', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    await client.logout({ scope: 'app' })
    await expect(client.fetch('https://api.test/orders/1')).rejects.toMatchObject({
      code: 'session_ended',
      reason: 'logout',
    })
    expect(calls()).toHaveLength(0)
    expect(bff.page.left).toEqual([])
  })

  it('is not made once the session is over by its own times', async () => {
    const { bff, client, calls } = setUp()
    bff.signIn('alice', { app: { ends_at: bff.page.clock.now() + MINUTE } })
    await client.start()
    bff.page.skewBy(2 * MINUTE)
    await expect(client.fetch('https://api.test/orders/1')).rejects.toMatchObject({
      reason: 'app_session_over',
    })
    expect(calls()).toHaveLength(0)
  })
})
