import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  APP_ORIGIN,
  callApi,
  endSessionUrl,
  mosaicClient,
  OTHER_CLIENT_ID,
  startTestMosaic,
  type LogoutScope,
  type Mosaic,
  type MosaicClientDriver,
  type MosaicTokens,
} from '../support/mosaic.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'

let mosaic: Mosaic
let client: MosaicClientDriver
let other: MosaicClientDriver
let agent: UserAgent
let agentElsewhere: UserAgent

beforeEach(async () => {
  mosaic = await startTestMosaic()
  client = mosaicClient(mosaic)
  other = mosaicClient(mosaic, OTHER_CLIENT_ID)
  agent = createUserAgent()
  agentElsewhere = createUserAgent()
})
afterEach(() => mosaic.close())

const LOGOUT = '/cis/v1/auth/logout'
const back = `${APP_ORIGIN}/`

/** What is left of three sessions of alice, two of the first application, after one of them was logged out of. */
const REACH: [LogoutScope, ended: number, left: number][] = [
  ['user', 3, 0],
  ['app', 2, 1],
  ['session', 1, 2],
]

const threeSessions = async (): Promise<MosaicTokens> => {
  await client.signIn(createUserAgent(), 'alice')
  await other.signIn(agentElsewhere, 'alice')
  await client.signIn(createUserAgent(), 'bob')
  return client.signInOffline(agent, 'alice')
}

const goTo = (params: Record<string, string>): ReturnType<UserAgent['navigate']> =>
  agent.navigate(endSessionUrl(mosaic, params), { from: APP_ORIGIN })

describe('the Logout API', () => {
  it.each(REACH)('with logoutScope %s ends %i sessions and leaves %i', async (scope, ended, left) => {
    mosaic.settings.logoutScope = scope
    const tokens = await threeSessions()
    const answer = await callApi(mosaic, 'POST', LOGOUT, tokens.access_token)
    expect(answer).toMatchObject({ status: 200, body: { sessions_count: ended } })
    expect(mosaic.sessions('alice')).toHaveLength(left)
    expect(mosaic.sessions('bob')).toHaveLength(1)
    expect((await client.silent(agent)).get('error')).toBe('login_required')
    expect((await client.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    expect((await other.silent(agentElsewhere)).get('error')).toBe(left > 0 ? null : 'login_required')
  })

  it('leaves tokens unrevoked, unless that is set', async () => {
    const tokens = await threeSessions()
    await callApi(mosaic, 'POST', LOGOUT, tokens.access_token)
    expect(await client.introspect(tokens.access_token)).toMatchObject({ active: true })
    expect(await client.introspect(tokens.refresh_token)).toMatchObject({ active: true })
    mosaic.settings.logoutRevokesTokens = true
    const later = await client.signInOffline(agent, 'alice')
    await callApi(mosaic, 'POST', LOGOUT, later.access_token)
    expect(await client.introspect(later.access_token)).toEqual({ active: false })
    expect(await client.introspect(later.refresh_token)).toEqual({ active: false })
  })

  it('counts nothing the second time, or does not know the token any more', async () => {
    const offline = await client.signInOffline(agent, 'alice')
    await callApi(mosaic, 'POST', LOGOUT, offline.access_token)
    expect((await callApi(mosaic, 'POST', LOGOUT, offline.access_token)).body).toEqual({ sessions_count: 0 })
    const plain = await client.signIn(agent, 'alice')
    await callApi(mosaic, 'POST', LOGOUT, plain.access_token)
    expect((await callApi(mosaic, 'POST', LOGOUT, plain.access_token)).status).toBe(401)
  })

  it('wants a user token of this issuer that has not expired', async () => {
    const { access_token: token = '' } = await client.signInOffline(agent, 'alice')
    const invalid = { status: 401, body: { message: 'Invalid token', error_code: 401 } }
    const forged = `${token.slice(0, -8)}AAAAAAAA`
    for (const wrong of [undefined, 'x', forged, await mosaic.clientToken()])
      expect(await callApi(mosaic, 'POST', LOGOUT, wrong)).toMatchObject(invalid)
    mosaic.clock.advance(3_601_000)
    expect(await callApi(mosaic, 'POST', LOGOUT, token)).toMatchObject(invalid)
    expect(mosaic.sessions('alice')).toHaveLength(1)
    expect((await callApi(mosaic, 'GET', LOGOUT, token)).status).toBe(404)
  })
})

describe('end_session', () => {
  it('is a page that the browser runs, and comes back with state', async () => {
    const tokens = await client.signInOffline(agent, 'alice')
    const hint = { client_id: client.clientId, id_token_hint: tokens.id_token ?? '' }
    const url = endSessionUrl(mosaic, { ...hint, post_logout_redirect_uri: back, state: 'xyz' })
    const page = await agent.navigate(url, { from: APP_ORIGIN, scripts: false })
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(mosaic.sessions('alice')).toHaveLength(1)
    await goTo({ ...hint, post_logout_redirect_uri: back, state: 'xyz' })
    expect(agent.page?.url.href).toBe(`${back}?state=xyz`)
    expect(mosaic.sessions('alice')).toEqual([])
    expect(agent.cookies.get(mosaic.baseUrl, '_session')).toBeUndefined()
    expect(await client.introspect(tokens.access_token)).toMatchObject({ active: true })
    expect(await client.introspect(tokens.refresh_token)).toMatchObject({ active: true })
    expect((await client.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
  })

  it.each(REACH)('with logoutScope %s ends %i sessions and leaves %i', async (scope, _ended, left) => {
    mosaic.settings.logoutScope = scope
    await threeSessions()
    await goTo({ client_id: client.clientId, post_logout_redirect_uri: back })
    expect(agent.page?.url.href).toBe(back)
    expect(mosaic.sessions('alice')).toHaveLength(left)
    expect(mosaic.sessions('bob')).toHaveLength(1)
    expect((await other.silent(agentElsewhere)).get('error')).toBe(left > 0 ? null : 'login_required')
  })

  it('goes to no address that is not a redirect URI of the client, and without a client to none', async () => {
    await client.signIn(agent, 'alice')
    const wrong = { client_id: client.clientId, post_logout_redirect_uri: 'https://evil.example/' }
    expect((await goTo(wrong)).status).toBe(400)
    expect(agent.page?.url.origin).toBe(mosaic.baseUrl)
    expect(mosaic.sessions('alice')).toHaveLength(1)
    await goTo({ post_logout_redirect_uri: back })
    expect(agent.page?.text).toContain('You are signed out')
    expect(mosaic.sessions('alice')).toEqual([])
  })

  it('reaches every authentication of this browser, however little else', async () => {
    mosaic.settings.logoutScope = 'session'
    const tokens = await client.signInOffline(agent, 'alice')
    await client.signIn(agent, 'alice', { acr_values: 'mfa' })
    await other.signIn(agentElsewhere, 'alice')
    expect(mosaic.sessions('alice')).toHaveLength(3)
    await goTo({ client_id: client.clientId, post_logout_redirect_uri: back })
    expect(mosaic.sessions('alice')).toMatchObject([{ client_id: other.clientId }])
    expect((await client.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
  })

  it('revokes the tokens where that is set', async () => {
    mosaic.settings.endSessionRevokesTokens = true
    const tokens = await client.signInOffline(agent, 'alice')
    await goTo({ client_id: client.clientId, post_logout_redirect_uri: back })
    expect(await client.introspect(tokens.access_token)).toEqual({ active: false })
    expect(await client.introspect(tokens.refresh_token)).toEqual({ active: false })
  })
})

describe('SSO logout', () => {
  const path = '/ido/api/v2/auth/sso-logout'

  it('ends the one session, asking for no credentials', async () => {
    await threeSessions()
    const id = mosaic.sessions('alice')[1]?.session_id ?? ''
    const query = `?clientId=${other.clientId}&ssoSessionId=${id}`
    expect((await callApi(mosaic, 'POST', path + query)).status).toBe(200)
    expect(mosaic.sessions('alice')).toHaveLength(2)
    expect((await other.silent(agentElsewhere)).get('error')).toBe('login_required')
    expect((await callApi(mosaic, 'POST', path + query)).status).toBe(404)
  })

  it('says what is missing', async () => {
    expect(await callApi(mosaic, 'POST', path)).toMatchObject({
      status: 400,
      body: { message: ['clientId and ssoSessionId are required'], error_code: 400 },
    })
  })
})

describe('back-channel logout', () => {
  it('is not there, and can be turned on for other providers’ sake', async () => {
    const told = vi.fn<typeof fetch>(async () => new Response(null, { status: 200 }))
    await mosaic.close()
    mosaic = await startTestMosaic({ fetch: told })
    client = mosaicClient(mosaic)
    await client.signIn(agent, 'alice')
    await mosaic.endSessions('alice')
    expect(told).not.toHaveBeenCalled()
    mosaic.settings.backchannelLogout = true
    expect(await (await fetch(mosaic.discoveryUrl)).json()).toMatchObject({
      backchannel_logout_supported: true,
    })
    await client.signIn(agent, 'alice')
    await mosaic.endSessions('alice')
    expect(String(told.mock.calls[0]?.[0])).toBe(`${APP_ORIGIN}/bff/backchannel-logout`)
  })
})
