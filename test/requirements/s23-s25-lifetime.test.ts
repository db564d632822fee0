/** S23 to S25: how long a session at the IDP lasts, who says so, and what makes it last longer. */
import { describe, expect, it, vi } from 'vitest'
import { ConfigurationError } from 'tandem-session'
import { mosaic } from 'tandem-session/mosaic'
import {
  DAY,
  LONGEST_SESSION,
  mosaicClient,
  MOSAIC_CLIENT_SECRET,
  TWO_WEEKS,
  WEB_CLIENT_ID,
  type Mosaic,
} from '../support/mosaic.js'
import { startTenant } from './tenant.js'
import { lifetimeOf, visitor } from './visitor.js'
import { startWorld, type World } from './world.js'

const days = ({ clock }: Mosaic, count: number): void => clock.advance(count * DAY * 1000)

/** When alice's only session ends: seconds from now. */
const left = (tenant: Mosaic): number => {
  const [session, ...others] = tenant.sessions('alice')
  expect(others).toEqual([])
  return (Date.parse(session?.expiration_time ?? '') - Date.now()) / 1000
}

describe('S23 a session lasts two weeks where nothing else is set', () => {
  it('S23 from its start to its end it is 1,209,600 seconds', async () => {
    const tenant = await startTenant()
    expect(tenant.clients.get(WEB_CLIENT_ID)?.session_expiration).toBeUndefined()
    await mosaicClient(tenant).signIn(visitor(), 'alice')
    expect(lifetimeOf(tenant.sessions('alice')[0])).toBe(1_209_600)
  })

  it('S23 which is what the preset tells the BFF', async () => {
    const { browser, mosaic: tenant } = await startWorld()
    await browser.login('alice')
    const { idp } = await browser.signedIn()
    const end = Date.parse(tenant.sessions('alice')[0]?.expiration_time ?? '')
    expect(Math.abs((idp.ends_at ?? 0) - end)).toBeLessThan(10_000)
  })
})

describe('S24 its lifetime can be set for a client, up to a year', () => {
  it.each([3600, 31_536_000])('S24 %d seconds', async (seconds) => {
    const tenant = await startTenant()
    tenant.clients.update(WEB_CLIENT_ID, { session_expiration: seconds })
    const client = mosaicClient(tenant)
    const agent = visitor()
    await client.signIn(agent, 'alice')
    expect(lifetimeOf(tenant.sessions('alice')[0])).toBe(seconds)
    tenant.clock.advance((seconds - 30) * 1000)
    expect((await client.silent(agent)).has('code')).toBe(true)
    tenant.clock.advance(31_000)
    expect((await client.silent(agent)).get('error')).toBe('login_required')
  })

  // A year is 365 days: in a leap year its last day is beyond the limit.
  it.each([31_536_001, 366 * DAY, 0, -1, 1.5])('S24 %d seconds are refused', async (seconds) => {
    const tenant = await startTenant()
    expect(LONGEST_SESSION).toBe(31_536_000)
    const set = () => tenant.clients.update(WEB_CLIENT_ID, { session_expiration: seconds })
    expect(set).toThrow(/session_expiration.*365 days/)
    const add = () =>
      tenant.clients.add({
        client_id: 'new',
        client_secret: MOSAIC_CLIENT_SECRET,
        session_expiration: seconds,
      })
    expect(add).toThrow(RangeError)
    await mosaicClient(tenant).signIn(visitor(), 'alice')
    expect(lifetimeOf(tenant.sessions('alice')[0]), 'as it was before').toBe(TWO_WEEKS)
  })

  it('S24 the preset is told the client’s, up to a year too', () => {
    const options = { region: 'us', clientId: 'app', clientSecret: 'test-secret' } as const
    const lifetime = (sessionExpiration: number) =>
      mosaic({ ...options, sessionExpiration }).bff.session.idpLifetime
    expect([lifetime(3600), lifetime(31_536_000)]).toEqual([3600, 31_536_000])
    expect(() => lifetime(31_536_001)).toThrow(ConfigurationError)
  })
})

describe('S25 it is extended whenever access tokens are issued while it lives', () => {
  /** An application session that lasts a month. */
  const startLong = (): Promise<World> =>
    startWorld({ bff: (base) => ({ ...base, session: { ...base.session, idle: 0, absolute: 30 * DAY } }) })

  it('S25 by a refresh on day 10 it ends 14 days from then', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const agent = visitor()
    const tokens = await client.signInOffline(agent, 'alice')
    days(tenant, 10)
    expect(left(tenant)).toBeLessThan(4 * DAY + 5)
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200)
    expect(left(tenant) / DAY).toBeCloseTo(14, 3)
    days(tenant, 13)
    expect((await client.silent(agent)).has('code')).toBe(true)
  })

  it('S25 by a silent authorization and its tokens, too', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const agent = visitor()
    await client.signIn(agent, 'alice')
    days(tenant, 10)
    const code = (await client.silent(agent)).get('code') ?? ''
    expect(left(tenant), 'no token was issued yet').toBeLessThan(4 * DAY + 5)
    expect((await client.exchange(code)).status).toBe(200)
    expect(left(tenant) / DAY).toBeCloseTo(14, 3)
  })

  it('S25 the end that BFF and session client know moves with it', async () => {
    const world = await startLong()
    const { mosaic: tenant, openApp, browser, pass } = world
    const page = openApp()
    await page.signIn()
    const first = page.session.idp.endsAt ?? 0
    expect(Math.abs(first - Date.now() - TWO_WEEKS * 1000)).toBeLessThan(10_000)
    pass(10 * DAY)
    await page.client.refresh()
    await vi.waitFor(() => expect(page.session.idp.endsAt).toBeGreaterThan(first + 9 * DAY * 1000))
    const known = page.session.idp.endsAt ?? 0
    expect(Math.abs(known - Date.now() - left(tenant) * 1000)).toBeLessThan(10_000)
    expect((await browser.signedIn()).idp.ends_at).toBe(known)
  })

  it('S25 a call through the BFF that needs a new token extends it', async () => {
    const { mosaic: tenant, browser, pass } = await startLong()
    await browser.login('alice')
    pass(10 * DAY)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
    expect(left(tenant) / DAY).toBeCloseTo(14, 3)
  })

  it('S25 a silent login through the BFF extends it, and the end that BFF and session client know', async () => {
    const { mosaic: tenant, browser, pass, openApp, issued } = await startLong()
    await browser.login('alice')
    const { idp, ref } = await browser.signedIn()
    pass(10 * DAY)
    const before = issued()
    // Nobody is asked: the agent does not come to rest on a hosted page.
    const url = await browser.login('nobody', '/bff/login?return_to=/app&prompt=none')
    expect([url.pathname, url.search, issued()]).toEqual(['/app', '', before + 1])
    expect(left(tenant) / DAY).toBeCloseTo(14, 3)
    const now = await browser.signedIn()
    expect([now.user.sub, now.ref === ref]).toEqual(['alice', false])
    expect(now.idp.ends_at).toBeGreaterThan((idp.ends_at ?? 0) + 9 * DAY * 1000)
    expect(Math.abs((now.idp.ends_at ?? 0) - Date.now() - left(tenant) * 1000)).toBeLessThan(10_000)
    const page = openApp()
    expect(await page.load()).toMatchObject({ session: { idp: { endsAt: now.idp.ends_at } } })
  })

  it('S25 the BFF revives it by nothing either: neither a call, nor a refresh, nor a silent login', async () => {
    const { mosaic: tenant, browser, api, pass, issued } = await startLong()
    await browser.login('alice')
    const { app } = await browser.signedIn()
    pass(TWO_WEEKS + 10)
    const before = issued()
    expect(app.ends_at, 'its own end is far off').toBeGreaterThan(Date.now() + DAY * 1000)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    expect((await browser.post('/bff/refresh')).status).toBe(401)
    const url = await browser.login('alice', '/bff/login?return_to=/app&prompt=none')
    expect(url.searchParams.get('login_error')).toBe('login_required')
    expect([issued(), tenant.sessions('alice'), api.calls]).toEqual([before, [], []])
  })

  it('S25 nothing revives it once it is over', async () => {
    const tenant = await startTenant()
    tenant.clients.update(WEB_CLIENT_ID, { session_expiration: 30 })
    const client = mosaicClient(tenant)
    const agent = visitor()
    const tokens = await client.signInOffline(agent, 'alice')
    const code = (await client.silent(agent)).get('code') ?? ''
    tenant.clock.advance(31_000)
    expect(await client.refresh(tokens.refresh_token)).toMatchObject({ status: 400 })
    expect(await client.exchange(code)).toMatchObject({ status: 400 })
    expect((await client.silent(agent)).get('error')).toBe('login_required')
    expect(tenant.sessions('alice')).toEqual([])
  })

  it('S25 where a refresh is said to extend nothing, it does not', async () => {
    const tenant = await startTenant({ settings: { refreshExtendsSession: false } })
    const client = mosaicClient(tenant)
    const tokens = await client.signInOffline(visitor(), 'alice')
    days(tenant, 10)
    const before = tenant.sessions('alice')
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200)
    expect(tenant.sessions('alice')).toEqual(before)
    expect(lifetimeOf(before[0])).toBe(TWO_WEEKS)
  })
})
