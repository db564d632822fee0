import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  mosaicClient,
  ORDERS_RESOURCE,
  OTHER_CLIENT_ID,
  UNATTACHED_RESOURCE,
  startMosaicVisit,
  type Mosaic,
  type MosaicClientDriver,
} from '../support/mosaic.js'
import type { UserAgent } from '../support/user-agent.js'

let mosaic: Mosaic
let client: MosaicClientDriver
let agent: UserAgent

beforeEach(async () => void ({ mosaic, client, agent } = await startMosaicVisit()))
afterEach(() => mosaic.close())

describe('discovery', () => {
  it('is below /cis/oidc, with an issuer that is another origin', async () => {
    const metadata = await (await fetch(mosaic.discoveryUrl)).json()
    expect(metadata).toMatchObject({
      issuer: 'https://userid.security',
      authorization_endpoint: `${mosaic.baseUrl}/cis/oidc/auth`,
      token_endpoint: `${mosaic.baseUrl}/cis/oidc/token`,
      end_session_endpoint: `${mosaic.baseUrl}/cis/oidc/session/end`,
      pushed_authorization_request_endpoint: `${mosaic.baseUrl}/cis/oidc/request`,
      introspection_endpoint: `${mosaic.baseUrl}/cis/oidc/token/introspection`,
      revocation_endpoint: `${mosaic.baseUrl}/cis/oidc/token/revocation`,
    })
    expect(metadata).not.toHaveProperty('backchannel_logout_supported')
    expect(metadata).not.toHaveProperty('check_session_iframe')
    const { keys } = await (await fetch(metadata.jwks_uri)).json()
    expect(keys).toMatchObject([{ kty: 'RSA', use: 'sig', kid: expect.any(String) }])
  })

  it('is refused at the root of the host', async () => {
    const answer = await fetch(`${mosaic.baseUrl}/.well-known/openid-configuration`)
    expect(answer.status).toBe(403)
    expect(await answer.json()).toEqual({ message: 'Forbidden', error_code: 403 })
  })
})

describe('a login', () => {
  it('gives an access token as Mosaic writes them', async () => {
    const tokens = await client.signIn(agent, 'alice')
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'openid' })
    expect(tokens).not.toHaveProperty('refresh_token')
    const claims = decodeJwt(tokens.access_token ?? '')
    expect(claims).toEqual({
      iss: 'https://userid.security',
      aud: 'userid-api',
      sub: 'alice',
      client_id: client.clientId,
      app_id: 'app-web',
      app_name: 'Tandem demo',
      tid: 'tandem-tenant',
      roles: ['customer', 'admin'],
      scope: 'openid',
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: (claims.iat ?? 0) + 3600,
    })
    expect(decodeProtectedHeader(tokens.access_token ?? '')).toMatchObject({
      alg: 'RS256',
      kid: expect.any(String),
    })
  })

  it('gives an ID token as Mosaic writes them', async () => {
    const tokens = await client.signIn(agent, 'alice', { nonce: 'once' })
    const claims = decodeJwt(tokens.id_token ?? '')
    expect(claims).toEqual({
      iss: 'https://userid.security',
      aud: client.clientId,
      sub: 'alice',
      tid: 'tandem-tenant',
      nonce: 'once',
      amr: ['pwd'],
      auth_time: expect.any(Number),
      iat: expect.any(Number),
      exp: (claims.iat ?? 0) + 3600,
    })
  })

  it('has the resource as audience where one is attached, and invalid_target where none is', async () => {
    const tokens = await client.signIn(agent, 'alice', { resource: ORDERS_RESOURCE })
    expect(decodeJwt(tokens.access_token ?? '').aud).toBe(ORDERS_RESOURCE)
    expect((await client.silent(agent, { resource: UNATTACHED_RESOURCE })).get('error')).toBe(
      'invalid_target',
    )
  })

  it('gives a refresh token for offline_access with prompt=consent, and only then', async () => {
    const without = await client.signIn(agent, 'alice', { scope: 'openid offline_access' })
    expect(without).not.toHaveProperty('refresh_token')
    const unasked = await client.signIn(agent, 'alice', { prompt: 'consent' })
    expect(unasked).not.toHaveProperty('refresh_token')
    const tokens = await client.signInOffline(agent, 'alice')
    expect(tokens.refresh_token).toEqual(expect.any(String))
    const { status, body } = await client.refresh(tokens.refresh_token)
    expect(status).toBe(200)
    expect(body.refresh_token).not.toBe(tokens.refresh_token)
    expect(decodeJwt(body.access_token ?? '').sub).toBe('alice')
    expect(decodeJwt(body.id_token ?? '').sub).toBe('alice')
  })

  it('is remembered: silent, the same auth_time, and no second session', async () => {
    const first = await client.signIn(agent, 'alice')
    const again = await client.silent(agent)
    const second = await client.exchange(again.get('code') ?? '')
    expect(decodeJwt(second.body.id_token ?? '').auth_time).toBe(decodeJwt(first.id_token ?? '').auth_time)
    expect(mosaic.sessions('alice')).toHaveLength(1)
  })

  it('silently reaches another application with prompt=consent, and without it only after that', async () => {
    const other = mosaicClient(mosaic, OTHER_CLIENT_ID)
    await client.signIn(agent, 'alice')
    expect((await other.silent(agent)).get('error')).toBe('consent_required')
    expect((await other.start(agent, { prompt: 'consent' })).get('code')).toEqual(expect.any(String))
    expect((await other.silent(agent)).get('code')).toEqual(expect.any(String))
  })

  it('tells the requested claims, and those that a client always has', async () => {
    mosaic.clients.update(client.clientId, { default_custom_claims: ['username'] })
    const claims = JSON.stringify({ id_token: { roles: null, ido_sso_session_id: null } })
    const tokens = await client.signIn(agent, 'alice', { claims, scope: 'openid email' })
    expect(decodeJwt(tokens.id_token ?? '')).toMatchObject({
      username: 'alice',
      email: 'alice@example.com',
      roles: ['customer', 'admin'],
      ido_sso_session_id: mosaic.sessions('alice')[0]?.session_id,
    })
  })
})
