/** `browserClient`, configured by the preset alone, in front of the emulator as a public client. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mosaic as tenantOf } from 'tandem-session/mosaic'
import type { MosaicOptions } from 'tandem-session/mosaic'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import { openBrowserPage, signIn, type BrowserPage } from '../support/browser-page.js'
import {
  APP_ORIGIN,
  ORDERS_RESOURCE,
  REPORTS_RESOURCE,
  startTestMosaic,
  type Mosaic,
} from '../support/mosaic.js'
import { createUserAgent } from '../support/user-agent.js'

const SPA = 'mosaic-spa'

let mosaic: Mosaic
let tab: AppTab

const optionsOf = (more: Partial<MosaicOptions> = {}) =>
  tenantOf({ baseUrl: mosaic.baseUrl, clientId: SPA, resource: ORDERS_RESOURCE, ...more }).browser
const enter = (more: Partial<MosaicOptions> = {}) => {
  const options = optionsOf(more)
  return signIn(tab, options.authority, options)
}
const open = (more: Partial<MosaicOptions> = {}): BrowserPage => {
  const options = optionsOf(more)
  return openBrowserPage(tab, options.authority, options)
}

beforeEach(async () => {
  mosaic = await startTestMosaic({ settings: { tokenCors: true } })
  mosaic.clients.add({
    client_id: SPA,
    pkce: 'enforcePkceInsteadOfClientCredentials',
    redirect_uris: [`${APP_ORIGIN}/callback`, `${APP_ORIGIN}/`],
    resources: [ORDERS_RESOURCE, REPORTS_RESOURCE],
  })
  tab = openAppTab(createUserAgent())
})
afterEach(() => mosaic.close())

describe('a login in the page', () => {
  it('asks for no metadata, and takes tokens of an issuer that is elsewhere', async () => {
    const { session } = await enter()
    expect(session).toMatchObject({
      user: { sub: 'alice' },
      access: { extendable: false, audience: [ORDERS_RESOURCE] },
    })
    expect(mosaic.idp.count('discovery')).toBe(0)
  })

  it('that forces an authentication still brings a refresh token', async () => {
    const url = new URL(await open().loginUrl({ prompt: 'login' }))
    expect(url.searchParams.get('prompt')).toBe('login consent')
    expect(url.searchParams.getAll('resource')).toEqual([ORDERS_RESOURCE])
  })

  it('for another resource asks for that one alone', async () => {
    const url = new URL(await open().loginUrl({ criteria: { audience: REPORTS_RESOURCE } }))
    expect(url.searchParams.getAll('resource')).toEqual([REPORTS_RESOURCE])
  })

  it('steps up to mfa', async () => {
    const { page } = await enter()
    await tab.follow(await page.loginUrl({ criteria: { acr: 'mfa' } }), 'alice')
    expect((await open().session()).authentication).toMatchObject({ acr: 'mfa' })
  })

  // A page of another origin cannot read Retry-After where it is not exposed to it: the back-off is the client's own.
  it('that Mosaic has no time for is waited with, and is no sign-out', async () => {
    await tab.follow(await open().loginUrl(), 'alice')
    mosaic.limit('token', { times: 1, retryAfter: 7 })
    await expect(open().restore()).rejects.toMatchObject({
      code: 'idp_unavailable',
      retryable: true,
    })
  })
})

describe('a reload', () => {
  it('asks Mosaic with the whole page', async () => {
    await enter()
    tab.load('/')
    expect(await open().restore()).toMatchObject({
      type: 'leaving',
      url: expect.stringContaining('prompt=none'),
    })
  })

  it('asks nothing where the client does not allow that, and somebody has to sign in', async () => {
    const supportedPrompts = ['login', 'consent'] as const
    await enter({ supportedPrompts })
    tab.load('/')
    expect(await open({ supportedPrompts }).restore()).toMatchObject({ type: 'absent' })
  })
})

describe('a logout in the page', () => {
  const out = async (page: BrowserPage) => {
    let left: readonly string[] = []
    const url = await page.connection.logout({ scope: 'idp', returnTo: '/' }, (what) => (left = what))
    return { url: url === null ? null : new URL(url), left }
  }

  // Mosaic gives a public client no refresh token, as far as its documents tell.
  it('revokes what there is, a JWT too, and leads to where the session at Mosaic ends', async () => {
    const { page } = await enter()
    const { url, left } = await out(page)
    expect(left).toEqual([])
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      client_id: SPA,
      id_token_hint: expect.stringMatching(/^eyJ/),
      post_logout_redirect_uri: `${APP_ORIGIN}/`,
    })
    const revocations = mosaic.idp.requests.filter(({ endpoint }) => endpoint === 'revocation')
    expect(revocations).toMatchObject([{ status: 200 }])
    await tab.follow(url?.href ?? '')
    expect(tab.agent.page?.url.href).toBe(`${APP_ORIGIN}/`)
    expect(mosaic.sessions('alice')).toHaveLength(0)
  })

  it('is done here while Mosaic is down, and says what was left there', async () => {
    const { page, session } = await enter()
    await mosaic.down()
    expect((await out(page)).left).toEqual(['access_token'])
    expect(await page.renew(session)).toMatchObject({ type: 'absent' })
    await mosaic.up()
  })
})
