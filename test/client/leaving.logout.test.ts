import { describe, expect, it } from 'vitest'
import { NetworkError } from '../../src/index.js'
import { open, setUp } from './open-client.js'
import { createWireBff, offline, own, problem, silence } from './wire-bff.js'

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

  it('tells what could not be ended at the IDP, before the page is left', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    const told: unknown[] = []
    client.on('logout-incomplete', (detail) => told.push(detail, bff.page.left.length))
    const left = ['access_token', 'refresh_token']
    bff.once('POST /bff/logout', () => own({ end_session_url: 'https://idp.test/end', left }))
    await client.logout()
    expect(told).toEqual([{ left }, 0])
    expect(bff.page.left).toEqual(['https://idp.test/end'])
  })

  it('tells nothing where nothing was left', async () => {
    const { client } = setUp({ signedIn: 'alice' })
    await client.start()
    const told: unknown[] = []
    client.on('logout-incomplete', (detail) => told.push(detail))
    await client.logout()
    expect(told).toEqual([])
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
