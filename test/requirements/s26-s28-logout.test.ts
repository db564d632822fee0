/** S26 to S28: the two ways a user's sessions at Mosaic end by a logout. */
import { describe, expect, it } from 'vitest'
import { callApi, endSessionUrl, mosaicClient, OTHER_CLIENT_ID, type Mosaic } from '../support/mosaic.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'
import { APP_ORIGIN, startWorld, type World, type WorldOptions } from './world.js'
import { startTenant } from './tenant.js'

/** A browser that follows redirects to the app's callback, where nobody answers but a page. */
const visitor = (): UserAgent =>
  createUserAgent({ now: () => Date.now(), handlers: { [APP_ORIGIN]: () => new Response('the app') } })

/** Nothing ends a session here but what is shown. */
const patient: WorldOptions = { bff: (base) => ({ ...base, session: { ...base.session, idle: 0 } }) }

/** The BFF asks the Logout API at a logout. */
const withLogoutApi: WorldOptions = {
  bff: (base) => ({
    ...base,
    session: { ...base.session, idle: 0 },
    idp: { ...base.idp, sessionsApi: { ...base.idp.sessionsApi, logout: true } },
  }),
}

/** What `prompt=none` says to this browser: an error code, or `signed in`. */
const silent = async ({ browser }: Pick<World, 'browser'>): Promise<string> => {
  const page = await browser.agent.navigate(`${APP_ORIGIN}/bff/login?prompt=none`, { from: `${APP_ORIGIN}/` })
  return page.url.searchParams.get('login_error') ?? 'signed in'
}

const logout = async ({ browser }: Pick<World, 'browser'>): Promise<URL> => {
  const answer = await browser.post('/bff/logout', {})
  expect(answer.status).toBe(200)
  return new URL(((await answer.json()) as { end_session_url: string }).end_session_url)
}

describe('S26 the Logout API ends the session', () => {
  it('S26 with the user’s token: how many ended, then silent login fails; once more there is none', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const agent = visitor()
    const { access_token } = await client.signIn(agent, 'alice')
    expect((await client.silent(agent)).has('code')).toBe(true)
    const first = await callApi(tenant, 'POST', '/cis/v1/auth/logout', access_token)
    expect(first).toMatchObject({ status: 200, body: { sessions_count: 1 } })
    expect((await client.silent(agent)).get('error')).toBe('login_required')
    const again = await callApi(tenant, 'POST', '/cis/v1/auth/logout', access_token)
    expect(again.status === 401 || again.body['sessions_count'] === 0).toBe(true)
    expect((await callApi(tenant, 'POST', '/cis/v1/auth/logout', 'no token')).status).toBe(401)
  })

  it('S26 the BFF asks it at a logout, and the user must sign in anew', async () => {
    const world = await startWorld(withLogoutApi)
    await world.browser.login('alice')
    await logout(world)
    expect(world.mosaic.api.requests).toMatchObject([{ door: 'logout', status: 200 }])
    expect(world.mosaic.sessions('alice')).toEqual([])
    expect(await silent(world)).toBe('login_required')
  })

  it.each([
    ['says that there is no session any more', (tenant: Mosaic) => tenant.endSessions('alice')],
    ['fails', (tenant: Mosaic) => tenant.api.faults.set('logout', { kind: 'status', status: 500 })],
    ['asks to wait', (tenant: Mosaic) => tenant.limit('logout')],
  ])('S26 where it %s, the logout is complete here all the same', async (_, happens) => {
    const world = await startWorld(withLogoutApi)
    await world.browser.login('alice')
    await happens(world.mosaic)
    await logout(world)
    expect(await world.browser.session()).toMatchObject({ authenticated: false })
  })
})

describe('S27 a logout by redirect ends the session', () => {
  it('S27 by the address the BFF gives: back at the app, and the IDP’s session is gone', async () => {
    const world = await startWorld()
    await world.browser.login('alice')
    const url = await logout(world)
    expect(url.origin).toBe(world.mosaic.baseUrl)
    expect(url.searchParams.get('id_token_hint')).toMatch(/^eyJ/)
    expect(url.searchParams.get('client_id')).toBe('mosaic-web')
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${APP_ORIGIN}/`)
    await world.browser.agent.navigate(url, { from: `${APP_ORIGIN}/` })
    expect(world.browser.agent.page?.url.origin).toBe(APP_ORIGIN)
    expect(world.mosaic.sessions('alice')).toEqual([])
    expect(await silent(world)).toBe('login_required')
  })

  it('S27 state comes back, the cookie opens nothing, and no other address is gone to', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const agent = visitor()
    const { id_token } = await client.signIn(agent, 'alice')
    const ask = { client_id: client.clientId, id_token_hint: id_token ?? '', state: 'xyz' }
    for (const uri of ['https://evil.test/', `${APP_ORIGIN}.evil.test/`, `${APP_ORIGIN}/not-registered`]) {
      const address = endSessionUrl(tenant, { ...ask, post_logout_redirect_uri: uri })
      const page = await agent.navigate(address, { from: null })
      expect([page.status, page.url.origin]).toEqual([400, tenant.baseUrl])
    }
    expect(tenant.sessions('alice'), 'a refused address ends nothing').toHaveLength(1)
    const url = endSessionUrl(tenant, { ...ask, post_logout_redirect_uri: client.redirectUri })
    const back = await agent.navigate(url, { from: null })
    expect(back.url.href).toBe(`${client.redirectUri}?state=xyz`)
    expect((await client.silent(agent)).get('error')).toBe('login_required')
  })

  it('S27 tokens stay good until they are revoked', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const agent = visitor()
    const tokens = await client.signInOffline(agent, 'alice')
    const ask = { client_id: client.clientId, id_token_hint: tokens.id_token ?? '' }
    const url = endSessionUrl(tenant, { ...ask, post_logout_redirect_uri: client.redirectUri })
    await agent.navigate(url, { from: null })
    expect(tenant.sessions('alice')).toEqual([])
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      expect(await client.introspect(token)).toMatchObject({ active: true })
      expect(await client.revoke(token)).toBe(200)
      expect(await client.introspect(token)).toMatchObject({ active: false })
    }
  })

  it('S27 the BFF revokes both before it sends the user there', async () => {
    const world = await startWorld()
    await world.browser.login('alice')
    await world.browser.fetch('/bff/api/orders/1')
    const access = world.api.calls.at(-1)?.headers.authorization?.replace('Bearer ', '')
    await logout(world)
    expect(await mosaicClient(world.mosaic).introspect(access)).toMatchObject({ active: false })
    expect(world.mosaic.idp.live('RefreshToken')).toBe(0)
  })
})

describe('S28 both end all sessions of that user', () => {
  const ways = ['the Logout API', 'a redirect'] as const

  it.each(ways)(
    'S28 by %s: what is elsewhere lives until its access token expires, other users stay',
    async (way) => {
      const world = await startWorld(way === 'the Logout API' ? withLogoutApi : patient)
      const { mosaic: tenant, browser, newBrowser, pass } = world
      const [elsewhere, bobs] = [newBrowser(), newBrowser()]
      await elsewhere.login('alice')
      await bobs.login('bob')
      await browser.login('alice')
      const other = mosaicClient(tenant, OTHER_CLIENT_ID)
      const app = visitor()
      await other.signIn(app, 'alice')
      expect(tenant.sessions('alice')).toHaveLength(3)
      const url = await logout(world)
      if (way === 'a redirect') await browser.agent.navigate(url, { from: `${APP_ORIGIN}/` })
      expect(tenant.sessions('alice')).toEqual([])
      expect((await other.silent(app)).get('error')).toBe('login_required')
      expect((await elsewhere.fetch('/bff/api/orders/1')).status).toBe(200)
      const issued = world.issued()
      pass(3601)
      expect((await elsewhere.fetch('/bff/api/orders/1')).status).toBe(401)
      expect(await elsewhere.session()).toMatchObject({ last: { ended_by: 'idp_session_over' } })
      expect(world.issued()).toBe(issued)
      expect(tenant.sessions('bob')).toHaveLength(1)
      expect(await silent({ browser: bobs })).toBe('signed in')
    },
  )

  it.each([
    ['user', 3],
    ['app', 2],
    ['session', 1],
  ] as const)('S28 the scope %s reaches %d of three sessions', async (logoutScope, count) => {
    const tenant = await startTenant()
    tenant.settings.logoutScope = logoutScope
    const client = mosaicClient(tenant)
    const { access_token } = await client.signIn(visitor(), 'alice')
    await client.signIn(visitor(), 'alice')
    await mosaicClient(tenant, OTHER_CLIENT_ID).signIn(visitor(), 'alice')
    const answer = await callApi(tenant, 'POST', '/cis/v1/auth/logout', access_token)
    expect(answer.body).toEqual({ sessions_count: count })
    expect(tenant.sessions('alice')).toHaveLength(3 - count)
  })
})
