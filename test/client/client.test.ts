import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { NetworkError, bffClient, createSessionClient } from '../../src/index.js'
import type { BffClient } from '../../src/index.js'
import { setUp, facts } from './open-client.js'
import { MINUTE, createWireBff, offline, own, silence } from './wire-bff.js'

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
