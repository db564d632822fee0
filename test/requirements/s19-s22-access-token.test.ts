/** S19 to S22: what an access token says: until when, whose, for which resource, and with which roles. */
import { decodeJwt, type JWTPayload } from 'jose'
import type { BffOptions } from 'tandem-session/bff'
import { describe, expect, it } from 'vitest'
import { problemOf } from '../bff/bench.js'
import {
  mosaicClient,
  ORDERS_RESOURCE,
  REPORTS_RESOURCE,
  UNATTACHED_RESOURCE,
  type Mosaic,
} from '../support/mosaic.js'
import { startTenant } from './tenant.js'
import { inTheSecondOf, visitor } from './visitor.js'
import { startWorld, type World } from './world.js'

/** The claims of the access token that the API was called with last. */
const received = ({ api }: Pick<World, 'api'>): JWTPayload =>
  decodeJwt(api.calls.at(-1)?.headers.authorization?.replace('Bearer ', '') ?? '')

const call = async ({ browser }: Pick<World, 'browser'>, path = '/bff/api/orders/1'): Promise<number> =>
  (await browser.fetch(path)).status

/** Nothing renews access. */
const unrenewed = (base: BffOptions): BffOptions => ({
  ...base,
  idp: { ...base.idp, scope: 'openid', authorizationParams: { resource: ORDERS_RESOURCE } },
  session: { ...base.session, idle: 0 },
})

describe('S19 the access token is a JWT that expires', () => {
  it.each([
    ['an hour, where nothing is set', undefined, 3600],
    ['what its resource says', 120, 120],
  ])('S19 its exp is its iat and %s', async (_, ttl, lifetime) => {
    const tenant = await startTenant()
    if (ttl !== undefined)
      Object.assign(tenant.resources.get(ORDERS_RESOURCE) ?? {}, { access_token_ttl: ttl })
    const client = mosaicClient(tenant)
    const tokens = await client.signIn(visitor(), 'alice', { resource: ORDERS_RESOURCE })
    const { iat = 0, exp = 0 } = decodeJwt(tokens.access_token ?? '')
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(10)
    expect(exp).toBe(iat + lifetime)
    expect(tokens.expires_in).toBe(lifetime)
  })

  it('S19 the BFF uses it before exp, and at exp not any more', async () => {
    const world = await startWorld({ bff: unrenewed, own: {} })
    const { mosaic: tenant, browser, api } = world
    await browser.login('alice')
    expect(await call(world)).toBe(200)
    const exp = (received(world).exp ?? 0) * 1000
    expect(await inTheSecondOf(tenant, exp - 2000, () => call(world))).toBe(200)
    const calls = api.calls.length
    tenant.clock.advance(exp - Date.now())
    expect([await call(world), await call(world, '/own')]).toEqual([401, 401])
    expect(api.calls).toHaveLength(calls)
  })
})

describe('S20 the access token names the user', () => {
  it('S20 sub is the user_id of the listed session, and the sub of the ID token', async () => {
    const tenant = await startTenant()
    for (const user of ['alice', 'bob']) {
      const tokens = await mosaicClient(tenant).signIn(visitor(), user)
      const { sub } = decodeJwt(tokens.access_token ?? '')
      expect(sub).toBe(tenant.sessions(user)[0]?.user_id)
      expect(sub).toBe(decodeJwt(tokens.id_token ?? '').sub)
      expect(sub).toBe(user)
    }
  })

  it('S20 the API gets the token of the user who is signed in, and nobody else’s', async () => {
    const world = await startWorld()
    const bobs = world.newBrowser()
    await world.browser.login('alice')
    await bobs.login('bob')
    for (const [browser, user] of [
      [world.browser, 'alice'],
      [bobs, 'bob'],
      [world.browser, 'alice'],
    ] as const) {
      expect(await call({ browser })).toBe(200)
      expect(received(world).sub).toBe(user)
      expect((await browser.signedIn()).user.sub).toBe(user)
    }
  })
})

describe('S21 the access token names the resource it is for', () => {
  const audienceFor = async (tenant: Mosaic, params: Record<string, string>) =>
    decodeJwt((await mosaicClient(tenant).signIn(visitor(), 'alice', params)).access_token ?? '').aud

  it('S21 the one that was asked for, and userid-api where none was', async () => {
    const tenant = await startTenant()
    expect(await audienceFor(tenant, { resource: ORDERS_RESOURCE })).toBe(ORDERS_RESOURCE)
    expect(await audienceFor(tenant, { resource: REPORTS_RESOURCE })).toBe(REPORTS_RESOURCE)
    expect(await audienceFor(tenant, {})).toBe('userid-api')
  })

  it('S21 one that is not attached to the client is refused', async () => {
    const tenant = await startTenant()
    for (const resource of [UNATTACHED_RESOURCE, 'https://nobody.example']) {
      const callback = await mosaicClient(tenant).start(visitor(), { resource })
      expect([callback.get('error'), callback.has('code')]).toEqual(['invalid_target', false])
    }
    const { browser } = await startWorld({
      bff: (base) => ({
        ...base,
        idp: { ...base.idp, authorizationParams: { prompt: 'consent', resource: UNATTACHED_RESOURCE } },
      }),
    })
    expect((await browser.login('alice')).searchParams.get('login_error')).toBe('invalid_target')
    expect(await browser.session()).toEqual({ authenticated: false })
  })

  it('S21 the BFF’s route for one resource takes no access that is for another', async () => {
    const world = await startWorld({
      own: { audience: REPORTS_RESOURCE },
      bff: (base, api) => ({
        ...base,
        upstreams: {
          orders: { url: api.url, require: { audience: ORDERS_RESOURCE } },
          reports: { url: api.url, require: { audience: REPORTS_RESOURCE } },
        },
      }),
    })
    const { browser, api } = world
    await browser.login('alice')
    expect((await browser.signedIn()).access.audience).toEqual([ORDERS_RESOURCE])
    expect(await call(world)).toBe(200)
    expect(received(world).aud).toBe(ORDERS_RESOURCE)
    const refused = await browser.fetch('/bff/api/reports/1')
    expect(refused.status).toBe(401)
    expect(await problemOf(refused)).toMatchObject({ code: 'criteria_unmet', unmet: ['audience'] })
    expect(await call(world, '/own')).toBe(401)
    expect(api.calls).toHaveLength(1)
  })

  it('S21 nor does the door for tokens that a browser brings', async () => {
    const { browser, mosaic: tenant } = await startWorld({
      bff: (base) => ({ ...base, acceptTokens: { audience: ORDERS_RESOURCE } }),
    })
    const bring = async (resource: string) => {
      const { access_token } = await mosaicClient(tenant).signIn(visitor(), 'alice', { resource })
      const headers = { authorization: `Bearer ${access_token}` }
      return (await browser.fetch('/bff/session', { method: 'POST', csrf: null, headers })).status
    }
    expect(await bring(REPORTS_RESOURCE)).toBe(401)
    expect(await bring(ORDERS_RESOURCE)).toBe(201)
  })
})

describe('S22 the access token has the user’s roles', () => {
  it('S22 as the IDP knows them', async () => {
    const tenant = await startTenant()
    const rolesOf = async (user: string) =>
      decodeJwt((await mosaicClient(tenant).signIn(visitor(), user)).access_token ?? '')['roles']
    expect(await rolesOf('alice')).toEqual(['customer', 'admin'])
    expect(await rolesOf('bob')).toEqual(['customer'])
    const bob = tenant.idp.users.get('bob')
    if (bob) bob.claims.roles = []
    expect(await rolesOf('bob')).toEqual([])
  })

  it('S22 a route for a role lets those in who have it, and nobody else', async () => {
    const world = await startWorld({
      own: { roles: 'admin' },
      bff: (base, api) => ({
        ...base,
        upstreams: { orders: { url: api.url, require: { roles: ['admin'] } } },
      }),
    })
    const bobs = world.newBrowser()
    await world.browser.login('alice')
    await bobs.login('bob')
    expect([await call(world), await call(world, '/own')]).toEqual([200, 200])
    const refused = await bobs.fetch('/bff/api/orders/1')
    expect(refused.status).toBe(403)
    expect(await problemOf(refused)).toMatchObject({ code: 'criteria_unmet', unmet: ['roles'] })
    expect((await bobs.fetch('/own')).status).toBe(403)
    expect(world.api.calls).toHaveLength(1)
  })

  it('S22 a change shows with the next token, in the BFF and in the session client', async () => {
    const world = await startWorld({
      bff: (base, api) => ({
        ...base,
        upstreams: { orders: { url: api.url, require: { roles: 'admin' } }, plain: { url: api.url } },
      }),
    })
    const { mosaic: tenant, openApp, browser } = world
    const page = openApp()
    await page.signIn('bob')
    expect(page.session.access.roles).toEqual(['customer'])
    expect((await page.call()).status).toBe(403)
    const bob = tenant.idp.users.get('bob')
    if (bob) bob.claims.roles = ['customer', 'admin']
    expect((await page.call()).status, 'the token is the one of before').toBe(403)

    await page.client.refresh()
    expect(page.session.access.roles).toEqual(['customer', 'admin'])
    expect((await browser.signedIn()).access.roles).toEqual(['customer', 'admin'])
    expect((await page.call()).status).toBe(200)
    expect(received(world)['roles']).toEqual(['customer', 'admin'])

    if (bob) bob.claims.roles = ['customer']
    await page.client.refresh()
    expect((await page.call()).status).toBe(403)
  })
})
