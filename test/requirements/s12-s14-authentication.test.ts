/** S12 to S14: what an authentication makes: a session, an access token, an ID token, and a refresh token where it was asked for. */
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { problemOf } from '../bff/bench.js'
import { mosaicClient, type Mosaic } from '../support/mosaic.js'
import { startTenant } from './tenant.js'
import { visitor } from './visitor.js'
import { startWorld } from './world.js'

const idsOf = (tenant: Mosaic, sub = 'alice'): string[] =>
  tenant.sessions(sub).map(({ session_id: id }) => id)

describe('S12 every authentication of a user makes a new session', () => {
  it('S12 two interactive logins are two sessions at the IDP, and two application sessions', async () => {
    const { browser, mosaic: tenant } = await startWorld()
    await browser.login('alice')
    const first = { ...(await browser.signedIn()), cookie: browser.cookie('session') }
    const [id] = idsOf(tenant)
    await browser.login('alice', '/bff/login?return_to=/app&prompt=login')
    const second = { ...(await browser.signedIn()), cookie: browser.cookie('session') }
    expect(new Set([id, ...idsOf(tenant)]).size).toBe(2)
    expect(second.ref).not.toBe(first.ref)
    expect(second.cookie).not.toBe(first.cookie)
    expect(second.app.started_at).toBeGreaterThanOrEqual(first.app.started_at)
    expect(second.user.sub).toBe('alice')
  })

  it('S12 a silent renewal makes neither', async () => {
    const {
      browser,
      mosaic: tenant,
      pass,
      issued,
    } = await startWorld({
      bff: (base) => ({ ...base, session: { ...base.session, idle: 0 } }),
    })
    await browser.login('alice')
    const before = {
      ids: idsOf(tenant),
      ref: (await browser.signedIn()).ref,
      cookie: browser.cookie('session'),
    }
    pass(3601)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    expect(issued()).toBeGreaterThanOrEqual(2)
    expect({
      ids: idsOf(tenant),
      ref: (await browser.signedIn()).ref,
      cookie: browser.cookie('session'),
    }).toEqual(before)
  })

  it('S12 nor does a silent authorization at the IDP', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const agent = visitor()
    const first = await client.signIn(agent, 'alice')
    const ids = idsOf(tenant)
    tenant.clock.advance(60_000)
    const code = (await client.silent(agent)).get('code')
    const { body } = await client.exchange(code ?? '')
    expect(idsOf(tenant)).toEqual(ids)
    expect(decodeJwt(body.id_token ?? '')['auth_time']).toBe(decodeJwt(first.id_token ?? '')['auth_time'])
    await client.signIn(agent, 'alice', { prompt: 'login' })
    expect(new Set([...ids, ...idsOf(tenant)]).size).toBe(2)
  })
})

describe('S13 an authentication brings an access token and an ID token', () => {
  it('S13 the code is exchanged for both, with their type, their lifetime and their scope', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const tokens = await client.signIn(visitor(), 'alice')
    expect(tokens).toMatchObject({
      access_token: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
      id_token: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid',
    })
    expect(tokens.access_token).not.toBe(tokens.id_token)
  })

  it('S13 the BFF keeps both: who it is by the one, and access by the other', async () => {
    const { browser, api, mosaic: tenant } = await startWorld()
    await browser.login('alice')
    const { user, authentication, access } = await browser.signedIn()
    expect(user.sub).toBe('alice')
    expect(authentication).toMatchObject({ time: expect.any(Number), amr: ['pwd'] })
    expect(access.scope.toSorted()).toEqual(['offline_access', 'openid'])
    await browser.fetch('/bff/api/orders/1')
    const bearer = api.calls[0]?.headers.authorization?.replace('Bearer ', '')
    const { exp = 0, sub } = decodeJwt(bearer ?? '')
    expect(sub).toBe('alice')
    expect(access.expires_at).toBeLessThanOrEqual(exp * 1000)
    expect(access.expires_at).toBeGreaterThan(exp * 1000 - 2000)
    const { end_session_url: url } = (await (await browser.post('/bff/logout')).json()) as Record<
      string,
      string
    >
    const hint = new URL(url ?? '').searchParams.get('id_token_hint') ?? ''
    expect(decodeJwt(hint)).toMatchObject({ sub: 'alice', iss: tenant.issuer, aud: 'mosaic-web' })
  })
})

describe('S14 there is a refresh token only where offline_access was asked for', () => {
  it.each([
    ['nothing', {}, false],
    ['consent alone', { prompt: 'consent' }, false],
    ['offline_access without consent', { scope: 'openid offline_access' }, false],
    ['offline_access with consent', { scope: 'openid offline_access', prompt: 'consent' }, true],
  ])('S14 Mosaic, asked for %s', async (_, params: Record<string, string>, isThere) => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const tokens = await client.signIn(visitor(), 'alice', params)
    expect(tokens.access_token).toEqual(expect.any(String))
    expect('refresh_token' in tokens).toBe(isThere)
    expect((tokens.scope ?? '').split(' ').includes('offline_access')).toBe(isThere)
  })

  it('S14 the preset asks for it, with consent', async () => {
    const { browser, mosaic: tenant } = await startWorld()
    await browser.login('alice')
    expect((await browser.signedIn()).access.extendable).toBe(true)
    expect(tenant.idp.live('RefreshToken')).toBe(1)
  })

  it('S14 without one the BFF works until access expires, says so from the beginning, and asks for none', async () => {
    const world = await startWorld({
      bff: (base) => ({
        ...base,
        idp: { ...base.idp, scope: 'openid', authorizationParams: {} },
        session: { ...base.session, idle: 0 },
      }),
    })
    const { browser, mosaic: tenant, pass, openApp } = world
    const page = openApp()
    await page.signIn()
    expect(tenant.idp.live('RefreshToken')).toBe(0)
    expect(page.session.access.extendable).toBe(false)
    expect((await browser.signedIn()).access.extendable).toBe(false)
    expect((await page.call()).status).toBe(200)
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    pass(3590)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
    pass(11)
    const over = await browser.fetch('/bff/api/orders/1')
    expect([over.status, (await problemOf(over))['code']]).toEqual([401, 'login_required'])
    expect(tenant.idp.tokenRequests.map(({ grant_type: grant }) => grant)).toEqual(['authorization_code'])
    expect(tenant.sessions('alice'), 'at the IDP it goes on').toHaveLength(1)
  })
})
