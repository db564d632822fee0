import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  APP_ORIGIN,
  mosaicClient,
  ORDERS_RESOURCE,
  OTHER_CLIENT_ID,
  POWERLESS_CLIENT_ID,
  REPORTS_RESOURCE,
  WEB_CLIENT_ID,
  startMosaicVisit,
  type Mosaic,
  type MosaicClientDriver,
} from '../support/mosaic.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'

let mosaic: Mosaic
let client: MosaicClientDriver
let agent: UserAgent

beforeEach(async () => void ({ mosaic, client, agent } = await startMosaicVisit()))
afterEach(() => mosaic.close())

const MINUTE = 60_000
const refused = { status: 400, body: { error: 'invalid_grant' } }

/** How often a refresh token of each kind can be used, every 20 minutes, before it is refused; at most `most` times. */
const rotations = async (refreshToken: string | undefined, most: number): Promise<number> => {
  let token = refreshToken
  for (let count = 0; count < most; count += 1) {
    mosaic.clock.advance(20 * MINUTE)
    const { status, body } = await client.refresh(token)
    if (status !== 200) return count
    token = body.refresh_token
  }
  return most
}

describe('refresh tokens', () => {
  it('are rotated for as long as the resource allows, counted from the first one', async () => {
    const orders = mosaic.resources.get(ORDERS_RESOURCE)
    Object.assign(orders ?? {}, { refresh_token_ttl: 1800, max_refresh_rotate: 3600 })
    const capped = await client.signInOffline(agent, 'alice', { resource: ORDERS_RESOURCE })
    expect(await rotations(capped.refresh_token, 5)).toBe(2)
    expect(mosaic.sessions('alice')).toHaveLength(1)
    const code = await client.silent(agent, { resource: ORDERS_RESOURCE })
    expect(code.get('code')).toEqual(expect.any(String))
    const fresh = await client.signInOffline(agent, 'alice', { resource: ORDERS_RESOURCE })
    expect(await rotations(fresh.refresh_token, 5)).toBe(2)
    const other = await client.signInOffline(agent, 'alice', { resource: REPORTS_RESOURCE })
    expect(await rotations(other.refresh_token, 5)).toBe(5)
  })

  it('are good for refresh_token_ttl each', async () => {
    mosaic.clients.update(WEB_CLIENT_ID, { token_expiration: { refresh_token_ttl: 600 } })
    const tokens = await client.signInOffline(agent, 'alice')
    mosaic.clock.advance(9 * MINUTE)
    const second = await client.refresh(tokens.refresh_token)
    expect(second.status).toBe(200)
    mosaic.clock.advance(11 * MINUTE)
    expect(await client.refresh(second.body.refresh_token)).toMatchObject(refused)
  })

  it('used twice take their family along, or where that is set fail alone', async () => {
    const tokens = await client.signInOffline(agent, 'alice')
    const second = await client.refresh(tokens.refresh_token)
    expect(await client.refresh(tokens.refresh_token)).toMatchObject(refused)
    expect(await client.refresh(second.body.refresh_token)).toMatchObject(refused)
    mosaic.settings.reuseRevokesFamily = false
    const anew = await client.signInOffline(agent, 'alice')
    const both = await Promise.all([client.refresh(anew.refresh_token), client.refresh(anew.refresh_token)])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 400])
    expect(await client.refresh(anew.refresh_token)).toMatchObject(refused)
    const good = both.find(({ status }) => status === 200)
    expect((await client.refresh(good?.body.refresh_token)).status).toBe(200)
  })

  it('and codes are of no use to another client', async () => {
    const other = mosaicClient(mosaic, OTHER_CLIENT_ID)
    const tokens = await client.signInOffline(agent, 'alice')
    expect(await other.refresh(tokens.refresh_token)).toMatchObject(refused)
    const code = (await client.silent(agent)).get('code') ?? ''
    expect(await other.exchange(code)).toMatchObject(refused)
  })

  it('keep what the claims parameter asked for', async () => {
    const claims = JSON.stringify({ id_token: { roles: null } })
    const tokens = await client.signInOffline(agent, 'alice', { claims })
    const alice = mosaic.idp.users.get('alice')
    if (alice) alice.claims.roles = ['customer']
    const { body } = await client.refresh(tokens.refresh_token)
    expect(decodeJwt(body.id_token ?? '').roles).toEqual(['customer'])
    expect(decodeJwt(body.access_token ?? '').roles).toEqual(['customer'])
  })
})

describe('access tokens', () => {
  it('live as long as their resource says, or their client', async () => {
    Object.assign(mosaic.resources.get(ORDERS_RESOURCE) ?? {}, { access_token_ttl: 120 })
    mosaic.clients.update(WEB_CLIENT_ID, { token_expiration: { access_token_ttl: 240 } })
    expect((await client.signIn(agent, 'alice', { resource: ORDERS_RESOURCE })).expires_in).toBe(120)
    expect((await client.signIn(agent, 'alice')).expires_in).toBe(240)
  })

  it('are introspected, at their time and for confidential clients', async () => {
    const { access_token: token } = await client.signInOffline(agent, 'alice')
    expect(await client.introspect(token)).toMatchObject({
      active: true,
      sub: 'alice',
      client_id: WEB_CLIENT_ID,
      iss: mosaic.issuer,
      aud: 'userid-api',
      scope: 'openid offline_access',
      exp: decodeJwt(token ?? '').exp,
      iat: expect.any(Number),
    })
    expect(await client.introspect(`${token?.slice(0, -6)}AAAAAA`)).toEqual({ active: false })
    expect(await client.introspect('nonsense')).toEqual({ active: false })
    mosaic.clock.advance(61 * MINUTE)
    expect(await client.introspect(token)).toEqual({ active: false })
    const wrong = { token: token ?? '', client_secret: 'wrong' }
    const answer = await client.post('/cis/oidc/token/introspection', wrong)
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  it('without offline_access are no longer active than their session', async () => {
    const plain = await client.signIn(agent, 'alice')
    const elsewhere = await client.signIn(createUserAgent(), 'alice')
    const [first] = mosaic.sessions('alice')
    await mosaic.endSessions('alice', first?.session_id)
    expect(await client.introspect(plain.access_token)).toEqual({ active: false })
    expect(await client.introspect(elsewhere.access_token)).toMatchObject({ active: true })
  })

  it('are revoked one by one, at both addresses', async () => {
    const tokens = await client.signInOffline(agent, 'alice')
    expect(await client.revoke(tokens.access_token, 'access_token')).toBe(200)
    expect(await client.introspect(tokens.access_token)).toEqual({ active: false })
    const second = await client.refresh(tokens.refresh_token)
    expect(second.status).toBe(200)
    const revocation = { token: second.body.refresh_token ?? '', token_type_hint: 'refresh_token' }
    expect((await client.post('/cis/oidc/token/revocation', revocation)).status).toBe(200)
    expect(await client.refresh(second.body.refresh_token)).toMatchObject(refused)
    expect(await client.introspect(second.body.access_token)).toMatchObject({ active: true })
    expect(await client.revoke('unknown')).toBe(200)
  })

  it('open userinfo', async () => {
    const { access_token: token = '' } = await client.signIn(agent, 'alice', { scope: 'openid email' })
    const ask = (bearer: string): Promise<Response> =>
      fetch(`${mosaic.baseUrl}/cis/oidc/me`, { headers: { authorization: `Bearer ${bearer}` } })
    expect(await (await ask(token)).json()).toMatchObject({ sub: 'alice', email: 'alice@example.com' })
    expect((await ask('nonsense')).status).toBe(401)
    const body = new URLSearchParams({ access_token: token })
    const posted = await fetch(`${mosaic.baseUrl}/cis/oidc/me`, { method: 'POST', body })
    expect(await posted.json()).toMatchObject({ sub: 'alice' })
  })

  it('of a client for itself have its permissions, and are about nobody', async () => {
    const claims = decodeJwt(await mosaic.clientToken())
    expect(claims).toMatchObject({
      sub: 'mosaic-admin',
      client_id: 'mosaic-admin',
      aud: 'userid-api',
      ts_roles: ['session-administrator'],
      ts_permissions: expect.arrayContaining(['sessions:read', 'sessions:delete']),
    })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3600)
    expect(decodeJwt(await mosaic.clientToken(POWERLESS_CLIENT_ID)).ts_permissions).toEqual([])
  })
})

describe('the token endpoint', () => {
  it('answers at both addresses, in the words of OAuth', async () => {
    for (const path of ['/oidc/token', '/cis/oidc/token']) {
      const wrong = { grant_type: 'refresh_token', refresh_token: 'x', client_secret: 'wrong' }
      expect(await client.post(path, wrong)).toMatchObject({
        status: 401,
        body: { error: 'invalid_client', error_description: expect.any(String) },
      })
      expect(await client.post(path, { grant_type: 'refresh_token', refresh_token: 'x' })).toMatchObject(
        refused,
      )
    }
  })

  it('takes the legacy exchange, which is JSON', async () => {
    await client.signIn(agent, 'alice')
    const code = (await client.silent(agent, { code_challenge: '', code_challenge_method: '' })).get('code')
    const { client_secret } = mosaic.clients.get(WEB_CLIENT_ID) ?? {}
    const sent = { code, client_id: WEB_CLIENT_ID, client_secret, redirect_uri: client.redirectUri }
    const answer = await fetch(`${mosaic.baseUrl}/cis/v1/token`, {
      method: 'POST',
      body: JSON.stringify(sent),
    })
    expect(await answer.json()).toMatchObject({
      access_token: expect.any(String),
      id_token: expect.any(String),
    })
  })

  it('answers no page of another origin, unless that is set', async () => {
    await client.signInOffline(agent, 'alice')
    const ask = async (origin: string): Promise<string | null> => {
      const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: WEB_CLIENT_ID }
      const body = new URLSearchParams({
        ...form,
        client_secret: mosaic.clients.get(WEB_CLIENT_ID)?.client_secret ?? '',
      })
      const answer = await fetch(`${mosaic.baseUrl}/oidc/token`, {
        method: 'POST',
        headers: { origin },
        body,
      })
      return answer.headers.get('access-control-allow-origin')
    }
    expect(await ask(APP_ORIGIN)).toBeNull()
    mosaic.settings.tokenCors = true
    expect(await ask(APP_ORIGIN)).toBe(APP_ORIGIN)
    expect(await ask('https://evil.example')).toBeNull()
  })

  it('emits sid where that is set', async () => {
    expect(decodeJwt((await client.signIn(agent, 'alice')).id_token ?? '')).not.toHaveProperty('sid')
    mosaic.settings.emitSid = true
    expect(decodeJwt((await client.signIn(agent, 'alice')).id_token ?? '').sid).toEqual(expect.any(String))
  })
})
