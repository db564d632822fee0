/** S15 to S18: tokens belong to a session, a user and a client; and without a valid access token there is no access. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { problemOf, startOddBench } from '../bff/bench.js'
import { callApi, mosaicClient, OTHER_CLIENT_ID } from '../support/mosaic.js'
import { startTenant } from './tenant.js'
import { inTheSecondOf, visitor } from './visitor.js'
import { startWorld, type Browser, type World } from './world.js'

describe('S15 tokens are bound to the session', () => {
  it('S15 when one session ends its tokens are not active any more, and those of another are', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    const a = await client.signIn(visitor(), 'alice')
    const [first] = tenant.sessions('alice')
    const other = visitor()
    const b = await client.signIn(other, 'alice')
    for (const tokens of [a, b])
      expect(await client.introspect(tokens.access_token)).toMatchObject({ active: true })
    expect(await tenant.endSessions('alice', first?.session_id)).toBe(1)
    expect(await client.introspect(a.access_token)).toEqual({ active: false })
    expect(await client.introspect(b.access_token)).toMatchObject({ active: true })
    expect((await client.silent(other)).has('code')).toBe(true)
  })

  it('S15 the Logout API ends the session its token is from, and where that is its reach no other', async () => {
    const tenant = await startTenant({ settings: { logoutScope: 'session' } })
    const client = mosaicClient(tenant)
    const [one, other] = [visitor(), visitor()]
    const a = await client.signIn(one, 'alice')
    const [first] = tenant.sessions('alice')
    const b = await client.signIn(other, 'alice')
    const answer = await callApi(tenant, 'POST', '/cis/v1/auth/logout', a.access_token)
    expect(answer).toMatchObject({ status: 200, body: { sessions_count: 1 } })
    expect(tenant.sessions('alice').map(({ session_id: id }) => id)).not.toContain(first?.session_id)
    expect(tenant.sessions('alice')).toHaveLength(1)
    expect((await client.silent(one)).get('error')).toBe('login_required')
    expect((await client.silent(other)).has('code')).toBe(true)
    expect(await client.introspect(a.access_token)).toEqual({ active: false })
    expect(await client.introspect(b.access_token)).toMatchObject({ active: true })
  })
})

describe('S16 tokens are bound to the user', () => {
  it('S16 refreshed ones are the same user’s', async () => {
    const tenant = await startTenant()
    const client = mosaicClient(tenant)
    let { refresh_token: token } = await client.signInOffline(visitor(), 'alice')
    for (let times = 0; times < 3; times += 1) {
      const { body } = await client.refresh(token)
      expect(await client.introspect(body.access_token)).toMatchObject({ active: true, sub: 'alice' })
      token = body.refresh_token
    }
  })

  it('S16 a refresh that is answered with another user’s ID token is refused by the BFF', async () => {
    const bench = await startOddBench()
    const { browser, idp, api } = bench
    await browser.login('alice')
    idp.traits.refreshSub = 'mallory'
    const refresh = await browser.post('/bff/refresh')
    expect([refresh.status, (await problemOf(refresh))['ended_by']]).toEqual([401, 'user_changed'])
    bench.clock.advance(301)
    expect((await browser.fetch('/bff/api/echo/1')).status).toBe(401)
    expect(api.calls, 'nothing is called with such a token').toEqual([])
    expect(await browser.session()).toMatchObject({ authenticated: false })
  })
})

describe('S17 tokens are bound to the client', () => {
  it('S17 another client gets nothing for a code or a refresh token', async () => {
    const tenant = await startTenant()
    const [one, other] = [mosaicClient(tenant), mosaicClient(tenant, OTHER_CLIENT_ID)]
    const agent = visitor()
    const tokens = await one.signInOffline(agent, 'alice')
    const refused = { status: 400, body: { error: 'invalid_grant' } }
    expect(await other.refresh(tokens.refresh_token)).toMatchObject(refused)
    const code = (await one.silent(agent)).get('code') ?? ''
    expect(code).not.toBe('')
    expect(await other.exchange(code)).toMatchObject(refused)
  })

  it('S17 the BFF takes no access token that another client was given', async () => {
    const { browser, mosaic: tenant } = await startWorld()
    const bring = (token: string | undefined) =>
      browser.fetch('/bff/session', {
        method: 'POST',
        csrf: null,
        headers: { authorization: `Bearer ${token}` },
      })
    const others = await mosaicClient(tenant, OTHER_CLIENT_ID).signIn(visitor(), 'alice')
    const answer = await bring(others.access_token)
    expect([answer.status, (await problemOf(answer))['code']]).toEqual([401, 'token_not_accepted'])
    expect(await browser.session()).toEqual({ authenticated: false })
    const own = await mosaicClient(tenant).signIn(visitor(), 'alice')
    expect((await bring(own.access_token)).status).toBe(201)
  })

  it('S17 nor an ID token that is for another client', async () => {
    const { browser, idp } = await startOddBench({ idTokenFlaws: ['wrong_aud'] })
    const url = await browser.login('alice')
    expect(url.searchParams.get('login_error')).not.toBeNull()
    expect(await browser.session()).toEqual({ authenticated: false })
    idp.traits.idTokenFlaws = []
    await browser.login('alice')
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })
})

describe('S18 access needs a valid access token, also while the session is live', () => {
  /** Nothing renews access, and nothing ends the application session. */
  const start = (): Promise<World> =>
    startWorld({
      own: {},
      bff: (base) => ({
        ...base,
        idp: { ...base.idp, scope: 'openid', authorizationParams: {} },
        session: { ...base.session, idle: 0 },
      }),
    })
  const statuses = async (browser: Browser) => [
    (await browser.fetch('/bff/api/orders/1')).status,
    (await browser.fetch('/own')).status,
  ]

  it('S18 it has expired', async () => {
    const { browser, mosaic: tenant, store, pass } = await start()
    await browser.login('alice')
    const { access, app } = await browser.signedIn()
    const before = await inTheSecondOf(tenant, access.expires_at - 1000, () => statuses(browser))
    expect(before).toEqual([200, 200])
    const key = createHash('sha256')
      .update(browser.cookie('session') ?? '')
      .digest('base64url')
    pass((access.expires_at - Date.now()) / 1000 + 1)
    expect(app.ends_at, 'the application session is live').toBeGreaterThan(Date.now())
    expect((await store.get(key))?.state).toBe('live')
    expect(tenant.sessions('alice'), 'and the one at the IDP').toHaveLength(1)
    expect(await statuses(browser)).toEqual([401, 401])
  })

  it.each([
    [
      'is changed',
      (sealed: string) => sealed.slice(0, -8) + (sealed.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA'),
    ],
    ['is gone', () => ''],
  ])('S18 what is kept of it %s', async (_, change) => {
    const { browser, mosaic: tenant, store, api } = await start()
    await browser.login('alice')
    expect(await statuses(browser)).toEqual([200, 200])
    const calls = api.calls.length
    const key = createHash('sha256')
      .update(browser.cookie('session') ?? '')
      .digest('base64url')
    const found = await store.get(key)
    if (found?.state !== 'live') throw new Error('there is no session')
    const { record } = found
    expect(await store.replace({ ...record, sealed: change(record.sealed) }, record.version)).toBe(true)
    expect(tenant.sessions('alice')).toHaveLength(1)
    expect((await store.get(key))?.state).toBe('live')
    expect(await statuses(browser)).toEqual([401, 401])
    expect(api.calls).toHaveLength(calls)
  })

  it('S18 the one a browser brings is missing, changed or expired', async () => {
    const { browser, mosaic: tenant } = await start()
    const { access_token: token = '' } = await mosaicClient(tenant).signIn(visitor(), 'alice')
    const [header = '', payload = '', signature = ''] = token.split('.')
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'bob' }
    const changed = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
    const bring = async (authorization: string | null) =>
      (
        await browser.fetch('/bff/session', {
          method: 'POST',
          csrf: null,
          ...(authorization === null ? {} : { headers: { authorization } }),
        })
      ).status
    expect(await bring(null)).toBe(401)
    expect(await bring(`Bearer ${changed}`)).toBe(401)
    expect(await browser.session()).toEqual({ authenticated: false })
    expect(await bring(`Bearer ${token}`)).toBe(201)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(200)
    tenant.clock.advance(3_601_000)
    expect(tenant.sessions('alice')).toHaveLength(1)
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    expect(await bring(`Bearer ${token}`)).toBe(401)
  })
})
