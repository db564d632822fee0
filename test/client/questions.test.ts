import { describe, expect, it } from 'vitest'
import { NetworkError, SessionEndedError, bffClient, createSessionClient } from '../../src/index.js'
import type { Criteria, SessionClient, SessionState } from '../../src/index.js'
import { missing } from '../../src/client/questions.js'
import { MINUTE, createWireBff, offline, own, problem, silence } from './wire-bff.js'
import type { Answer, Changes, WireBff } from './wire-bff.js'

const setUp = async (
  changes: Changes = {},
  sub = 'alice',
): Promise<{ bff: WireBff; client: SessionClient }> => {
  const bff = createWireBff()
  bff.signIn(sub, changes)
  const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page)
  await client.start()
  bff.page.advance(1_000)
  return { bff, client }
}
/** Scripts an answer that is given when the test says so. */
const held = (bff: WireBff, door: string, make: () => Response): (() => void) => {
  let release = (): void => {}
  const answer: Answer = () => {
    const response = make()
    return new Promise((resolve) => (release = () => resolve(response)))
  }
  bff.once(door, answer)
  return () => release()
}
const sessionAnswer = (bff: WireBff): Response =>
  own({ authenticated: true, session: bff.session, now: bff.page.clock.now() })
const renewalOf = (client: SessionClient): unknown => {
  const state = client.getState()
  return state.status === 'authenticated' ? state.renewal : state
}

describe('require()', () => {
  it('resolves with a session that meets the criteria, and asks nothing', async () => {
    const { bff, client } = await setUp({ authentication: { acr: 'mfa' } })
    expect(await client.require({ acr: 'mfa', maxAge: 60 })).toMatchObject({ user: { sub: 'alice' } })
    expect(bff.log()).toHaveLength(1)
  })

  it('starts the client where it was not', async () => {
    const bff = createWireBff({ signedIn: 'alice' })
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page)
    expect(await client.require({})).toMatchObject({ user: { sub: 'alice' } })
  })

  it('sends a stranger to log in, and back to the current address', async () => {
    const bff = createWireBff({ address: 'https://app.test/a?b=1#c' })
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page)
    void client.require({})
    await expect.poll(() => bff.page.left).toEqual(['https://app.test/bff/login?return_to=%2Fa%3Fb%3D1%23c'])
  })

  it('extends access that has expired, silently, once for all who wait', async () => {
    const { bff, client } = await setUp()
    bff.page.skewBy(10 * MINUTE)
    const sessions = await Promise.all(Array.from({ length: 50 }, () => client.require({})))
    expect(new Set(sessions).size).toBe(1)
    expect(bff.log()).toEqual(['GET /bff/session', 'POST /bff/refresh'])
    expect(bff.page.left).toEqual([])
  })

  it('steps up with what is asked for', async () => {
    const { bff, client } = await setUp()
    void client.require({ acr: ['mfa', 'hwk'], maxAge: 300 })
    await expect.poll(() => bff.page.left).toHaveLength(1)
    const { searchParams } = new URL(bff.page.left[0] ?? '')
    expect(searchParams.get('acr_values')).toBe('mfa hwk')
    expect(searchParams.get('max_age')).toBe('300')
  })

  it.each([
    [{ amr: 'otp' }, { max_age: '0' }],
    [{ amr: ['otp'], maxAge: 300 }, { max_age: '0' }],
    [
      { amr: 'otp', acr: 'mfa', maxAge: 300 },
      { max_age: '300', acr_values: 'mfa' },
    ],
  ])(
    'methods are asked for by authenticating anew, where nothing else asks for them: %o',
    async (criteria, asked) => {
      const { bff, client } = await setUp()
      void client.require(criteria)
      await expect.poll(() => bff.page.left).toHaveLength(1)
      const { searchParams } = new URL(bff.page.left[0] ?? '')
      searchParams.delete('return_to')
      expect(Object.fromEntries(searchParams)).toEqual(asked)
    },
  )

  it.each([{ roles: 'admin' }, { roles: ['admin'], acr: 'mfa' }, { user: 'bob' }])(
    'a role, or being somebody else, cannot be had by signing in: %o is criteria_unmet',
    async (criteria) => {
      const { bff, client } = await setUp()
      await expect(client.require(criteria)).rejects.toMatchObject({ code: 'criteria_unmet' })
      expect(bff.page.left).toEqual([])
    },
  )

  it.each([{ scope: 'orders:write' }, { scope: ['openid', 'orders:write'], acr: 'mfa' }])(
    'a scope that the BFF does not ask for cannot be had by signing in there: %o is criteria_unmet, with what to do',
    async (criteria) => {
      const { bff, client } = await setUp()
      const refused = client.require(criteria)
      await expect(refused).rejects.toMatchObject({ name: 'SessionError', code: 'criteria_unmet' })
      await expect(refused).rejects.toThrow('idp.scope')
      expect(bff.page.left).toEqual([])
    },
  )

  it('refuses criteria that are misspelt: they would let everybody in', async () => {
    const { bff, client } = await setUp()
    const criteria = { acrs: 'mfa' } as Criteria
    const refused = { name: 'ConfigurationError', option: 'criteria.acrs' }
    await expect(client.require(criteria)).rejects.toMatchObject(refused)
    await expect(client.login({ criteria })).rejects.toMatchObject(refused)
    expect(bff.page.left).toEqual([])
    expect(client.getState()).toMatchObject({ status: 'authenticated' })
  })

  it('a scope that is there does not keep a step-up from being asked for', async () => {
    const { bff, client } = await setUp()
    void client.require({ scope: 'openid', acr: 'mfa' })
    await expect.poll(() => bff.page.left).toHaveLength(1)
  })

  it('resolves where the page comes back from the back-forward cache signed in', async () => {
    const { bff, client } = await setUp()
    bff.session = null
    await client.checkSession()
    const waiting = client.require({})
    await expect.poll(() => bff.page.left).toHaveLength(1)
    bff.signIn('bob')
    bff.page.wake('restored')
    expect(await waiting).toMatchObject({ user: { sub: 'bob' } })
  })

  it('sends nobody away a second time who comes Back without having authenticated', async () => {
    const { bff, client } = await setUp()
    const waiting = client.require({ acr: 'mfa' })
    await expect.poll(() => bff.page.left).toHaveLength(1)
    bff.page.wake('restored')
    await expect(waiting).rejects.toMatchObject({ code: 'gesture_required' })
    expect(client.getState().status).toBe('authenticated')
    bff.page.gesture = false
    await expect(client.require({ acr: 'mfa' })).rejects.toMatchObject({ code: 'gesture_required' })
    expect(bff.page.left).toHaveLength(1)
    bff.page.gesture = true
    void client.require({ acr: 'mfa' })
    await expect.poll(() => bff.page.left).toHaveLength(2)
  })

  it('rejects with what login() throws', async () => {
    const bff = createWireBff({ address: 'https://app.test/?login_error=access_denied' })
    bff.page.gesture = false
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, bff.page)
    await expect(client.require({})).rejects.toMatchObject({ code: 'gesture_required' })
  })

  it('rejects with a NetworkError where access could not be extended: the user stays signed in', async () => {
    const { bff, client } = await setUp()
    bff.page.skewBy(10 * MINUTE)
    bff.always('POST /bff/refresh', offline)
    await expect(client.require({})).rejects.toBeInstanceOf(NetworkError)
    expect(client.getState().status).toBe('authenticated')
    expect(bff.page.left).toEqual([])
  })

  it('does not extend for ever where what is extended has expired already', async () => {
    const { bff, client } = await setUp()
    bff.page.skewBy(10 * MINUTE)
    bff.always('POST /bff/refresh', () => sessionAnswer(bff))
    await expect(client.require({})).rejects.toMatchObject({ code: 'timeout' })
    expect(bff.log().filter((line) => line === 'POST /bff/refresh')).toHaveLength(1)
  })

  it('sends the user to log in once the IDP session is over and access has expired', async () => {
    const { bff, client } = await setUp({ idp: { status: 'ended', ended_by: 'expired' } })
    expect(await client.require({})).toMatchObject({ idp: { status: 'ended' } })
    bff.page.skewBy(10 * MINUTE)
    void client.require({})
    await expect.poll(() => bff.page.left).toHaveLength(1)
    expect(bff.log()).not.toContain('POST /bff/refresh')
  })
})

describe('an idle end that the BFF keeps', () => {
  const idle = async () => {
    const all = await setUp({ app: { idle_ends_at: Date.now() + 2 * MINUTE } })
    all.bff.page.skewBy(3 * MINUTE)
    return all
  }

  it('is asked for, not assumed: another tab may have moved it', async () => {
    const { bff, client } = await idle()
    if (bff.session === null) return expect.unreachable()
    bff.session = { ...bff.session, app: { ...bff.session.app, idle_ends_at: bff.page.clock.now() + MINUTE } }
    expect(await client.require({})).toMatchObject({ user: { sub: 'alice' } })
    expect(bff.log()).toHaveLength(2)
  })

  it('leads to a login where the BFF says that it has come', async () => {
    const { bff, client } = await idle()
    bff.session = null
    bff.last = { ended_by: 'app_session_over', at: 1 }
    void client.require({})
    await expect.poll(() => bff.page.left).toHaveLength(1)
  })

  it('is a NetworkError where the BFF says nothing, once per call', async () => {
    const { bff, client } = await idle()
    bff.always('GET /bff/session', offline)
    await expect(client.require({})).rejects.toBeInstanceOf(NetworkError)
    expect(bff.log()).toHaveLength(2)
    expect(client.getState().status).toBe('authenticated')
    expect(bff.page.left).toEqual([])
  })
})

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

describe('the error for a call without a session', () => {
  const error = new NetworkError('timeout', 'x')
  it.each<[SessionState, object]>([
    [
      { status: 'unauthenticated', reason: 'revoked' },
      { code: 'session_ended', reason: 'revoked' },
    ],
    [{ status: 'unauthenticated' }, { code: 'session_ended', reason: 'unknown' }],
    [
      { status: 'redirecting', to: 'login' },
      { code: 'session_ended', reason: 'unknown' },
    ],
    [{ status: 'loading', error }, error],
    [{ status: 'loading' }, { name: 'NetworkError', code: 'timeout' }],
  ])('%o', (state, expected) => expect(missing(state)).toMatchObject(expected))
})
