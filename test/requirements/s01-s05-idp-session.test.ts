/** S1 to S5: what a session at the IDP is, how it begins, whose it is, how it is kept, and when it is over. */
import { describe, expect, it } from 'vitest'
import {
  ADMIN_CLIENT_ID,
  callApi,
  DAY,
  endSessionUrl,
  MOSAIC_CLIENT_SECRET,
  mosaicClient,
  mosaicHandler,
  SECURE_ORIGIN,
  WEB_CLIENT_ID,
} from '../support/mosaic.js'
import { problemOf } from '../bff/bench.js'
import { cookieNames } from '../../src/protocol.js'
import { startTenant } from './tenant.js'
import { inTheSecondOf, visitor } from './visitor.js'
import { APP_ORIGIN, startWorld } from './world.js'

describe('S01 a session follows what a user does with a resource, for a bounded time', () => {
  it('S01 it is listed with its user, its client, its start and its end, and is gone after that', async () => {
    const tenant = await startTenant()
    const before = Date.now()
    await mosaicClient(tenant).signIn(visitor(), 'alice')
    const list = async () => {
      const answer = await callApi(tenant, 'GET', '/cis/v1/sessions/alice', await tenant.clientToken())
      expect(answer.status).toBe(200)
      return Object.values(answer.body) as Record<string, string>[]
    }
    const [session, ...others] = await list()
    expect(others).toEqual([])
    expect(session).toMatchObject({ user_id: 'alice', client_id: WEB_CLIENT_ID })
    expect(session?.['session_id']).not.toBe('')
    const [start, end] = [
      Date.parse(session?.['start_time'] ?? ''),
      Date.parse(session?.['expiration_time'] ?? ''),
    ]
    expect(start).toBeGreaterThanOrEqual(before - 1000)
    expect(start).toBeLessThanOrEqual(Date.now())
    expect(end).toBeGreaterThan(start)
    tenant.clock.advance(end - Date.now() + 1000)
    expect(await list()).toEqual([])
  })

  it('S01 the application session has a start and ends too, and is gone after them', async () => {
    const { browser, pass } = await startWorld()
    await browser.login('alice')
    const { app, user } = await browser.signedIn()
    expect(user.sub).toBe('alice')
    expect(app.ends_at).toBeGreaterThan(app.started_at)
    expect(app.idle_ends_at).toBeLessThan(app.ends_at)
    pass(1799)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
    pass(1801)
    expect(await browser.session()).toMatchObject({
      authenticated: false,
      last: { ended_by: 'app_session_over' },
    })
  })
})

describe('S01 the same through the BFF', () => {
  it('S01 a login through the BFF is listed by it as one session, and is gone there and here after its end', async () => {
    const sessionsApi = { clientId: ADMIN_CLIENT_ID, clientSecret: MOSAIC_CLIENT_SECRET }
    const { bff, browser, pass } = await startWorld({
      bff: (base) => ({
        ...base,
        idp: { ...base.idp, sessionsApi: { ...base.idp.sessionsApi, ...sessionsApi } },
        session: { ...base.session, idle: 0, absolute: 30 * DAY },
      }),
    })
    expect(await bff.idpSessions.list({ sub: 'alice' })).toEqual([])
    await browser.login('alice')
    const [session, ...others] = await bff.idpSessions.list({ sub: 'alice' })
    expect(others).toEqual([])
    expect(session).toMatchObject({ sub: 'alice', clientId: WEB_CLIENT_ID, id: expect.stringMatching(/./) })
    const { startedAt = 0, expiresAt: end = 0 } = session ?? {}
    expect(end).toBeGreaterThan(startedAt)
    expect(Math.abs(((await browser.signedIn()).idp.ends_at ?? 0) - end)).toBeLessThan(10_000)

    pass((end - Date.now()) / 1000 + 10)
    expect(await bff.idpSessions.list({ sub: 'alice' })).toEqual([])
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    expect(await browser.session()).toMatchObject({
      authenticated: false,
      last: { ended_by: 'idp_session_over' },
    })
  })
})

describe('S02 a frontend session at the IDP is made by a login by redirect, on hosted pages', () => {
  it('S02 there is none before, and one after authorization, hosted form and code', async () => {
    const { browser, mosaic: tenant } = await startWorld()
    expect(tenant.sessions('alice')).toEqual([])
    await browser.agent.navigate(`${APP_ORIGIN}/bff/login?return_to=/app`, { from: `${APP_ORIGIN}/` })
    expect(browser.agent.page?.url.origin, 'the form is on hosted pages').toBe(tenant.baseUrl)
    expect(tenant.sessions('alice'), 'nobody has signed in yet').toEqual([])
    const page = await browser.agent.login('alice')
    expect(page.url.href).toBe(`${APP_ORIGIN}/app`)
    expect(tenant.sessions('alice')).toHaveLength(1)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
  })

  it('S02 a login through a backend API makes no frontend session', async () => {
    const tenant = await startTenant()
    const { access_token, session_id } = await tenant.backendLogin('alice')
    expect([access_token, session_id]).toEqual([expect.any(String), expect.any(String)])
    expect(tenant.sessions('alice')).toEqual([])
    expect((await mosaicClient(tenant).silent(visitor())).get('error')).toBe('login_required')
  })
})

describe('S03 a session at the IDP is one user’s', () => {
  it('S03 another user in the same browser gets another session, and the tokens of the first stay the first’s', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const agent = visitor()
    const alices = await client.signInOffline(agent, 'alice')
    const [first] = tenant.sessions('alice')
    const bobs = await client.signInOffline(agent, 'bob', { prompt: 'login consent' })
    const [second] = tenant.sessions('bob')
    expect(second).toMatchObject({ user_id: 'bob' })
    expect(second?.session_id).not.toBe(first?.session_id)
    expect(await client.introspect(bobs.access_token)).toMatchObject({ active: true, sub: 'bob' })
    expect(await client.introspect(alices.access_token)).toMatchObject({ active: true, sub: 'alice' })
    // alice is not there any more, so hers are not renewed; least of all for bob.
    expect((await client.refresh(alices.refresh_token)).body).toMatchObject({ error: 'invalid_grant' })
    const renewed = (await client.refresh(bobs.refresh_token)).body
    expect(await client.introspect(renewed.access_token)).toMatchObject({ active: true, sub: 'bob' })
  })

  it('S03 the BFF ends the application session of the first', async () => {
    const world = await startWorld({ own: {} })
    const { browser, newBrowser, api } = world
    await browser.login('alice')
    const before = { session: browser.cookie('session') ?? '', csrf: browser.cookie('csrf') ?? '' }
    const { ref } = await browser.signedIn()
    await browser.login('bob', '/bff/login?return_to=/app&prompt=login')
    const now = await browser.signedIn()
    expect(now.user.sub).toBe('bob')
    expect(now.ref).not.toBe(ref)
    expect(await (await browser.fetch('/own')).json()).toMatchObject({ sub: 'bob' })

    const old = newBrowser()
    const line = `${cookieNames.session}=${before.session}; Path=/; Secure; HttpOnly`
    old.agent.cookies.set(new URL(APP_ORIGIN), line)
    const answer = await old.fetch('/bff/api/orders/1', { csrf: before.csrf })
    expect(answer.status).toBe(401)
    expect(await problemOf(answer)).toMatchObject({ ended_by: 'user_changed' })
    // A page of alice's that is still open does not act for bob.
    expect((await browser.fetch('/bff/api/orders/1', { csrf: before.csrf })).status).toBe(409)
    expect(api.calls).toEqual([])
  })
})

describe('S04 the IDP keeps track of it by a cookie in the browser', () => {
  it('S04 on its own origin alone, HttpOnly and Secure; without it there is no session for prompt=none', async () => {
    const tenant = await startTenant({ origin: SECURE_ORIGIN })
    const agent = visitor()
    agent.handle(SECURE_ORIGIN, mosaicHandler(tenant))
    const client = mosaicClient(tenant)
    await client.signIn(agent, 'alice')
    const cookie = agent.cookies.get(SECURE_ORIGIN, '_session')
    expect(cookie).toMatchObject({ httpOnly: true, secure: true })
    for (const elsewhere of [APP_ORIGIN, 'https://mosaic.test', 'https://other.mosaic.test'])
      expect(agent.cookies.all(elsewhere)).toEqual([])
    expect((await client.silent(agent)).has('code')).toBe(true)

    agent.cookies.set(new URL(SECURE_ORIGIN), '_session=; Max-Age=0; Path=/; Secure; HttpOnly')
    expect(agent.cookies.get(SECURE_ORIGIN, '_session')).toBeUndefined()
    expect((await client.silent(agent)).get('error')).toBe('login_required')
    expect(tenant.sessions('alice'), 'the session itself is there').toHaveLength(1)
  })
})

describe('S05 it is live until it expires, unless it is ended before', () => {
  it('S05 a second before its end a silent login works, and a second after it does not', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const agent = visitor()
    await client.signIn(agent, 'alice')
    const end = Date.parse(tenant.sessions('alice')[0]?.expiration_time ?? '')
    const before = await inTheSecondOf(tenant, end - 1000, () => client.silent(agent))
    expect([before.get('error'), before.has('code')]).toEqual([null, true])
    tenant.clock.advance(end + 1000 - Date.now())
    expect((await client.silent(agent)).get('error')).toBe('login_required')
    expect(tenant.sessions('alice')).toEqual([])
  })

  it('S05 ended before, it is over at once', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const agent = visitor()
    const { id_token: hint = '' } = await client.signIn(agent, 'alice')
    const ask = {
      client_id: client.clientId,
      id_token_hint: hint,
      post_logout_redirect_uri: client.redirectUri,
    }
    await agent.navigate(endSessionUrl(tenant, ask), { from: null })
    expect((await client.silent(agent)).get('error')).toBe('login_required')

    await client.signIn(agent, 'alice')
    expect((await client.silent(agent)).has('code')).toBe(true)
    await callApi(tenant, 'DELETE', '/cis/v1/sessions/alice', await tenant.clientToken())
    expect((await client.silent(agent)).get('error')).toBe('login_required')
  })
})
