// @vitest-environment node
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { browserCookie } from '../../src/client/browser-cookies.js'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import { openBrowserPage, signIn, type BrowserPageOptions } from '../support/browser-page.js'
import { DEMO_RESOURCE, SPA_CLIENT_ID, startTestIdp, type Idp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'

let idp: Idp
let tab: AppTab

const hint = (): string | undefined =>
  tab.platform.cookies.get(browserCookie('hint', idp.issuer, SPA_CLIENT_ID))

const out = async (
  request: { scope?: 'app' | 'idp'; returnTo?: string } = {},
  options: BrowserPageOptions = {},
): Promise<string | null> => {
  const { page } = await signIn(tab, idp.issuer, options)
  idp.clearRequests()
  return page.connection.logout({ scope: 'idp', returnTo: '/', ...request })
}

beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.close())
beforeEach(async () => {
  idp.faults.clear()
  await idp.endSession('alice')
  await idp.revoke('alice')
  tab = openAppTab(createUserAgent())
})

describe('logout', () => {
  it('revokes the refresh token with a request that survives the page', async () => {
    await out()
    const revocations = tab.platform.requests.filter(({ url }) => url.endsWith('/revocation'))
    expect(revocations.map(({ body }) => new URLSearchParams(body).get('token_type_hint'))).toEqual([
      'refresh_token',
    ])
    expect(revocations.every(({ keepalive }) => keepalive)).toBe(true)
    expect(idp.live('RefreshToken', 'alice')).toBe(0)
  })

  it('revokes an opaque access token too', async () => {
    idp.settings.resource = null
    await out()
    idp.settings.resource = DEMO_RESOURCE
    expect(idp.requests.filter((one) => one.endpoint === 'revocation').map((one) => one.status)).toEqual([
      200, 200,
    ])
  })

  it('ends the IDP session and lands where it was asked to', async () => {
    const url = await out({ returnTo: '/signed-out' })
    await tab.follow(url ?? '')
    expect(tab.agent.page?.url.href).toBe('https://app.test/signed-out')
    expect(idp.live('Session', 'alice')).toBe(0)
  })

  it('hints at the session with the ID token', async () => {
    const { searchParams } = new URL((await out()) ?? '')
    expect(searchParams.get('id_token_hint')?.split('.')).toHaveLength(3)
    expect(searchParams.get('post_logout_redirect_uri')).toBe('https://app.test/')
  })

  it.each([
    ['at postLogoutRedirectUri where one is set', {}, 'https://app.test/signed-out'],
    ['at the call’s returnTo, whatever is set', { returnTo: '/bye' }, 'https://app.test/bye'],
  ])('lands %s', async (_, options, landing) => {
    const url = await out(options, { postLogoutRedirectUri: '/signed-out' })
    expect(new URL(url ?? '').searchParams.get('post_logout_redirect_uri')).toBe(landing)
  })

  it('leaves the IDP session alone where only the app is meant', async () => {
    expect(await out({ scope: 'app' })).toBeNull()
    expect(idp.live('RefreshToken', 'alice')).toBe(0)
    expect(idp.live('Session', 'alice')).toBeGreaterThan(0)
    expect(idp.count('end_session')).toBe(0)
  })

  it('leaves nothing in the page', async () => {
    const { page, session } = await signIn(tab, idp.issuer)
    await page.connection.logout({ scope: 'idp', returnTo: '/' })
    expect(hint()).toBeUndefined()
    expect(tab.platform.items.size).toBe(0)
    await expect(page.renew(session)).resolves.toMatchObject({ type: 'absent' })
    expect(await page.restore()).toEqual({ type: 'absent' })
    tab.load('/')
    expect(await openBrowserPage(tab, idp.issuer).restore()).toEqual({ type: 'absent' })
  })

  it('drops the tokens at once, whatever is forgotten meanwhile', async () => {
    const { page } = await signIn(tab, idp.issuer)
    const leaving = page.connection.logout({ scope: 'idp', returnTo: '/' })
    expect(hint()).toBeUndefined()
    page.connection.forget()
    expect(new URL((await leaving) ?? '').searchParams.has('id_token_hint')).toBe(true)
    expect(idp.live('RefreshToken', 'alice')).toBe(0)
  })

  it('waits for a slow IDP for no more than two seconds', async () => {
    const { page } = await signIn(tab, idp.issuer)
    idp.faults.set('revocation', { kind: 'hang' })
    let url: string | null | undefined
    void page.connection.logout({ scope: 'idp', returnTo: '/' }).then((found) => (url = found))
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    expect(url).toBeUndefined()
    tab.platform.advance(2_000)
    await vi.waitFor(() => expect(url).toContain(idp.origin))
    idp.faults.release()
  })

  it('goes on where revoking fails', async () => {
    idp.faults.set('revocation', { kind: 'cut' })
    expect(await out()).toContain('id_token_hint')
  })

  it('can end an IDP session of which this page holds nothing', async () => {
    const page = openBrowserPage(tab, idp.issuer)
    const url = new URL((await page.connection.logout({ scope: 'idp', returnTo: '/' })) ?? '')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'tandem-spa',
      post_logout_redirect_uri: 'https://app.test/',
    })
  })
})

describe('forget', () => {
  it('drops the tokens of a session that ended, and its hint', async () => {
    const { page, session } = await signIn(tab, idp.issuer)
    page.connection.forget()
    expect(hint()).toBeUndefined()
    await expect(page.renew(session)).resolves.toMatchObject({ type: 'absent', reason: 'idp_session_over' })
  })

  it('leaves the hint of another tab alone where this page held nothing', async () => {
    await signIn(tab, idp.issuer)
    const other = openAppTab(tab.agent.newTab())
    openBrowserPage(other, idp.issuer).connection.forget()
    expect(hint()).toBeDefined()
  })
})
