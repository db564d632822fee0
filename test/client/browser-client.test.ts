// @vitest-environment node
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { CallbackError, NetworkError, OAuthError } from '../../src/errors.js'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import {
  openBrowserPage,
  signIn,
  type BrowserPage,
  type BrowserPageOptions,
} from '../support/browser-page.js'
import { DEMO_RESOURCE, startTestIdp, type Idp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'

let idp: Idp
let tab: AppTab

const load = (options?: BrowserPageOptions): BrowserPage => openBrowserPage(tab, idp.issuer, options)

beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.close())
beforeEach(() => {
  tab = openAppTab(createUserAgent())
  idp.faults.clear()
  idp.clearRequests()
})

describe('a page that is signed out', () => {
  it('asks nobody', async () => {
    expect(await load().restore()).toEqual({ type: 'absent' })
    expect(tab.platform.requests).toEqual([])
    expect(idp.requests).toEqual([])
  })

  it.each(['/callback', '/callback?code=c', '/callback?state=s', '/other?code=c&state=s'])(
    'takes %s for no answer',
    async (address) => {
      tab.load(address)
      expect(await load().restore()).toEqual({ type: 'absent' })
    },
  )
})

describe('the authorization request', () => {
  it('has PKCE with S256, state and nonce, new each time', async () => {
    const page = load()
    const seen = new Set<string | null>()
    for (let i = 0; i < 5; i += 1) {
      const { origin, searchParams } = new URL(await page.loginUrl())
      expect(origin).toBe(idp.origin)
      expect(Object.fromEntries(searchParams)).toMatchObject({
        response_type: 'code',
        client_id: 'tandem-spa',
        redirect_uri: 'https://app.test/callback',
        scope: 'openid profile offline_access',
        code_challenge_method: 'S256',
      })
      for (const name of ['state', 'nonce', 'code_challenge']) {
        expect(searchParams.get(name)).toMatch(/^[\w-]{22,}$/)
        seen.add(searchParams.get(name))
      }
    }
    expect(seen.size).toBe(15)
    expect(idp.count('discovery')).toBe(1)
  })

  it('says what the login and the APIs need', async () => {
    const page = load({
      resources: [{ url: 'https://api.test/', audience: DEMO_RESOURCE, scope: 'orders:read' }],
    })
    const url = new URL(
      await page.loginUrl({
        prompt: 'login',
        loginHint: 'bob',
        uiLocales: ['sv', 'en'],
        criteria: { maxAge: 60, acr: 'mfa' },
      }),
    )
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      prompt: 'login',
      login_hint: 'bob',
      ui_locales: 'sv en',
      max_age: '60',
      acr_values: 'mfa',
      resource: DEMO_RESOURCE,
      scope: 'openid profile offline_access orders:read',
    })
  })

  it('is not made while the IDP does not answer', async () => {
    idp.faults.next('discovery', { kind: 'status', status: 503 })
    const page = load()
    await expect(page.loginUrl()).rejects.toBeInstanceOf(NetworkError)
    await expect(page.loginUrl()).resolves.toContain(idp.origin)
  })
})

describe('a login that comes back', () => {
  it('is a session, and brings the user where they wanted to go', async () => {
    await tab.follow(await load().loginUrl({ returnTo: '/deep?x=1#y' }), 'alice')
    expect(tab.platform.address().pathname).toBe('/callback')
    const restored = await load().restore()
    const now = Date.now()
    expect(restored).toMatchObject({
      type: 'restored',
      returned: true,
      returnTo: '/deep?x=1#y',
      session: {
        ref: expect.stringMatching(/^[\w-]{22}$/),
        user: { sub: 'alice', name: 'Alice Andersson' },
        idp: { status: 'active', sid: expect.any(String) },
        access: { extendable: true, audience: [DEMO_RESOURCE], roles: ['customer', 'admin'] },
        authentication: { acr: 'pwd', amr: ['pwd'] },
      },
    })
    if (restored.type !== 'restored') throw new Error('no session')
    const { app, access, authentication } = restored.session
    expect(Math.abs(app.startedAt - now)).toBeLessThan(3_000)
    expect(app.endsAt).toBe(app.startedAt + 12 * 3_600_000)
    expect(Math.abs(access.expiresAt - now - 300_000)).toBeLessThan(3_000)
    expect(Math.abs(authentication.time - now)).toBeLessThan(3_000)
  })

  it('leaves no token outside of the closure, and no transaction', async () => {
    const { page, session } = await signIn(tab, idp.issuer)
    page.connection.access = () => Promise.resolve(session)
    const token = await page.getAccessToken()
    expect(token.split('.')).toHaveLength(3)
    const outside = JSON.stringify([
      ...tab.platform.items,
      tab.agent.cookies.all('https://app.test/'),
      session,
    ])
    expect(outside).not.toContain(token)
    expect(outside).not.toContain(token.slice(-40))
    expect(tab.platform.items.size).toBe(0)
  })

  it('is told the same however often it is asked for, and its code is sent once', async () => {
    await tab.follow(await load().loginUrl({ returnTo: '/deep' }), 'alice')
    const page = load()
    const [first, second] = await Promise.all([page.restore(), page.restore()])
    expect(second).toEqual(first)
    expect(await page.restore()).toEqual(first)
    expect(idp.count('token')).toBe(1)
  })

  it('works in two tabs that sign in at once', async () => {
    const other = openAppTab(tab.agent.newTab())
    const url = await load().loginUrl({ returnTo: '/one' })
    await other.follow(await openBrowserPage(other, idp.issuer).loginUrl({ returnTo: '/two' }), 'alice')
    await tab.follow(url, 'alice')
    expect(await openBrowserPage(other, idp.issuer).restore()).toMatchObject({ returnTo: '/two' })
    expect(await load().restore()).toMatchObject({ type: 'restored', returnTo: '/one' })
  })

  it('works where an earlier login of the tab was left unfinished', async () => {
    const page = load()
    await page.loginUrl({ returnTo: '/abandoned' })
    await tab.follow(await page.loginUrl({ returnTo: '/wanted' }), 'alice')
    expect(await load().restore()).toMatchObject({ type: 'restored', returnTo: '/wanted' })
  })

  it('is another session for the same user signing in anew', async () => {
    const first = await signIn(tab, idp.issuer)
    const second = await signIn(tab, idp.issuer)
    expect(second.session.user).toEqual(first.session.user)
    expect(second.session.ref).not.toBe(first.session.ref)
  })
})

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
