// @vitest-environment node
import { describe, expect, it, vi } from 'vitest'
import { CallbackError, NetworkError, OAuthError } from '../../src/errors.js'
import { openAppTab } from '../support/app-tab.js'
import { openBrowserPage, signIn } from '../support/browser-page.js'
import { createUserAgent } from '../support/user-agent.js'
import { idp, tab, load, eachTest } from './browser-client-bench.js'

eachTest()

describe('a login that comes back with nothing', () => {
  it('says what the IDP said, brings the user back, and is not repeated by a reload', async () => {
    await tab.follow(await load().loginUrl({ returnTo: '/deep' }))
    await tab.agent.cancelLogin()
    tab.load(tab.agent.page?.url.href)
    const restored = await load().restore()
    expect(restored).toMatchObject({ type: 'absent', returned: true, returnTo: '/deep' })
    expect(restored).toHaveProperty('error', expect.any(OAuthError))
    expect(restored).toHaveProperty('error.code', 'access_denied')
    expect(idp.count('token')).toBe(0)
    tab.load()
    expect(await load().restore()).toMatchObject({ error: { code: 'stale_callback' } })
  })

  it('says that its code was refused', async () => {
    await tab.follow(await load().loginUrl({ returnTo: '/deep' }), 'alice')
    idp.faults.next('token', { kind: 'status', status: 400, body: { error: 'invalid_grant' } })
    const page = load()
    expect(await page.restore()).toMatchObject({
      type: 'absent',
      returned: true,
      returnTo: '/deep',
      error: { name: 'OAuthError', code: 'invalid_grant' },
    })
    tab.load()
    await load().restore()
    expect(idp.count('token')).toBe(1)
  })

  it('says that this client is refused, which trying again would not change', async () => {
    await tab.follow(await load().loginUrl(), 'alice')
    idp.faults.next('token', { kind: 'status', status: 401, body: { error: 'invalid_client' } })
    expect(await load().restore()).toMatchObject({
      type: 'absent',
      error: { name: 'OAuthError', code: 'invalid_client' },
    })
  })
})

describe('an answer that belongs to nothing', () => {
  const STALE = '/callback?code=c&state=0123456789abcdef0123456789abcdef'

  it('is stale, asks nobody, and leads to the front page', async () => {
    tab.load(STALE)
    const restored = await load().restore()
    expect(restored).toMatchObject({ type: 'absent', returnTo: '/' })
    expect(restored).toHaveProperty('error', expect.any(CallbackError))
    expect(restored).toHaveProperty('error.code', 'stale_callback')
    expect(restored).not.toHaveProperty('returned')
    expect(idp.requests).toEqual([])
  })

  it.each([
    '/callback?error=access_denied&state=unknown',
    '/callback?code=c&state=%',
    '/callback?code=c&state=;',
  ])('is stale: %s', async (address) => {
    tab.load(address)
    expect(await load().restore()).toMatchObject({ type: 'absent', error: { code: 'stale_callback' } })
  })

  it('does no harm while signed in: the session is found again', async () => {
    await signIn(tab, idp.issuer)
    tab.load(STALE)
    const restored = await load().restore()
    if (restored.type !== 'leaving') throw new Error('the page stayed')
    await tab.follow(restored.url)
    expect(await load().restore()).toMatchObject({ type: 'restored', returnTo: '/' })
  })

  it('is not taken from another browser', async () => {
    await tab.follow(await load().loginUrl(), 'alice')
    const elsewhere = openAppTab(createUserAgent(), { address: tab.platform.address().href })
    expect(await openBrowserPage(elsewhere, idp.issuer).restore()).toMatchObject({
      error: { code: 'stale_callback' },
    })
    expect(idp.count('token')).toBe(0)
  })
})

describe('a code whose exchange gets no answer', () => {
  it('is not sent again: the IDP is asked anew, and the user arrives where they wanted to go', async () => {
    await tab.follow(await load().loginUrl({ returnTo: '/deep' }), 'alice')
    idp.faults.next('token', { kind: 'lost-answer' })
    const page = load()
    await expect(page.restore()).rejects.toBeInstanceOf(NetworkError)
    const restored = await page.restore()
    if (restored.type !== 'leaving') throw new Error('the page stayed')
    expect(new URL(restored.url).searchParams.get('prompt')).toBe('none')
    await tab.follow(restored.url)
    expect(await load().restore()).toMatchObject({ type: 'restored', returnTo: '/deep' })
    expect(idp.tokenRequests.map((one) => one.grant_type)).toEqual([
      'authorization_code',
      'authorization_code',
    ])
  })

  it('does not send the page to and fro while the token endpoint stays silent', async () => {
    await tab.follow(await load().loginUrl({ returnTo: '/deep' }), 'alice')
    idp.faults.set('token', { kind: 'status', status: 503 })
    const page = load()
    await expect(page.restore()).rejects.toBeInstanceOf(NetworkError)
    const asked = await page.restore()
    if (asked.type !== 'leaving') throw new Error('the page stayed')
    await tab.follow(asked.url)
    const next = load()
    await expect(next.restore()).rejects.toBeInstanceOf(NetworkError)
    await expect(next.restore()).rejects.toBeInstanceOf(NetworkError)
    tab.platform.advance(61_000)
    expect(await next.restore()).toMatchObject({ type: 'leaving' })
  })

  it('is not sent again by a reload in the middle of it', async () => {
    await tab.follow(await load().loginUrl({ returnTo: '/deep' }), 'alice')
    idp.faults.next('token', { kind: 'held-answer' })
    const abandoned = load().restore()
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    tab.load()
    const restored = await load().restore()
    if (restored.type !== 'leaving') throw new Error('the page stayed')
    await tab.follow(restored.url)
    expect(await load().restore()).toMatchObject({ type: 'restored' })
    idp.faults.release()
    await abandoned
  })

  it('is exchanged after all where it was not sent yet', async () => {
    await tab.follow(await load().loginUrl({ returnTo: '/deep' }), 'alice')
    idp.faults.next('discovery', { kind: 'status', status: 503 })
    const page = load()
    await expect(page.restore()).rejects.toBeInstanceOf(NetworkError)
    expect(await page.restore()).toMatchObject({ type: 'restored', returnTo: '/deep', returned: true })
    expect(idp.count('token')).toBe(1)
  })
})
