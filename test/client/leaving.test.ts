import { describe, expect, it, vi } from 'vitest'
import { CallbackError, NetworkError, bffClient, createSessionClient } from '../../src/index.js'
import type { SessionClient, SessionClientOptions } from '../../src/index.js'
import { createWireBff, offline, own, problem, silence } from './wire-bff.js'
import type { WireBff } from './wire-bff.js'

const open = (bff: WireBff, options: Partial<SessionClientOptions> = {}): SessionClient =>
  createSessionClient({ ...options, oauth: bffClient({ basePath: '/bff' }) }, bff.page)

const setUp = (
  options: Parameters<typeof createWireBff>[0] = {},
  more: Partial<SessionClientOptions> = {},
) => {
  const bff = createWireBff(options)
  return { bff, client: open(bff, more) }
}
const ON_ITS_WAY = 'https://app.test/bff/login?return_to='

describe('login()', () => {
  it('leads through the BFF and back to the current address', async () => {
    const { bff, client } = setUp({ address: 'https://app.test/a?b=1#c' })
    await client.start()
    await client.login()
    expect(client.getState()).toEqual({ status: 'redirecting', to: 'login' })
    expect(bff.page.left).toEqual([`${ON_ITS_WAY}%2Fa%3Fb%3D1%23c`])
  })

  it('leads back to where it is told, with query and fragment', async () => {
    const { bff, client } = setUp()
    await client.start()
    await client.login({ returnTo: 'https://app.test/deep?x=1#y', prompt: 'create', uiLocales: ['de'] })
    const url = new URL(bff.page.left[0] ?? '')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      return_to: '/deep?x=1#y',
      prompt: 'create',
      ui_locales: 'de',
    })
  })

  it('that failed is for the same session when it is tried again, though somebody else signed in meanwhile', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.once('POST /bff/logout', offline)
    await expect(client.logout({ scope: 'app' })).rejects.toMatchObject({ code: 'network_failed' })
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
    bff.signIn('bob')
    await client.logout({ scope: 'app' })
    expect(bff.session?.user.sub).toBe('bob')
  })

  it('to another origin is a TypeError, and nothing happens', async () => {
    const { bff, client } = setUp()
    await client.start()
    await expect(client.login({ returnTo: 'https://evil.example/' })).rejects.toBeInstanceOf(TypeError)
    expect(client.getState()).toEqual({ status: 'unauthenticated' })
    expect(bff.page.left).toEqual([])
  })

  it('twice at a time leaves once', async () => {
    const { bff, client } = setUp()
    await client.start()
    await Promise.all([client.login(), client.login()])
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })

  it('keeps the session that is there for as long as the page is', async () => {
    const { client } = setUp({ signedIn: 'alice' })
    await client.start()
    const ended = vi.fn<(...heard: unknown[]) => void>()
    client.on('ended', ended)
    await client.login({ criteria: { acr: 'mfa' } })
    expect(ended).not.toHaveBeenCalled()
  })

  it('before start() wins over what start() finds', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    const starting = client.start()
    await client.login()
    expect(await starting).toEqual({ status: 'redirecting', to: 'login' })
    expect(bff.log()).toHaveLength(1)
  })
})

describe('Back from a login, out of the back-forward cache', () => {
  it('is told to the app, and the next login is the user’s to start', async () => {
    const { bff, client } = setUp()
    await client.start()
    await client.login()
    bff.page.gesture = false
    // As a guard does it, with every state in which nobody is signed in.
    client.subscribe((state) => {
      if (state.status === 'unauthenticated') client.login().catch(() => {})
    })
    bff.page.wake('restored')
    await expect
      .poll(() => client.getState())
      .toMatchObject({
        status: 'unauthenticated',
        error: { code: 'gesture_required' },
      })
    expect(bff.page.left).toHaveLength(1)
    bff.page.gesture = true
    await client.login()
    expect(bff.page.left).toHaveLength(2)
  })

  it('says nothing of it where somebody signed in meanwhile', async () => {
    const { bff, client } = setUp()
    await client.start()
    await client.login()
    bff.signIn('alice')
    const heard = vi.fn<(...heard: unknown[]) => void>()
    client.on('error', heard)
    bff.page.wake('restored')
    await expect.poll(() => client.getState().status).toBe('authenticated')
    expect(heard).not.toHaveBeenCalled()
  })

  it('does not outlast the visit: a later end of the session is no such thing', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    await client.login({ criteria: { acr: 'mfa' } })
    bff.page.wake('restored')
    await expect.poll(() => client.getState().status).toBe('authenticated')
    bff.session = null
    await client.checkSession()
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'unknown' })
    expect(client.getState()).not.toHaveProperty('error')
  })
})

describe('login() while an error is shown', () => {
  const failed = { address: 'https://app.test/?login_error=access_denied' }

  it('is refused without a gesture, and the error stays', async () => {
    const { bff, client } = setUp(failed)
    await client.start()
    bff.page.gesture = false
    await expect(client.login()).rejects.toMatchObject({
      code: 'gesture_required',
      cause: { code: 'access_denied' },
    })
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', error: { code: 'access_denied' } })
    expect(bff.page.left).toEqual([])
  })

  it('leaves when the user wants it', async () => {
    const { bff, client } = setUp(failed)
    await client.start()
    await client.login()
    expect(bff.page.left).toEqual([`${ON_ITS_WAY}%2F`])
  })

  it('is refused, too, where the error is of a step-up of a living session', async () => {
    const { bff, client } = setUp({ ...failed, signedIn: 'alice' })
    await client.start()
    bff.page.gesture = false
    await expect(client.require({ acr: 'mfa' })).rejects.toMatchObject({
      code: 'gesture_required',
      cause: { code: 'access_denied' },
    })
    expect(client.getState().status).toBe('authenticated')
    bff.page.gesture = true
    void client.require({ acr: 'mfa' })
    await expect.poll(() => bff.page.left).toHaveLength(1)
  })

  it('needs no gesture once the question was answered after all', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    bff.once('GET /bff/session', offline)
    await client.start()
    bff.session = null
    bff.page.gesture = false
    bff.page.wake('online')
    await expect.poll(() => client.getState()).toEqual({ status: 'unauthenticated' })
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })
})

describe('a login loop', () => {
  /** Logs in and comes back signed in, without the session ever being used. */
  const goRound = async (bff: WireBff): Promise<SessionClient> => {
    const client = open(bff)
    await client.start()
    await client.login()
    bff.signIn('alice')
    bff.reload()
    return client
  }

  it('stops after three returns within 60 s, with a typed error', async () => {
    const { bff } = setUp()
    for (const _ of [1, 2, 3]) await goRound(bff)
    const client = open(bff)
    await client.start()
    const heard = vi.fn<(...heard: unknown[]) => void>()
    client.on('error', heard)
    const refused = client.login()
    await expect(refused).rejects.toBeInstanceOf(CallbackError)
    await expect(refused).rejects.toMatchObject({ code: 'login_loop' })
    expect(heard).toHaveBeenCalledTimes(1)
    expect(bff.page.left).toEqual([])
  })

  it('stops after three logins that failed, and the state says so', async () => {
    const { bff } = setUp()
    for (const _ of [1, 2, 3]) {
      const page = bff.reload('/a?login_error=server_error')
      await createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, page).start()
    }
    const client = open(bff)
    await client.start()
    await expect(client.login()).rejects.toMatchObject({ code: 'login_loop' })
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', error: { code: 'login_loop' } })
  })

  it('stops after three step-ups that failed', async () => {
    const { bff } = setUp({ signedIn: 'alice' })
    for (const _ of [1, 2, 3]) {
      bff.reload('/a?login_error=access_denied')
      await open(bff).start()
    }
    await expect(open(bff).require({ acr: 'mfa' })).rejects.toMatchObject({ code: 'login_loop' })
  })

  it('is none once a minute has passed', async () => {
    const { bff } = setUp()
    for (const _ of [1, 2, 3]) await goRound(bff)
    bff.page.advance(60_001)
    const client = open(bff)
    await client.start()
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })

  it('is none where the session was used in between', async () => {
    const { bff } = setUp()
    for (const _ of [1, 2, 3]) await goRound(bff)
    const client = createSessionClient(
      { oauth: bffClient({ basePath: '/bff' }), resources: [{ url: '/api/', via: 'bff', upstream: 'a' }] },
      bff.page,
    )
    expect((await client.fetch('/api/x')).status).toBe(200)
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })

  it('is none where the user logged out in between', async () => {
    const { bff } = setUp()
    for (const _ of [1, 2, 3]) await goRound(bff)
    const client = open(bff)
    await client.start()
    await client.logout({ scope: 'app' })
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })

  it('is not counted by reloads, nor by logins that never came back', async () => {
    const { bff } = setUp({ signedIn: 'alice' })
    for (const _ of [1, 2, 3, 4]) {
      const client = open(bff)
      await client.start()
      await client.login()
      bff.reload()
    }
    const client = open(bff)
    await client.start()
    await client.login()
    expect(bff.page.left).toHaveLength(1)
  })
})

describe('logout()', () => {
  it('ends the IDP session too: the page is left for it', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    const reasons: string[] = []
    client.on('ended', ({ reason }) => reasons.push(reason))
    const done = client.logout()
    expect(client.getState()).toEqual({ status: 'redirecting', to: 'logout' })
    expect(reasons).toEqual(['logout'])
    await done
    expect(bff.page.left).toEqual(['https://idp.test/end?hint=1'])
    const request = bff.page.requests.at(-1)
    expect(request).toMatchObject({ method: 'POST', url: 'https://app.test/bff/logout', keepalive: true })
    expect(JSON.parse(request?.body ?? '')).toEqual({ scope: 'idp', return_to: '/' })
  })

  it('is on the wire before logout() returns: the page may close at once', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    void client.logout()
    expect(bff.log().at(-1)).toBe('POST /bff/logout')
  })

  it('of the app alone stays on the page, signed out', async () => {
    const { bff, client } = setUp({ signedIn: 'alice', address: 'https://app.test/a' })
    await client.start()
    await client.logout({ scope: 'app' })
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
    expect(bff.page.left).toEqual([])
    expect(bff.page.address().pathname).toBe('/a')
    expect(bff.page.timers).toBe(0)
  })

  it.each([
    [{ scope: 'app', returnTo: '/' }, '/'],
    [{ scope: 'app', returnTo: 'https://app.test/bye?x=1' }, '/bye?x=1'],
  ] as const)('of the app lands where it is told: %o', async (options, path) => {
    const { bff, client } = setUp({ signedIn: 'alice', address: 'https://app.test/a' })
    await client.start()
    await client.logout(options)
    expect(bff.page.address().href).toBe(`https://app.test${path}`)
  })

  it('lands by the app’s router, before the state says signed out', async () => {
    const bff = createWireBff({ signedIn: 'alice', address: 'https://app.test/a' })
    const seen: string[] = []
    const client = open(bff, { navigate: (url) => void seen.push(url) })
    client.subscribe(({ status }) => seen.push(status))
    await client.start()
    await client.logout({ scope: 'app', returnTo: '/bye' })
    expect(seen).toEqual(['authenticated', 'redirecting', '/bye', 'unauthenticated'])
  })

  it('is over with the BFF’s answer where the IDP has no end-session endpoint', async () => {
    const { bff, client } = setUp({ signedIn: 'alice', address: 'https://app.test/a' })
    await client.start()
    bff.once('POST /bff/logout', () => own({ end_session_url: null }))
    await client.logout({ returnTo: '/bye' })
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
    expect(bff.page.address().pathname).toBe('/bye')
  })

  it('that failed is for the same session when it is tried again, though somebody else signed in meanwhile', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.once('POST /bff/logout', offline)
    await expect(client.logout({ scope: 'app' })).rejects.toMatchObject({ code: 'network_failed' })
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
    bff.signIn('bob')
    await client.logout({ scope: 'app' })
    expect(bff.session?.user.sub).toBe('bob')
  })

  it('to another origin is a TypeError, and nothing happens', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    await expect(client.logout({ returnTo: '//evil.example' })).rejects.toBeInstanceOf(TypeError)
    expect(client.getState().status).toBe('authenticated')
    expect(bff.log()).toHaveLength(1)
  })

  it('twice at a time is one', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    await Promise.all([client.logout(), client.logout()])
    expect(bff.log().filter((line) => line.endsWith('/logout'))).toHaveLength(1)
    expect(bff.page.left).toHaveLength(1)
  })

  it.each(['app', 'idp'] as const)('makes login() do nothing while it is under way: %s', async (scope) => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    const done = client.logout({ scope })
    await client.login()
    expect(bff.page.left).toEqual([])
    await done
    expect(bff.page.left.join()).not.toContain('/bff/login')
  })

  it('overtakes a login that is under way', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    const login = client.login()
    const logout = client.logout()
    await Promise.all([login, logout])
    expect(bff.page.left).toEqual(['https://idp.test/end?hint=1'])
    expect(client.getState()).toEqual({ status: 'redirecting', to: 'logout' })
  })

  it('is not undone by an answer that was on its way', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    let answer = (): void => {}
    bff.once('GET /bff/session', () => {
      const late = own({ authenticated: true, session: bff.session, now: bff.page.clock.now() })
      return new Promise((resolve) => (answer = () => resolve(late)))
    })
    const starting = client.start()
    await expect.poll(() => bff.log()).toHaveLength(1)
    await client.logout({ scope: 'app' })
    answer()
    expect(await starting).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
  })
})

describe('a logout that does not reach the BFF', () => {
  it('is a NetworkError; the page is signed out and says so, and the next load tells the truth', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.once('POST /bff/logout', offline)
    await expect(client.logout()).rejects.toBeInstanceOf(NetworkError)
    expect(client.getState()).toMatchObject({
      status: 'unauthenticated',
      reason: 'logout',
      error: { code: 'network_failed' },
    })
    bff.reload()
    expect(await open(bff).start()).toMatchObject({ status: 'authenticated' })
  })

  it('does not lead to a login without a gesture', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.once('POST /bff/logout', offline)
    await client.logout({ scope: 'app' }).catch(() => {})
    bff.page.gesture = false
    await expect(client.login()).rejects.toMatchObject({ code: 'gesture_required' })
  })

  it('can be tried again', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.once('POST /bff/logout', offline)
    await client.logout().catch(() => {})
    await client.logout()
    expect(bff.session).toBeNull()
    expect(bff.page.left).toEqual(['https://idp.test/end?hint=1'])
  })

  it('is waited for no longer than 8 s, and its request is left to itself', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    let aborted: boolean | undefined
    bff.once('POST /bff/logout', (call) => {
      aborted = call.signal?.aborted
      call.signal?.addEventListener('abort', () => (aborted = true))
      return silence(call)
    })
    const done = client.logout()
    bff.page.advance(8_001)
    await expect(done).rejects.toMatchObject({ code: 'timeout' })
    expect(aborted).not.toBe(true)
    expect(client.getState().status).toBe('unauthenticated')
  })

  it('that the BFF refuses is told with the problem', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.once('POST /bff/logout', () => problem('csrf_failed', 403))
    await expect(client.logout()).rejects.toMatchObject({ name: 'BffError', code: 'csrf_failed' })
    expect(client.getState()).toMatchObject({ status: 'unauthenticated', error: { code: 'csrf_failed' } })
  })
})
