/** S32 to S34: who decides how long a session lasts and its tokens can be renewed, and what the IDP's cookie is good for. */
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  DAY,
  mosaicClient,
  ORDERS_RESOURCE,
  OTHER_CLIENT_ID,
  REPORTS_RESOURCE,
  WEB_CLIENT_ID,
  type Mosaic,
} from '../support/mosaic.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'
import { startTenant } from './tenant.js'
import { APP_ORIGIN, startWorld } from './world.js'

const visitor = (): UserAgent =>
  createUserAgent({ now: () => Date.now(), handlers: { [APP_ORIGIN]: () => new Response('the app') } })

/** How long each of alice's sessions lasts from its beginning, s, by client. */
const lifetimes = (tenant: Mosaic): Record<string, number> =>
  Object.fromEntries(
    tenant
      .sessions('alice')
      .map((one) => [one.client_id, (Date.parse(one.expiration_time) - Date.parse(one.start_time)) / 1000]),
  )

describe('S32 how long a session lasts is set for each client', () => {
  it('S32 each client’s own; a resource changes nothing of it', async () => {
    const tenant = await startTenant()
    tenant.clients.update(WEB_CLIENT_ID, { session_expiration: DAY })
    tenant.clients.update(OTHER_CLIENT_ID, { session_expiration: 30 * DAY })
    await mosaicClient(tenant).signIn(visitor(), 'alice', { resource: ORDERS_RESOURCE })
    await mosaicClient(tenant, OTHER_CLIENT_ID).signIn(visitor(), 'alice')
    expect(lifetimes(tenant)).toEqual({ [WEB_CLIENT_ID]: DAY, [OTHER_CLIENT_ID]: 30 * DAY })
  })
})

const HOUR = 3600

/** Refresh tokens for a resource last half an hour, and can be rotated for an hour. */
const cap = (tenant: Mosaic, uri: string, seconds: number): void => {
  const resource = tenant.resources.get(uri)
  if (resource === undefined) throw new Error(`no resource ${uri}`)
  Object.assign(resource, { refresh_token_ttl: HOUR / 2, max_refresh_rotate: seconds })
}

describe('S33 a resource says for how long its refresh tokens can be rotated', () => {
  it('S33 every 20 minutes for an hour, then no more, though the session lives; a silent login begins anew', async () => {
    const tenant = await startTenant()
    cap(tenant, ORDERS_RESOURCE, HOUR)
    cap(tenant, REPORTS_RESOURCE, 2 * HOUR)
    const client = mosaicClient(tenant)
    const agent = visitor()
    const offline = { scope: 'openid offline_access', prompt: 'consent' }
    let orders = (await client.signIn(agent, 'alice', { ...offline, resource: ORDERS_RESOURCE }))
      .refresh_token
    let reports = (await client.signIn(agent, 'alice', { ...offline, resource: REPORTS_RESOURCE }))
      .refresh_token
    for (const minutes of [20, 40]) {
      tenant.clock.advance(20 * 60_000)
      const refreshed = await client.refresh(orders)
      expect([minutes, refreshed.status]).toEqual([minutes, 200])
      orders = refreshed.body.refresh_token
      reports = (await client.refresh(reports)).body.refresh_token
    }
    tenant.clock.advance(20 * 60_000 + 2_000)
    expect((await client.refresh(orders)).body).toMatchObject({ error: 'invalid_grant' })
    expect(tenant.sessions('alice'), 'the session lives').toHaveLength(1)
    const other = await client.refresh(reports)
    expect([other.status, decodeJwt(other.body.access_token ?? '').aud]).toEqual([200, REPORTS_RESOURCE])
    // Nobody is asked: the session is there.
    const callback = await client.start(agent, { ...offline, resource: ORDERS_RESOURCE })
    const { body: anew } = await client.exchange(callback.get('code') ?? '')
    expect((await client.refresh(anew.refresh_token)).status).toBe(200)
  })

  it('S33 the BFF extends access until then, and asks for a login afterwards', async () => {
    const world = await startWorld({
      bff: (base) => ({ ...base, session: { ...base.session, idle: 0 } }),
    })
    const { mosaic: tenant, browser, pass } = world
    cap(tenant, ORDERS_RESOURCE, 3 * HOUR)
    const resource = tenant.resources.get(ORDERS_RESOURCE)
    Object.assign(resource ?? {}, { refresh_token_ttl: 2 * HOUR })
    await browser.login('alice')
    // Twice, so that what was rotated is used, too.
    for (const issued of [2, 3]) {
      pass(HOUR + 60)
      expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
      expect(world.issued()).toBe(issued)
    }
    pass(HOUR)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    expect(tenant.sessions('alice')).toHaveLength(1)
    await browser.login('alice')
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
  })
})

describe('S34 the IDP’s cookie is enough to get access again without asking the user', () => {
  it('S34 with the app’s own cookies gone, a login shows no form, and the authentication is the one of before', async () => {
    const world = await startWorld()
    const { browser, mosaic: tenant, pass } = world
    await browser.login('alice')
    const { authentication, ref } = await browser.signedIn()
    pass(600)
    for (const { name } of browser.agent.cookies.all(APP_ORIGIN))
      browser.agent.cookies.set(new URL(APP_ORIGIN), `${name}=; Max-Age=0; Path=/; Secure; HttpOnly`)
    expect(browser.agent.cookies.all(APP_ORIGIN)).toEqual([])
    expect(await browser.session()).toEqual({ authenticated: false })
    const asked = tenant.idp.count('interaction')
    const page = await browser.agent.navigate(`${APP_ORIGIN}/bff/login`, { from: `${APP_ORIGIN}/` })
    expect(page.url.origin).toBe(APP_ORIGIN)
    expect(tenant.idp.count('interaction')).toBe(asked)
    const again = await browser.signedIn()
    expect(again.authentication.time).toBe(authentication.time)
    expect(again.ref).not.toBe(ref)
  })
})
