/** The BFF, configured by the preset alone, in front of the emulator, whose issuer is on another host than its endpoints. */
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { problemOf } from '../bff/bench.js'
import { mosaicClient, ORDERS_RESOURCE, REPORTS_RESOURCE, WEB_CLIENT_ID } from '../support/mosaic.js'
import { ORIGIN, startMosaicWorld } from './mosaic-world.js'

const HOUR = 3_600_000

describe('a login', () => {
  it('asks for a refresh token and for the resource, and takes tokens of an issuer that is elsewhere', async () => {
    const { mosaic, browser, ask, bearer } = await startMosaicWorld()
    const { origin, pathname, searchParams } = await ask()
    expect(origin + pathname).toBe(`${mosaic.baseUrl}/cis/oidc/auth`)
    expect(Object.fromEntries(searchParams)).toMatchObject({
      scope: 'openid offline_access',
      prompt: 'consent',
      resource: ORDERS_RESOURCE,
    })
    await browser.login('alice')
    const session = await browser.signedIn()
    expect(session).toMatchObject({
      user: { sub: 'alice' },
      access: { extendable: true, audience: [ORDERS_RESOURCE] },
    })
    expect(mosaic.sessions('alice')).toHaveLength(1)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
    expect(decodeJwt(bearer())).toMatchObject({ iss: 'https://userid.security', aud: ORDERS_RESOURCE })
    expect(new URL(mosaic.issuer).origin).not.toBe(new URL(mosaic.baseUrl).origin)
  })

  it('knows when the session at Mosaic ends: as long after each issuance as the client has it', async () => {
    const { mosaic, browser } = await startMosaicWorld({ sessionExpiration: 86_400 })
    mosaic.clients.update(WEB_CLIENT_ID, { session_expiration: 86_400 })
    await browser.login('alice')
    const told = async (): Promise<number> => (await browser.signedIn()).idp.ends_at ?? 0
    const known = (): number => Date.parse(mosaic.sessions('alice')[0]?.expiration_time ?? '')
    expect(Math.abs((await told()) - known())).toBeLessThan(5000)
    mosaic.clock.advance(20 * 60_000)
    await browser.post('/bff/refresh')
    expect(Math.abs((await told()) - known())).toBeLessThan(5000)
  })

  it('that forces an authentication still brings a refresh token', async () => {
    const { browser, ask } = await startMosaicWorld()
    expect((await ask('prompt=login')).searchParams.get('prompt')).toBe('login consent')
    await browser.login('alice')
    await browser.login('alice', '/bff/login?return_to=/app&prompt=login')
    expect((await browser.signedIn()).access.extendable).toBe(true)
  })

  it('asks for claims and for what it must satisfy', async () => {
    const claims = { id_token: { roles: null, ido_sso_session_id: null } }
    const { browser, ask } = await startMosaicWorld({ claims, acrValues: ['mfa'] })
    const { searchParams } = await ask()
    expect(JSON.parse(searchParams.get('claims') ?? '')).toEqual(claims)
    expect(searchParams.get('acr_values')).toBe('mfa')
    await browser.login('alice')
    const { user, authentication } = await browser.signedIn()
    expect(user['ido_sso_session_id']).toEqual(expect.any(String))
    expect(authentication).toMatchObject({ acr: 'mfa', amr: expect.arrayContaining(['mfa']) })
  })

  it('pushes its request where the client must, and takes 200 for an answer', async () => {
    const { mosaic, browser } = await startMosaicWorld({ pushedAuthorization: true })
    mosaic.clients.update(WEB_CLIENT_ID, { enforce_par: true })
    await browser.login('alice')
    expect(await browser.signedIn()).toMatchObject({ access: { extendable: true } })
    expect(mosaic.idp.count('pushed_authorization_request')).toBe(1)
  })
})

describe('a refresh', () => {
  it('renews access when it has expired, with a refresh token that is new each time', async () => {
    const { mosaic, browser, bearer } = await startMosaicWorld({}, { session: { idle: 0 } })
    await browser.login('alice')
    const seen = new Set<string>()
    for (let hour = 0; hour < 4; hour++) {
      expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
      seen.add(bearer())
      mosaic.clock.advance(HOUR + 1000)
    }
    expect(seen.size).toBe(4)
    expect(mosaic.idp.tokenRequests).toHaveLength(4)
    expect(mosaic.idp.tokenRequests.every(({ error }) => error === null)).toBe(true)
  })
})

describe('a second resource', () => {
  it('is not to be had by a refresh, which is never sent: its API asks for a login, and the session goes on as it was', async () => {
    const { mosaic, browser, api } = await startMosaicWorld({}, { session: { idle: 0 } }, (url) => ({
      orders: { url },
      reports: { url, resource: REPORTS_RESOURCE },
    }))
    await browser.login('alice')
    const before = mosaic.idp.tokenRequests.length
    const refused = await browser.fetch('/bff/api/reports/1')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain(`resource="${REPORTS_RESOURCE}"`)
    expect(await problemOf(refused)).toMatchObject({ code: 'criteria_unmet', unmet: ['audience'] })
    expect(mosaic.idp.tokenRequests).toHaveLength(before)
    for (let refresh = 0; refresh < 2; refresh++) {
      mosaic.clock.advance(3_700_000)
      expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
    }
    expect(await browser.signedIn()).toMatchObject({
      idp: { status: 'active' },
      access: { extendable: true },
    })

    const login = `/bff/login?return_to=/app&resource=${encodeURIComponent(REPORTS_RESOURCE)}`
    await browser.agent.navigate(`${ORIGIN}${login}`, { from: `${ORIGIN}/` })
    expect((await browser.fetch('/bff/api/reports/1')).status).toBe(200)
    expect(decodeJwt(String(api.calls.at(-1)?.headers.authorization).slice(7)).aud).toBe(REPORTS_RESOURCE)
  })
})

describe('a logout', () => {
  it('revokes both tokens, and leads to where the session at Mosaic ends', async () => {
    const { mosaic, browser, bearer } = await startMosaicWorld()
    await browser.login('alice')
    await browser.fetch('/bff/api/orders/1')
    const accessToken = bearer()
    const answer = await browser.post('/bff/logout', { return_to: '/' })
    const body: { end_session_url: string } = await answer.json()
    expect(Object.keys(body)).toEqual(['end_session_url'])
    const url = new URL(body.end_session_url)
    expect(url.origin + url.pathname).toBe(`${mosaic.baseUrl}/cis/oidc/session/end`)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: WEB_CLIENT_ID,
      id_token_hint: expect.stringMatching(/^eyJ/),
      post_logout_redirect_uri: `${ORIGIN}/`,
    })
    expect(await mosaicClient(mosaic).introspect(accessToken)).toEqual({ active: false })
    expect(mosaic.idp.count('revocation')).toBe(2)
    expect(mosaic.idp.live('RefreshToken')).toBe(0)
    expect(mosaic.sessions('alice')).toHaveLength(1)

    await browser.agent.navigate(url, { from: `${ORIGIN}/` })
    expect(browser.agent.page?.url.href).toBe(`${ORIGIN}/`)
    expect(mosaic.sessions('alice')).toHaveLength(0)
    expect(await browser.session()).toMatchObject({ authenticated: false })
  })

  it('is done here while Mosaic is down, and says what was left there', async () => {
    const { mosaic, browser, log } = await startMosaicWorld()
    await browser.login('alice')
    await mosaic.down()
    const answer = await browser.post('/bff/logout')
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      end_session_url: expect.stringContaining('/cis/oidc/session/end'),
      left: ['access_token', 'refresh_token'],
    })
    expect(await browser.session()).toMatchObject({ authenticated: false })
    expect(browser.cookie('session')).toBeUndefined()
    expect(log).toContainEqual(
      expect.objectContaining({ event: 'logout_incomplete', left: 'access_token refresh_token' }),
    )
    await mosaic.up()
  })

  it('says so, too, where it is not even known where the session at Mosaic ends', async () => {
    const { mosaic, browser, restart } = await startMosaicWorld()
    await browser.login('alice')
    await mosaic.down()
    restart()
    expect(await (await browser.post('/bff/logout')).json()).toEqual({
      end_session_url: null,
      left: ['access_token', 'refresh_token', 'idp_session'],
    })
    expect(await browser.session()).toMatchObject({ authenticated: false })
    await mosaic.up()
  })

  it('tells of what Mosaic refuses to revoke', async () => {
    const { mosaic, browser } = await startMosaicWorld()
    await browser.login('alice')
    mosaic.limit('revocation', { times: 1 })
    expect(await (await browser.post('/bff/logout')).json()).toMatchObject({
      left: [expect.stringMatching(/^(access|refresh)_token$/)],
    })
  })
})

describe('limits of Mosaic', () => {
  it.each([
    ['that say for how long', 40, 40_000],
    ['that say nothing', undefined, 1_000],
  ])('%s are kept to, and sign nobody out', async (_, retryAfter, least) => {
    const { mosaic, browser } = await startMosaicWorld({}, { session: { idle: 0 } })
    await browser.login('alice')
    mosaic.clock.advance(HOUR + 1000)
    const count = (): number => mosaic.idp.count('token')
    const before = count()
    mosaic.limit('token', { ...(retryAfter !== undefined && { retryAfter }) })
    for (let call = 0; call < 10; call++) {
      const answer = await browser.fetch('/bff/api/orders/1')
      expect(answer.status).toBe(503)
      expect(Number(answer.headers.get('retry-after')) * 1000).toBeGreaterThan(0)
    }
    expect(count()).toBe(before + 1)
    mosaic.clock.advance(least + 1)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(503)
    expect(count()).toBe(before + 2)
    mosaic.unlimit('token')
    mosaic.clock.advance(Math.max(least, 2_000) + 1)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
  })

  it.each([
    ['what was asked for', 40, 503],
    ['nothing else', undefined, 200],
  ])('hold a page that spaces its tries itself to %s', async (_, retryAfter, status) => {
    const { mosaic, browser } = await startMosaicWorld({}, { session: { idle: 0 } })
    await browser.login('alice')
    mosaic.limit('token', { times: 1, ...(retryAfter !== undefined && { retryAfter }) })
    expect((await browser.post('/bff/refresh')).status).toBe(503)
    expect((await browser.post('/bff/refresh')).status).toBe(status)
  })

  it('on its metadata are kept to as well', async () => {
    const { mosaic, ask } = await startMosaicWorld()
    mosaic.limit('discovery', { retryAfter: 30 })
    for (let call = 0; call < 5; call++)
      expect((await ask('return_to=/app')).pathname).not.toBe('/cis/oidc/auth')
    expect(mosaic.idp.count('discovery')).toBe(1)
    mosaic.unlimit('discovery')
    mosaic.clock.advance(30_001)
    expect((await ask()).pathname).toBe('/cis/oidc/auth')
  })
})
