// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { NetworkError } from '../../src/errors.js'
import { openAppTab } from '../support/app-tab.js'
import { openBrowserPage, signIn } from '../support/browser-page.js'
import { DEMO_RESOURCE } from '../support/idp.js'
import { idp, tab, load, eachTest } from './browser-client-bench.js'

eachTest()

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
