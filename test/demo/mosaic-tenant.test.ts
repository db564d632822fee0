import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  callApi,
  LONGEST_SESSION,
  mosaicClient,
  startTestMosaic,
  WEB_CLIENT_ID,
  type Mosaic,
  type MosaicClient,
} from '../support/mosaic.js'
import { createUserAgent } from '../support/user-agent.js'

let mosaic: Mosaic

beforeEach(async () => {
  mosaic = await startTestMosaic()
})
afterEach(() => mosaic.close())

describe('configuration', () => {
  const valid: MosaicClient = { client_id: 'c', client_secret: 's', redirect_uris: ['https://a.test/cb'] }

  it('takes a session of a second and of 365 days, and nothing beyond', () => {
    for (const session_expiration of [1, 3600, LONGEST_SESSION])
      expect(mosaic.clients.add({ ...valid, session_expiration })).toMatchObject({ session_expiration })
    for (const session_expiration of [0, -1, 1.5, LONGEST_SESSION + 1]) {
      expect(() => mosaic.clients.add({ ...valid, session_expiration })).toThrow(
        /session_expiration.*31536000/,
      )
      expect(() => mosaic.clients.update(WEB_CLIENT_ID, { session_expiration })).toThrow(RangeError)
    }
    expect(mosaic.clients.get('c')?.session_expiration).toBe(LONGEST_SESSION)
    expect(mosaic.clients.get(WEB_CLIENT_ID)?.session_expiration).toBeUndefined()
  })

  it('names what is wrong with a client or a resource', () => {
    const wrong: [Partial<MosaicClient>, RegExp][] = [
      [{ client_id: '' }, /client_id is missing/],
      [{ client_secret: '' }, /client_secret is missing/],
      [{ redirect_uris: ['http://a.test/cb'] }, /must be https/],
      [{ redirect_uris: ['/cb'] }, /no absolute URI/],
      [{ token_expiration: { max_refresh_rotate: 0 } }, /max_refresh_rotate is 0/],
    ]
    for (const [changes, message] of wrong)
      expect(() => mosaic.clients.add({ ...valid, ...changes })).toThrow(message)
    expect(() => mosaic.clients.update('nobody', {})).toThrow(/no client "nobody"/)
    expect(() => mosaic.resources.add({ name: 'R', uri: 'orders' })).toThrow(/absolute URI/)
    expect(() => mosaic.resources.add({ name: 'R', uri: 'urn:r', access_token_ttl: -1 })).toThrow(
      /access_token_ttl/,
    )
    expect(mosaic.clients.add({ ...valid, redirect_uris: ['http://localhost:1/cb'] })).toBeDefined()
  })

  it('knows a client from the moment it is added, and further origins of the demo clients', async () => {
    mosaic.clients.add({ ...valid, client_id: 'late' })
    const late = mosaicClient(mosaic, 'late', 'https://a.test/cb')
    await late.start(createUserAgent())
    const moved = mosaicClient(mosaic, WEB_CLIENT_ID, 'https://late.test/bff/callback')
    const agent = createUserAgent()
    await moved.start(agent)
    expect(agent.page?.status).toBe(400)
    mosaic.addOrigin('https://late.test')
    expect(await moved.signIn(agent, 'alice')).toMatchObject({ access_token: expect.any(String) })
  })
})

describe('rate limits', () => {
  it('answer 429 as often as asked, with Retry-After or without', async () => {
    const client = mosaicClient(mosaic)
    const refresh = async () =>
      client.post('/oidc/token', { grant_type: 'refresh_token', refresh_token: 'x' })
    mosaic.limit('token', { times: 1, retryAfter: 7 })
    const limited = await refresh()
    expect(limited).toMatchObject({ status: 429, body: { message: 'Too many requests', error_code: 429 } })
    expect(limited.headers.get('retry-after')).toBe('7')
    expect((await refresh()).status).toBe(400)
    mosaic.limit('token')
    expect((await refresh()).headers.get('retry-after')).toBeNull()
    expect((await refresh()).status).toBe(429)
    mosaic.unlimit('token')
    expect((await refresh()).status).toBe(400)
  })

  it('are there for every door of the API too, each for itself', async () => {
    const token = await mosaic.clientToken()
    const doors = [
      ['logout', 'POST', '/cis/v1/auth/logout'],
      ['sessions', 'GET', '/cis/v1/sessions/alice'],
      ['sso_logout', 'POST', '/ido/api/v2/auth/sso-logout'],
    ] as const
    for (const [door, method, path] of doors) {
      mosaic.limit(door, { times: 1, retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT' })
      const answer = await callApi(mosaic, method, path, token)
      expect(answer.status).toBe(429)
      expect(answer.headers.get('retry-after')).toContain('2026')
      expect((await callApi(mosaic, method, path, token)).status).not.toBe(429)
    }
    expect(mosaic.api.requests.map(({ door, status }) => [door, status])).toEqual([
      ['logout', 429],
      ['logout', 401],
      ['sessions', 429],
      ['sessions', 200],
      ['sso_logout', 429],
      ['sso_logout', 400],
    ])
  })
})

describe('the clock', () => {
  it('moves the time of the process, and is taken back', async () => {
    const before = Date.now()
    mosaic.clock.advance(1_000_000)
    expect(Date.now() - before).toBeGreaterThanOrEqual(1_000_000)
    expect(new Date().getTime() - before).toBeGreaterThanOrEqual(1_000_000)
    expect(new Date(5).getTime()).toBe(5)
    expect(new Date()).toBeInstanceOf(Date)
    expect(mosaic.clock.now()).toBeGreaterThanOrEqual(before + 1_000_000)
    mosaic.clock.reset()
    expect(Date.now() - before).toBeLessThan(500_000)
    mosaic.clock.advance(1_000_000)
    await mosaic.close()
    expect(Date.now() - before).toBeLessThan(500_000)
    mosaic = await startTestMosaic()
  })
})

describe('an outage', () => {
  it('refuses connections, keeps sessions, and is over on the same port', async () => {
    const client = mosaicClient(mosaic)
    const agent = createUserAgent()
    await client.signIn(agent, 'alice')
    await mosaic.down()
    await expect(fetch(mosaic.discoveryUrl)).rejects.toThrow()
    await mosaic.up()
    expect((await client.silent(agent)).get('code')).toEqual(expect.any(String))
  })
})

describe('a public client', () => {
  it('signs in with PKCE instead of a secret, and gets no refresh token', async () => {
    const client = mosaicClient(mosaic)
    const spa = {
      client_id: 'mosaic-spa',
      pkce: 'enforcePkceInsteadOfClientCredentials' as const,
      redirect_uris: [client.redirectUri],
    }
    mosaic.clients.add(spa)
    const agent = createUserAgent()
    const publicClient = mosaicClient(mosaic, 'mosaic-spa')
    const tokens = await publicClient.signInOffline(agent, 'bob')
    expect(decodeJwt(tokens.access_token ?? '').client_id).toBe('mosaic-spa')
    expect(tokens).not.toHaveProperty('refresh_token')
  })

  it('is the only one that must use PKCE, unless a client is set so', async () => {
    const [client, agent] = [mosaicClient(mosaic), createUserAgent()]
    const bare = { code_challenge: '', code_challenge_method: '' }
    await client.signIn(agent, 'alice')
    expect((await client.silent(agent, bare)).get('error')).toBeNull()
    mosaic.clients.update(WEB_CLIENT_ID, { pkce: 'enforcePkceAlongsideClientCredentials' })
    expect((await client.silent(agent, bare)).get('error')).toBe('invalid_request')
  })
})
