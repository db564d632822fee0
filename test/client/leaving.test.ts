import { describe, expect, it, vi } from 'vitest'
import { setUp, ON_ITS_WAY } from './open-client.js'
import { offline } from './wire-bff.js'

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
