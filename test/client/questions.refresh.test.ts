import { describe, expect, it } from 'vitest'
import { SessionEndedError, bffClient, createSessionClient } from '../../src/index.js'
import type { SessionState } from '../../src/index.js'
import { setUp, held, sessionAnswer, renewalOf } from './started-client.js'
import { MINUTE, createWireBff, offline, problem, silence } from './wire-bff.js'

describe('refresh()', () => {
  it('renews access now, although nothing is due', async () => {
    const { bff, client } = await setUp()
    const before = bff.session?.access.expires_at ?? 0
    const session = await client.refresh()
    expect(session.access.expiresAt).toBeGreaterThan(before)
    expect(bff.page.requests.at(-1)?.body).toBe('{}')
  })

  it('is one request, however many ask', async () => {
    const { bff, client } = await setUp()
    await Promise.all([client.refresh(), client.refresh(), client.refresh()])
    expect(bff.log().filter((line) => line === 'POST /bff/refresh')).toHaveLength(1)
  })

  it('that fails is a NetworkError, told with when it is tried again, and tried again', async () => {
    const { bff, client } = await setUp()
    const told: number[] = []
    client.on('refresh-failed', ({ retryAt }) => told.push(retryAt))
    bff.once('POST /bff/refresh', () => problem('idp_unavailable', 503, {}, { 'Retry-After': '5' }))
    await expect(client.refresh()).rejects.toMatchObject({ code: 'idp_unavailable', retryAfter: 5_000 })
    expect(renewalOf(client)).toMatchObject({ status: 'waiting', error: { code: 'idp_unavailable' } })
    const [retryAt = 0] = told
    expect(retryAt - bff.page.clock.now()).toBeGreaterThan(4_000)
    // One more: the clock may tick between two looks at it.
    bff.page.advance(retryAt - bff.page.clock.now() + 1)
    await expect.poll(() => renewalOf(client)).toMatchObject({ status: 'idle' })
  })

  it('does not wait for the next try', async () => {
    const { bff, client } = await setUp()
    bff.once('POST /bff/refresh', offline)
    await client.refresh().catch(() => {})
    await client.refresh()
    expect(renewalOf(client)).toMatchObject({ status: 'idle' })
  })

  it('waits 30 s: the answer may hold the only token that is still good', async () => {
    const { bff, client } = await setUp()
    bff.once('POST /bff/refresh', silence)
    const waiting = client.refresh()
    await expect.poll(() => bff.log()).toHaveLength(2)
    bff.page.advance(29_000)
    expect(renewalOf(client)).toMatchObject({ status: 'renewing' })
    bff.page.advance(1_001)
    await expect(waiting).rejects.toMatchObject({ code: 'timeout' })
  })

  it.each(['logout', 'idp_session_over', 'app_session_over', 'revoked', 'binding', 'refresh_lost'] as const)(
    'rejects with the reason of a 401: %s',
    async (reason) => {
      const { bff, client } = await setUp()
      bff.session = null
      bff.last = { ended_by: reason, at: 1 }
      await expect(client.refresh()).rejects.toMatchObject({ code: 'session_ended', reason })
      expect(client.getState()).toEqual({ status: 'unauthenticated', reason, endedAt: 1 })
    },
  )

  it('in conflict with another user’s session adopts that one', async () => {
    const { bff, client } = await setUp()
    const reasons: string[] = []
    client.on('ended', ({ reason }) => reasons.push(reason))
    bff.signIn('bob')
    expect(await client.refresh()).toMatchObject({ user: { sub: 'bob' } })
    expect(reasons).toEqual(['user_changed'])
  })

  it('in conflict with the same user’s new session adopts that one', async () => {
    const { bff, client } = await setUp()
    const reasons: string[] = []
    client.on('ended', ({ reason }) => reasons.push(reason))
    const { ref } = bff.signIn('alice')
    expect(await client.refresh()).toMatchObject({ ref })
    expect(reasons).toEqual(['replaced'])
  })

  it('resolves with what is there once the IDP session is over: nothing is extended', async () => {
    const { bff, client } = await setUp({ idp: { status: 'ended', ended_by: 'expired' } })
    expect(await client.refresh()).toMatchObject({ idp: { status: 'ended' } })
    expect(bff.log()).toHaveLength(1)
  })

  it('tells once that the IDP session is over, and until when the app may rely on what it has', async () => {
    const { bff, client } = await setUp()
    const told: unknown[] = []
    client.on('idp-session-ended', (detail) => told.push(detail))
    if (bff.session === null) return expect.unreachable()
    bff.session = {
      ...bff.session,
      idp: { status: 'ended', ended_by: 'expired' },
      access: { ...bff.session.access, extendable: false },
    }
    bff.once('POST /bff/refresh', () => sessionAnswer(bff))
    await client.refresh()
    await client.checkSession()
    expect(told).toEqual([{ endedBy: 'expired', until: bff.session.access.expires_at }])
    expect(client.getState()).toMatchObject({
      status: 'authenticated',
      session: { access: { extendable: false } },
    })
  })

  it('rejects where there is no session', async () => {
    const bff = createWireBff()
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page)
    await expect(client.refresh()).rejects.toBeInstanceOf(SessionEndedError)
  })
})

describe('access is renewed by itself', () => {
  it('three times over, once per expiry, and nobody sees it flicker', async () => {
    const { bff, client } = await setUp()
    const seen = new Set<SessionState['status']>()
    client.subscribe(({ status }) => seen.add(status))
    for (const times of [1, 2, 3]) {
      bff.page.advance(4.1 * MINUTE)
      await expect.poll(() => renewalOf(client)).toMatchObject({ status: 'idle' })
      expect(bff.log()).toHaveLength(1 + times)
    }
    expect(seen).toEqual(new Set(['authenticated']))
  })

  it('with the word that another tab may have done it', async () => {
    const { bff, client } = await setUp()
    const before = bff.session?.access.expires_at ?? 0
    bff.page.advance(4 * MINUTE)
    await expect.poll(() => renewalOf(client)).toMatchObject({ status: 'idle' })
    expect(JSON.parse(bff.page.requests.at(-1)?.body ?? '')).toEqual({ if_expires_at: before })
  })
})

describe('late answers', () => {
  it('about the session are asked for again where a renewal came in between', async () => {
    const { bff, client } = await setUp()
    const release = held(bff, 'GET /bff/session', () => sessionAnswer(bff))
    const checking = client.checkSession()
    await expect.poll(() => bff.log()).toHaveLength(2)
    const renewed = await client.refresh()
    release()
    expect((await checking)?.access.expiresAt).toBe(renewed.access.expiresAt)
    expect(bff.log().at(-1)).toBe('GET /bff/session')
    expect(bff.log()).toHaveLength(4)
  })

  it('about the session do not bring back one that has ended meanwhile', async () => {
    const { bff, client } = await setUp()
    const release = held(bff, 'GET /bff/session', () => sessionAnswer(bff))
    const checking = client.checkSession()
    await expect.poll(() => bff.log()).toHaveLength(2)
    bff.session = null
    bff.last = { ended_by: 'revoked', at: 1 }
    await client.refresh().catch(() => {})
    release()
    expect(await checking).toBeNull()
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'revoked' })
  })

  it('of a renewal do not bring back a session that was logged out meanwhile', async () => {
    const { bff, client } = await setUp()
    const release = held(bff, 'POST /bff/refresh', () => sessionAnswer(bff))
    const renewing = client.refresh()
    await expect.poll(() => bff.log()).toHaveLength(2)
    await client.logout({ scope: 'app' })
    release()
    await expect(renewing).rejects.toMatchObject({ reason: 'logout' })
    await client.checkSession()
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
  })

  it('of alice’s renewal end nothing of bob’s', async () => {
    const { bff, client } = await setUp()
    const release = held(bff, 'POST /bff/refresh', () => problem('login_required', 401))
    const renewing = client.refresh().catch(() => {})
    await expect.poll(() => bff.log()).toHaveLength(2)
    bff.signIn('bob')
    await client.checkSession()
    release()
    await renewing
    expect(client.getState()).toMatchObject({ status: 'authenticated', session: { user: { sub: 'bob' } } })
  })
})
