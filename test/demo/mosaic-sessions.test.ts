import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  callApi,
  DAY,
  LONGEST_SESSION,
  mosaicClient,
  mosaicFetch,
  mosaicHandler,
  OTHER_CLIENT_ID,
  SECURE_ORIGIN,
  startTestMosaic,
  TWO_WEEKS,
  WEB_CLIENT_ID,
  startMosaicVisit,
  type Mosaic,
  type MosaicClientDriver,
  type SessionRecord,
} from '../support/mosaic.js'
import { createUserAgent, type UserAgent } from '../support/user-agent.js'

let mosaic: Mosaic
let client: MosaicClientDriver
let agent: UserAgent

beforeEach(async () => void ({ mosaic, client, agent } = await startMosaicVisit()))
afterEach(() => mosaic.close())

const seconds = (record: SessionRecord | undefined): number =>
  (Date.parse(record?.expiration_time ?? '') - Date.parse(record?.start_time ?? '')) / 1000
const days = (count: number): void => mosaic.clock.advance(count * DAY * 1000)
const errorOf = async (params?: Record<string, string>): Promise<string | null> =>
  (await client.silent(agent, params)).get('error')

describe('a session', () => {
  it('lasts 14 days, from its start, and is listed with user and client', async () => {
    await client.signIn(agent, 'alice')
    const [session, ...others] = mosaic.sessions('alice')
    expect(others).toEqual([])
    expect(session).toMatchObject({ user_id: 'alice', client_id: WEB_CLIENT_ID })
    expect(seconds(session)).toBe(TWO_WEEKS)
  })

  it('lasts as long as the client says through which it was started', async () => {
    mosaic.clients.update(WEB_CLIENT_ID, { session_expiration: DAY })
    mosaic.clients.update(OTHER_CLIENT_ID, { session_expiration: LONGEST_SESSION })
    await client.signIn(agent, 'alice')
    await mosaicClient(mosaic, OTHER_CLIENT_ID).signIn(createUserAgent(), 'alice')
    expect(mosaic.sessions('alice').map(seconds)).toEqual([DAY, LONGEST_SESSION])
  })

  it('is over at its end, to the second', async () => {
    await client.signIn(agent, 'alice')
    mosaic.clock.advance((TWO_WEEKS - 2) * 1000)
    expect(await errorOf()).toBeNull()
    mosaic.clock.advance(3000)
    expect(await errorOf()).toBe('login_required')
    expect(mosaic.sessions('alice')).toEqual([])
  })

  it('is another one for each authentication, in the same browser too, and not for a silent one', async () => {
    await client.signIn(agent, 'alice')
    await client.signIn(agent, 'alice')
    expect(mosaic.sessions('alice')).toHaveLength(1)
    await client.signIn(agent, 'alice', { prompt: 'login' })
    const ids = mosaic.sessions('alice').map(({ session_id: id }) => id)
    expect(new Set(ids).size).toBe(2)
  })

  it('belongs to one user: another one in the same browser ends it there', async () => {
    const alice = await client.signInOffline(agent, 'alice')
    await client.start(agent, { prompt: 'login' })
    await agent.login('bob')
    expect(mosaic.sessions('alice')).toEqual([])
    expect(mosaic.sessions('bob')).toHaveLength(1)
    expect((await client.refresh(alice.refresh_token)).body.error).toBe('invalid_grant')
  })

  it('has a Secure cookie over TLS', async () => {
    const secure = await startTestMosaic({ origin: SECURE_ORIGIN })
    agent.handle(SECURE_ORIGIN, mosaicHandler(secure))
    const tokens = await mosaicClient(secure).signIn(agent, 'alice')
    expect(tokens.access_token).toEqual(expect.any(String))
    expect(agent.cookies.get(SECURE_ORIGIN, '_session')).toMatchObject({ httpOnly: true, secure: true })
    const metadata = await (await mosaicFetch(secure)(secure.discoveryUrl)).json()
    expect(metadata.token_endpoint).toBe(`${SECURE_ORIGIN}/cis/oidc/token`)
    await secure.close()
  })

  it('is remembered by a cookie of its host that no script reads', async () => {
    await client.signIn(agent, 'alice')
    const cookie = agent.cookies.get(mosaic.baseUrl, '_session')
    expect(cookie).toMatchObject({ httpOnly: true })
    agent.cookies.clear()
    expect(await errorOf()).toBe('login_required')
  })
})

describe('its end moves', () => {
  it('with each refresh', async () => {
    const tokens = await client.signInOffline(agent, 'alice')
    days(10)
    await client.refresh(tokens.refresh_token)
    expect(seconds(mosaic.sessions('alice')[0])).toBeCloseTo(24 * DAY, -1)
    days(10)
    expect(await errorOf()).toBeNull()
  })

  it('not with a refresh, where that is set', async () => {
    mosaic.settings.refreshExtendsSession = false
    const tokens = await client.signInOffline(agent, 'alice')
    days(10)
    await client.refresh(tokens.refresh_token)
    expect(seconds(mosaic.sessions('alice')[0])).toBe(TWO_WEEKS)
    days(5)
    expect(await errorOf()).toBe('login_required')
  })

  it('with the code exchange of a silent authorization', async () => {
    await client.signIn(agent, 'alice')
    days(10)
    const code = (await client.silent(agent)).get('code') ?? ''
    expect(seconds(mosaic.sessions('alice')[0])).toBe(TWO_WEEKS)
    await client.exchange(code)
    expect(seconds(mosaic.sessions('alice')[0])).toBeCloseTo(24 * DAY, -1)
  })

  it('not any more once it is over: neither a refresh nor a code revives it', async () => {
    mosaic.clients.update(WEB_CLIENT_ID, { session_expiration: 30 })
    const tokens = await client.signInOffline(agent, 'alice')
    const code = (await client.silent(agent)).get('code') ?? ''
    mosaic.clock.advance(31_000)
    expect((await client.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    expect((await client.exchange(code)).body.error).toBe('invalid_grant')
    expect(mosaic.sessions('alice')).toEqual([])
    expect(mosaic.idp.tokenRequests.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('and where that is set a refresh token outlives it', async () => {
    mosaic.settings.refreshOutlivesSession = true
    const tokens = await client.signInOffline(agent, 'alice')
    await mosaic.endSessions('alice')
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200)
    expect(mosaic.sessions('alice')).toEqual([])
  })
})

describe('the sessions API', () => {
  const path = '/cis/v1/sessions/alice'

  it('lists what there is, also in the shape of older samples', async () => {
    await client.signIn(agent, 'alice')
    const token = await mosaic.clientToken()
    const { status, body } = await callApi(mosaic, 'GET', path, token)
    expect(status).toBe(200)
    expect(body).toEqual(mosaic.sessions('alice'))
    mosaic.settings.wrapSessionList = true
    expect((await callApi(mosaic, 'GET', path, token)).body).toEqual({ result: body })
    expect((await callApi(mosaic, 'GET', '/cis/v1/sessions/nobody', token)).body).toEqual({ result: [] })
  })

  it('revokes all of them, and all refresh tokens: access tokens are inactive, though good until they expire', async () => {
    const other = mosaicClient(mosaic, OTHER_CLIENT_ID)
    const [first, second] = [
      await client.signInOffline(agent, 'alice'),
      await other.signInOffline(createUserAgent(), 'alice'),
    ]
    const rotated = await client.refresh(first.refresh_token)
    const bob = await client.signInOffline(createUserAgent(), 'bob')
    const answer = await callApi(mosaic, 'DELETE', path, await mosaic.clientToken())
    expect(answer).toMatchObject({ status: 200, body: { result: { deleted_count: 2 } } })
    expect(mosaic.sessions('alice')).toEqual([])
    expect((await client.refresh(rotated.body.refresh_token)).body.error).toBe('invalid_grant')
    expect((await other.refresh(second.refresh_token)).body.error).toBe('invalid_grant')
    expect(await client.introspect(rotated.body.access_token)).toEqual({ active: false })
    expect(await errorOf()).toBe('login_required')
    expect((await client.refresh(bob.refresh_token)).status).toBe(200)
    expect(mosaic.sessions('bob')).toHaveLength(1)
  })

  it('wants a client token with the permissions: 401 and 403 in the words of the API', async () => {
    const { access_token: user } = await client.signIn(agent, 'alice')
    const invalid = { status: 401, body: { message: 'Invalid token', error_code: 401 } }
    for (const method of ['GET', 'DELETE'] as const) {
      expect(await callApi(mosaic, method, path)).toMatchObject(invalid)
      expect(await callApi(mosaic, method, path, 'nonsense')).toMatchObject(invalid)
      expect(await callApi(mosaic, method, path, user)).toMatchObject(invalid)
      const powerless = await callApi(mosaic, method, path, await mosaic.clientToken('mosaic-powerless'))
      expect(powerless).toMatchObject({
        status: 403,
        body: { message: expect.stringContaining('sessions:'), error_code: 403 },
      })
    }
    expect(await callApi(mosaic, 'GET', '/cis/v1/sessions/', await mosaic.clientToken())).toMatchObject({
      status: 400,
      body: { message: [expect.any(String)], error_code: 400 },
    })
    expect(mosaic.sessions('alice')).toHaveLength(1)
  })

  it('does not take a client token that has expired', async () => {
    const token = await mosaic.clientToken()
    mosaic.clock.advance(3_601_000)
    expect((await callApi(mosaic, 'GET', path, token)).status).toBe(401)
  })
})
