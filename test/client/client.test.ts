import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { NetworkError, bffClient, createSessionClient } from '../../src/index.js'
import type { BffClient, SessionClient, SessionEvents, SessionState } from '../../src/index.js'
import { MINUTE, createWireBff, offline, own, problem, silence } from './wire-bff.js'
import type { WireBff } from './wire-bff.js'

const open = (bff: WireBff, options: { navigate?: (url: string) => void } = {}): SessionClient<BffClient> =>
  createSessionClient({ oauth: bffClient({ basePath: '/bff' }), ...options }, bff.page)

const setUp = (options: Parameters<typeof createWireBff>[0] = {}) => {
  const bff = createWireBff(options)
  return { bff, client: open(bff) }
}
const facts = (client: SessionClient): string[] => {
  const heard: string[] = []
  const types: (keyof SessionEvents)[] = [
    'authenticated',
    'refreshed',
    'refresh-failed',
    'idp-session-ended',
    'expiring',
    'ended',
    'error',
  ]
  for (const type of types) client.on(type, () => void heard.push(type))
  return heard
}
const statusOf = async (client: SessionClient, status: SessionState['status']): Promise<void> =>
  expect.poll(() => client.getState().status).toBe(status)

describe('before start()', () => {
  it('nothing is touched', () => {
    const { bff, client } = setUp({
      signedIn: 'alice',
      address: 'https://app.test/?login_error=access_denied',
    })
    expect(client.getState()).toEqual({ status: 'loading' })
    expect(bff.log()).toEqual([])
    expect(bff.page.listening + bff.page.timers).toBe(0)
    expect(bff.page.address().search).toBe('?login_error=access_denied')
  })

  it('what was given as oauth is at hand', () => {
    const oauth = bffClient({ basePath: '/bff' })
    const client = createSessionClient({ oauth }, createWireBff().page)
    expect(client.oauth).toBe(oauth)
    expectTypeOf(client.oauth).toEqualTypeOf<BffClient>()
  })
})

describe('start()', () => {
  it('asks nothing where the hint cookie is absent', async () => {
    const { bff, client } = setUp()
    expect(await client.start()).toEqual({ status: 'unauthenticated' })
    expect(bff.log()).toEqual([])
    expect(bff.page.timers).toBe(0)
  })

  it('asks once where somebody is signed in', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    expect(await client.start()).toMatchObject({
      status: 'authenticated',
      session: { user: { sub: 'alice' }, idp: { status: 'active' } },
    })
    expect(bff.log()).toEqual(['GET /bff/session'])
  })

  it('is one, however often it is called: mounted twice', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const states = await Promise.all([client.start(), client.start(), client.start()])
    expect(new Set(states).size).toBe(1)
    await client.start()
    expect(bff.log()).toHaveLength(1)
    expect(bff.page.listening).toBe(1)
  })

  it('resolves with the state of now when it is called later', async () => {
    const { client } = setUp({ signedIn: 'alice' })
    await client.start()
    await client.logout({ scope: 'app' })
    expect(await client.start()).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
  })

  it('says why, and when, the session ended that was there before', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.session = null
    bff.last = { ended_by: 'idp_session_over', at: 1 }
    expect(await client.start()).toEqual({
      status: 'unauthenticated',
      reason: 'idp_session_over',
      endedAt: 1,
    })
  })

  it('measures times by the server’s clock, not the device’s', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const now = bff.page.clock.device()
    bff.page.skewBy(-3 * 60 * MINUTE)
    bff.once('GET /bff/session', () => own({ authenticated: true, session: bff.session, now }))
    await client.start()
    // Renewed a minute before the server's five are over, three hours later than this device thinks.
    bff.page.advance(3.8 * MINUTE)
    expect(bff.log()).toHaveLength(1)
    bff.page.advance(0.2 * MINUTE)
    expect(bff.log().at(-1)).toBe('POST /bff/refresh')
  })
})

describe('a BFF that does not answer', () => {
  it('is waited for less than 10 s: start() settles, and does not say signed out', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.always('GET /bff/session', silence)
    const starting = client.start()
    await vi.waitFor(() => expect(bff.log()).toHaveLength(1))
    bff.page.advance(9_999)
    const state = await starting
    expect(state).toMatchObject({ status: 'loading', error: { code: 'timeout' } })
    expect(state.status === 'loading' && state.retryAt).toBeGreaterThan(bff.page.clock.now() - 2_000)
  })

  it('is asked again by itself, ever more seldom, until it answers', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.always('GET /bff/session', offline)
    const heard = facts(client)
    const seen: string[] = []
    client.subscribe(({ status }) => seen.push(status))
    const retryAt = (): number => {
      const state = client.getState()
      return (state.status === 'loading' ? state.retryAt : undefined) ?? Number.NaN
    }
    await client.start()
    const waits: number[] = []
    for (const tries of [2, 3, 4]) {
      waits.push(Math.round((retryAt() - bff.page.clock.now()) / 100))
      bff.page.advance(retryAt() - bff.page.clock.now())
      await expect.poll(() => bff.log().length === tries && retryAt()).toBeGreaterThan(0)
    }
    expect(waits.toSorted((a, b) => a - b)).toEqual(waits)
    expect(new Set(waits).size).toBe(3)
    bff.always('GET /bff/session', () =>
      own({ authenticated: true, session: bff.session, now: bff.page.clock.now() }),
    )
    bff.page.advance(retryAt() - bff.page.clock.now())
    await statusOf(client, 'authenticated')
    expect(new Set(seen)).toEqual(new Set(['loading', 'authenticated']))
    expect(heard).toEqual(['error', 'authenticated'])
  })

  it('is asked at once when the device is online again', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', offline)
    expect(await client.start()).toMatchObject({ status: 'loading', error: { code: 'network_failed' } })
    bff.page.wake('online')
    await statusOf(client, 'authenticated')
    expect(bff.log()).toHaveLength(2)
  })

  it('is not asked twice at a time when the device wakes while it is being asked', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.always('GET /bff/session', silence)
    void client.start()
    for (const sign of ['online', 'visible', 'restored'] as const) bff.page.wake(sign)
    await vi.waitFor(() => expect(bff.log()).toHaveLength(1))
    client.stop()
  })

  it('is not asked before it wants to be', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', () => problem('idp_unavailable', 503, {}, { 'Retry-After': '30' }))
    await client.start()
    bff.page.advance(29_000)
    expect(bff.log()).toHaveLength(1)
    bff.page.advance(2_000)
    await statusOf(client, 'authenticated')
  })

  it('leaves a call that needs a session with a NetworkError, not with a login', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.always('GET /bff/session', offline)
    await expect(client.require({})).rejects.toBeInstanceOf(NetworkError)
    await expect(client.refresh()).rejects.toBeInstanceOf(NetworkError)
    expect(bff.page.left).toEqual([])
  })
})

describe('a login that failed', () => {
  const address = 'https://app.test/deep?x=1&login_error=access_denied#part'

  it('is typed, and cleaned from the address', async () => {
    const { bff, client } = setUp({ address })
    const heard = facts(client)
    expect(await client.start()).toMatchObject({
      status: 'unauthenticated',
      error: { name: 'OAuthError', code: 'access_denied' },
    })
    expect(bff.page.address().href).toBe('https://app.test/deep?x=1#part')
    expect(bff.page.history).toHaveLength(1)
    expect(heard).toEqual(['error'])
    expect(bff.log()).toEqual([])
  })

  it('is shown to the app’s router instead, where that navigates', async () => {
    const bff = createWireBff({ address })
    const navigate = vi.fn<(...heard: unknown[]) => void>()
    await open(bff, { navigate }).start()
    expect(navigate).toHaveBeenCalledExactlyOnceWith('/deep?x=1#part')
    expect(bff.page.address().search).toContain('login_error')
  })

  it('is told although the router throws', async () => {
    const client = open(createWireBff({ address }), {
      navigate: () => {
        throw new Error('not ready')
      },
    })
    expect(await client.start()).toMatchObject({
      status: 'unauthenticated',
      error: { code: 'access_denied' },
    })
  })

  it('of a step-up leaves the session as it is, and is told', async () => {
    const { bff, client } = setUp({ address, signedIn: 'alice' })
    const errors: string[] = []
    client.on('error', ({ error }) => errors.push(error.code))
    expect(await client.start()).toMatchObject({ status: 'authenticated' })
    expect(errors).toEqual(['access_denied'])
    expect(bff.page.address().search).toBe('?x=1')
  })
})

describe('a page that wakes', () => {
  it('learns that its session was ended while it slept, by whom and when', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    const heard = facts(client)
    bff.session = null
    bff.last = { ended_by: 'revoked', at: 1 }
    bff.page.skewBy(MINUTE)
    bff.page.wake('visible')
    await statusOf(client, 'unauthenticated')
    expect(client.getState()).toEqual({ status: 'unauthenticated', reason: 'revoked', endedAt: 1 })
    expect(heard).toEqual(['ended'])
  })

  it('asks no more than once in 10 s', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.page.wake('visible')
    bff.page.advance(10_001)
    bff.page.wake('visible')
    // Joins the question that the wake has asked.
    await client.checkSession()
    bff.page.wake('visible')
    bff.page.wake('online')
    expect(bff.log()).toHaveLength(2)
  })

  it('learns that the user signed in in another tab', async () => {
    const { bff, client } = setUp()
    await client.start()
    bff.page.advance(10_001)
    bff.page.wake('visible')
    expect(await client.checkSession()).toBeNull()
    expect(bff.log()).toEqual([])
    bff.signIn('alice')
    bff.page.advance(10_001)
    bff.page.wake('visible')
    await statusOf(client, 'authenticated')
    expect(bff.log()).toHaveLength(1)
  })

  it('keeps the error it shows', async () => {
    const { bff, client } = setUp({ address: 'https://app.test/?login_error=access_denied' })
    const state = await client.start()
    bff.signIn('alice')
    bff.page.advance(10_001)
    bff.page.wake('visible')
    expect(client.getState()).toBe(state)
    expect(bff.log()).toEqual([])
  })

  it('renews what fell due while it slept, with one request', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    const heard = facts(client)
    bff.page.skewBy(4.5 * MINUTE)
    bff.page.wake('visible')
    await expect.poll(() => heard).toEqual(['refreshed'])
    expect(bff.log()).toEqual(['GET /bff/session', 'POST /bff/refresh'])
  })

  it('keeps its session where the BFF cannot be asked', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.page.advance(11_000)
    bff.once('GET /bff/session', offline)
    bff.page.wake('visible')
    await expect(client.checkSession()).rejects.toMatchObject({ code: 'network_failed' })
    expect(client.getState()).toMatchObject({ session: { user: { sub: 'alice' } } })
  })

  it('out of the back-forward cache while redirecting asks again', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    await client.login()
    expect(client.getState()).toEqual({ status: 'redirecting', to: 'login' })
    bff.page.wake('restored')
    await statusOf(client, 'authenticated')
    expect(bff.log()).toHaveLength(2)
  })

  it('out of the back-forward cache while logging out says signed out, and login works again', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    await client.logout()
    expect(client.getState()).toEqual({ status: 'redirecting', to: 'logout' })
    bff.page.wake('restored')
    await statusOf(client, 'unauthenticated')
    await client.login()
    expect(bff.page.left.at(-1)).toContain('/bff/login')
  })
})

describe('stop()', () => {
  it('leaves no timer and no listener', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    expect(bff.page.timers).toBe(1)
    client.stop()
    expect(bff.page.timers + bff.page.listening).toBe(0)
    bff.page.advance(60 * MINUTE)
    expect(bff.log()).toHaveLength(1)
  })

  it('ends a question that is on the wire, and tells nothing', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', silence)
    const heard = facts(client)
    const starting = client.start()
    await vi.waitFor(() => expect(bff.log()).toHaveLength(1))
    client.stop()
    expect(bff.page.timers + bff.page.listening).toBe(0)
    expect(await starting).toEqual({ status: 'loading' })
    expect(bff.page.timers).toBe(0)
    expect(heard).toEqual([])
  })

  it('lets a renewal on the wire land, and goes on from there', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    let land = (): void => {}
    bff.once('POST /bff/refresh', () => {
      const session = bff.session && {
        ...bff.session,
        access: { ...bff.session.access, expires_at: bff.page.clock.now() + 5 * MINUTE },
      }
      bff.session = session
      const answer = own({ authenticated: true, session, now: bff.page.clock.now() })
      return new Promise((resolve) => (land = () => resolve(answer)))
    })
    const renewing = client.refresh()
    await vi.waitFor(() => expect(bff.log()).toHaveLength(2))
    client.stop()
    land()
    await renewing
    expect(bff.page.timers).toBe(0)
    await client.start()
    await client.refresh()
    expect(client.getState()).toMatchObject({ status: 'authenticated', renewal: { status: 'idle' } })
  })

  it('can be followed by start()', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    client.stop()
    bff.session = null
    expect(await client.start()).toMatchObject({ status: 'unauthenticated' })
    expect(bff.page.listening).toBe(1)
  })
})

describe('checkSession()', () => {
  it('asks once more', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    expect(await client.checkSession()).toMatchObject({ user: { sub: 'alice' } })
    bff.session = null
    expect(await client.checkSession()).toBeNull()
    expect(bff.log()).toHaveLength(3)
  })

  it('finds a session that another tab began', async () => {
    const { bff, client } = setUp()
    await client.start()
    expect(await client.checkSession()).toBeNull()
    bff.signIn('alice')
    expect(await client.checkSession()).toMatchObject({ user: { sub: 'alice' } })
    expect(client.getState().status).toBe('authenticated')
  })

  it('rejects where no answer came, and the session stays', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.once('GET /bff/session', offline)
    await expect(client.checkSession()).rejects.toBeInstanceOf(NetworkError)
    expect(client.getState().status).toBe('authenticated')
  })

  it('ends one user’s session before it begins another’s', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    const heard: unknown[] = []
    client.on('ended', ({ reason, session }) => heard.push(reason, session.user.sub))
    client.on('authenticated', ({ session }) => heard.push('authenticated', session.user.sub))
    bff.signIn('bob')
    await client.checkSession()
    expect(heard).toEqual(['user_changed', 'alice', 'authenticated', 'bob'])
  })
})

describe('each fact', () => {
  it('is told once', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const heard = facts(client)
    await Promise.all([client.start(), client.checkSession(), client.start()])
    bff.page.advance(1_000)
    await Promise.all([client.refresh(), client.refresh()])
    await Promise.all([client.checkSession(), client.checkSession()])
    expect(heard).toEqual(['authenticated', 'refreshed'])
    bff.session = null
    await Promise.all([client.checkSession(), client.refresh().catch(() => {}), client.checkSession()])
    expect(heard).toEqual(['authenticated', 'refreshed', 'ended'])
  })
})
