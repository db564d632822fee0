/** S7 and S8: when the user has to authenticate, whatever else is still good. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import { problemOf } from '../bff/bench.js'
import { mosaicClient, REPORTS_RESOURCE } from '../support/mosaic.js'
import { APP_ORIGIN, startWorld, type World } from './world.js'

const bearer = ({ api }: World): string =>
  api.calls.at(-1)?.headers.authorization?.replace('Bearer ', '') ?? ''

/** How the application session gets over while everything of the IDP's is alive. */
const ENDS: [how: string, endedBy: string, end: (world: World) => unknown][] = [
  ['left alone for half an hour', 'app_session_over', ({ pass }) => pass(1801)],
  ['deleted by an administrator', 'revoked', ({ bff }) => bff.sessions.end({ sub: 'alice' })],
]

describe('S07 the application session is over: authentication is always required', () => {
  it.each(ENDS)(
    'S07 %s: calls get 401, tokens are gone and the old cookie opens nothing',
    async (_, endedBy, end) => {
      const world = await startWorld({ bff: (base) => ({ ...base, mediateTokens: true }), own: {} })
      const { browser, mosaic, store, api } = world
      await browser.login('alice')
      expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
      const accessToken = bearer(world)
      const cookie = browser.cookie('session') ?? ''
      const csrf = browser.cookie('csrf') ?? ''
      await end(world)

      // All of the IDP's is as good as before.
      expect(mosaic.sessions('alice')).toHaveLength(1)
      expect(await mosaicClient(mosaic).introspect(accessToken)).toMatchObject({ active: true })
      const answer = await browser.fetch('/bff/api/orders/1')
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
      expect(await problemOf(answer)).toMatchObject({ code: 'login_required', ended_by: endedBy })
      expect((await browser.fetch('/own')).status).toBe(401)
      expect(api.calls).toHaveLength(1)

      // What was stored is gone, and gives nothing any more: no token, and no new one.
      const key = createHash('sha256').update(cookie).digest('base64url')
      const found = await store.get(key)
      expect(found).toMatchObject({ state: 'ended', tombstone: { endedBy } })
      expect(JSON.stringify(found)).not.toContain('sealed')
      expect((await browser.fetch('/bff/token')).status).toBe(401)
      expect((await browser.post('/bff/refresh')).status).toBe(401)
      expect(world.issued()).toBe(1)

      const thief = world.newBrowser()
      const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict'
      thief.agent.cookies.set(new URL(APP_ORIGIN), `${cookieNames.session}=${cookie}; ${attributes}`)
      expect((await thief.fetch('/bff/api/orders/1', { csrf })).status).toBe(401)
      expect((await thief.fetch('/own', { csrf })).status).toBe(401)
      expect(await thief.session()).toMatchObject({ authenticated: false })
      expect(api.calls).toHaveLength(1)
    },
  )

  it('S07 the session client starts an authorization, which makes a new application session', async () => {
    const { openApp, pass, mosaic } = await startWorld()
    const page = openApp()
    const { ref } = await page.signIn()
    page.client.stop()
    pass(1801)
    expect(await page.load()).toMatchObject({ status: 'unauthenticated', reason: 'app_session_over' })
    mosaic.idp.clearRequests()
    void page.client.require({})
    await expect.poll(() => page.tab.platform.left.at(-1)).toContain('/bff/login?')
    expect(page.state).toEqual({ status: 'redirecting', to: 'login' })
    await page.follow()
    expect(mosaic.idp.count('authorization')).toBe(1)
    expect(page.session.ref).not.toBe(ref)
    expect((await page.call()).status).toBe(200)
  })
})

describe('S08 a session that does not meet the criteria: authentication is required', () => {
  /** An API that demands something, beside one that demands nothing. */
  const startDemanding = (require: object): Promise<World> =>
    startWorld({
      bff: (base, api) => ({
        ...base,
        idp: { ...base.idp, authorizationParams: { prompt: 'consent' } },
        upstreams: { orders: { url: api.url }, strict: { url: api.url, require } },
      }),
    })
  const refused = async ({ browser }: World): Promise<Record<string, unknown>> => {
    const answer = await browser.fetch('/bff/api/strict/1')
    expect(answer.status).toBe(401)
    const challenge = answer.headers.get('www-authenticate')
    return { ...(await problemOf(answer)), challenge }
  }

  it('S08 no second factor: challenged for it, and let in once there is one', async () => {
    const world = await startDemanding({ acr: 'mfa' })
    const { browser, mosaic } = world
    await browser.login('alice')
    const { ref } = await browser.signedIn()
    expect(await refused(world)).toMatchObject({
      code: 'criteria_unmet',
      unmet: ['acr'],
      acr_values: 'mfa',
      challenge: expect.stringMatching(/^Bearer error="insufficient_user_authentication", acr_values="mfa"$/),
    })
    // The session is fine for what demands less.
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)

    const silently = await browser.login('alice', '/bff/login?return_to=/app&prompt=none&acr_values=mfa')
    expect(silently.searchParams.get('login_error')).toBe('mfa_required')
    const request = mosaicClient(mosaic).authorizationUrl({ prompt: 'none', acr_values: 'mfa' })
    const isHome = (url: URL): boolean => url.origin === APP_ORIGIN
    const { url } = await browser.agent.newTab().navigate(request, { from: null, stopAt: isHome })
    expect(url.searchParams.get('error')).toBe('mfa_required')
    expect((await browser.signedIn()).ref).toBe(ref)

    await browser.login('alice', '/bff/login?return_to=/app&acr_values=mfa')
    expect((await browser.signedIn()).authentication).toMatchObject({ acr: 'mfa' })
    expect((await browser.fetch('/bff/api/strict/1')).status).toBe(200)
  })

  it('S08 authenticated 61 s ago where 60 s are allowed', async () => {
    const world = await startDemanding({ maxAge: 60 })
    const { browser, pass } = world
    await browser.login('alice')
    pass(58)
    expect((await browser.fetch('/bff/api/strict/1')).status).toBe(200)
    pass(3)
    expect(await refused(world)).toMatchObject({ code: 'criteria_unmet', unmet: ['maxAge'], max_age: '60' })
    await browser.login('alice', '/bff/login?return_to=/app&max_age=60')
    expect((await browser.fetch('/bff/api/strict/1')).status).toBe(200)
  })

  it('S08 the wrong method', async () => {
    const world = await startDemanding({ amr: 'social' })
    const { browser } = world
    await browser.login('alice')
    expect((await browser.signedIn()).authentication.amr).toEqual(['pwd'])
    expect(await refused(world)).toMatchObject({ code: 'criteria_unmet', unmet: ['amr'], max_age: '0' })
    const query = new URLSearchParams({ max_age: '0', acr_values: 'urn:transmit:google_direct' })
    await browser.login('alice', `/bff/login?return_to=/app&${query}`)
    expect((await browser.fetch('/bff/api/strict/1')).status).toBe(200)
  })

  it('S08 access to the wrong resource', async () => {
    const world = await startDemanding({ audience: REPORTS_RESOURCE })
    const { browser } = world
    await browser.login('alice')
    expect((await browser.signedIn()).access.audience).toEqual(['userid-api'])
    expect(await refused(world)).toMatchObject({
      code: 'criteria_unmet',
      unmet: ['audience'],
      resource: REPORTS_RESOURCE,
    })
    const query = new URLSearchParams({ resource: REPORTS_RESOURCE })
    await browser.login('alice', `/bff/login?return_to=/app&${query}`)
    expect((await browser.signedIn()).access.audience).toEqual([REPORTS_RESOURCE])
    expect((await browser.fetch('/bff/api/strict/1')).status).toBe(200)
  })

  it('S08 the session client steps up by itself and comes back to where it was', async () => {
    const { openApp } = await startWorld({
      bff: (base, api) => ({ ...base, upstreams: { orders: { url: api.url, require: { acr: 'mfa' } } } }),
    })
    const page = openApp()
    await page.signIn()
    expect(page.session.authentication.acr).toBeUndefined()
    void page.client.fetch('https://api.test/1')
    await expect.poll(() => page.tab.platform.left.at(-1)).toContain('acr_values=mfa')
    await page.follow('alice')
    expect(page.session.authentication.acr).toBe('mfa')
    expect((await page.call()).status).toBe(200)
  })
})
