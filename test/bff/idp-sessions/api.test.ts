import { describe, expect, it } from 'vitest'
import { createIdpSessionsApi } from '../../../src/bff/idp-sessions/api.js'
import type { IdpSessionsApi } from '../../../src/bff/idp-sessions/api.js'
import type { SessionsApiOptions } from '../../../src/bff/idp-sessions/options.js'
import { validateOptions } from '../../../src/bff/validate.js'
import { json, startSessionsServer } from './sessions-server.js'
import type { SessionsServer } from './sessions-server.js'

const record = {
  user_id: 'alice',
  session_id: 's1',
  client_id: 'web',
  start_time: '2026-01-01T00:00:00.000Z',
  expiration_time: '2026-01-15T00:00:00.000Z',
}
const session = {
  id: 's1',
  sub: 'alice',
  clientId: 'web',
  startedAt: Date.parse(record.start_time),
  expiresAt: Date.parse(record.expiration_time),
}

interface World {
  readonly server: SessionsServer
  readonly api: IdpSessionsApi
  pass(ms: number): void
}

async function world(changes: SessionsApiOptions = {}, timeout = 10): Promise<World> {
  const server = await startSessionsServer()
  const sessionsApi = { url: server.url, clientId: 'admin', clientSecret: 'test-secret', ...changes }
  const options = validateOptions({
    origin: 'https://app.example.com',
    idp: { issuer: server.url, clientId: 'web', clientSecret: 'test-secret', timeout, sessionsApi },
    secrets: ['test-secret-for-the-bff-0123456789abcdef'],
  })
  let offset = 0
  const api = createIdpSessionsApi(options, { fetch, now: () => Date.now() + offset })
  return { server, api, pass: (ms) => void (offset += ms) }
}

describe('for administrators', () => {
  it.each([
    ['a list', [record]],
    ['a wrapped list', { result: [record] }],
  ])('lists the sessions of a user: %s', async (_, answer) => {
    const { server, api } = await world()
    server.answer = (_call, response) => json(response, 200, answer)
    expect(await api.list({ sub: 'al/ice ü' })).toEqual([session])
    expect(server.calls).toMatchObject([
      { method: 'POST', url: '/cis/oidc/token' },
      { method: 'GET', url: '/cis/v1/sessions/al%2Fice%20%C3%BC', authorization: 'Bearer token-1' },
    ])
    expect(Object.fromEntries(new URLSearchParams(server.calls[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'admin',
      client_secret: 'test-secret',
    })
  })

  it('revokes them, and says how many', async () => {
    const { server, api } = await world()
    server.answer = (_call, response) => json(response, 200, { result: { deleted_count: 3 } })
    expect(await api.revoke({ sub: 'alice' })).toBe(3)
    expect(server.calls[1]).toMatchObject({ method: 'DELETE', url: '/cis/v1/sessions/alice' })
  })

  it('uses one token until shortly before it expires, also for calls at the same time', async () => {
    const { server, api, pass } = await world()
    await Promise.all([api.list({ sub: 'alice' }), api.list({ sub: 'bob' })])
    pass(3_500_000)
    await api.list({ sub: 'alice' })
    expect(server.tokens()).toBe(1)
    pass(100_000)
    await api.list({ sub: 'alice' })
    expect(server.tokens()).toBe(2)
  })

  it('takes another token where one is refused, once', async () => {
    const { server, api } = await world()
    const refused = { message: 'Invalid token', error_code: 401 }
    server.answer = ({ authorization }, response) =>
      authorization === 'Bearer token-1' ? json(response, 401, refused) : json(response, 200, [record])
    expect(await api.list({ sub: 'alice' })).toEqual([session])
    server.answer = (_call, response) => json(response, 401, refused)
    await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({
      name: 'OAuthError',
      code: 'invalid_token',
      error_description: 'Invalid token',
    })
    expect(server.tokens()).toBe(3)
  })

  it('says which roles the client lacks', async () => {
    const { server, api } = await world()
    server.answer = (_call, response) => json(response, 403, { message: ['no', 'never'], error_code: 403 })
    await expect(api.revoke({ sub: 'alice' })).rejects.toMatchObject({
      code: 'access_denied',
      message: expect.stringMatching(/no; never; .*needs apps:delete, \[appId\]:delete and sessions:delete/),
    })
  })

  it('says what is wrong with the client itself', async () => {
    const { server, api } = await world()
    server.token = (response) => json(response, 401, { error: 'invalid_client' })
    await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({
      code: 'invalid_client',
      message: expect.stringContaining('check clientId and clientSecret of idp.sessionsApi'),
    })
  })

  it.each([
    ['400 with reasons', 400, { message: ['user_id is wrong'], error_code: 400 }, 'invalid_request'],
    ['the other family', 400, { error: 'invalid_target', error_description: 'why' }, 'invalid_target'],
    ['404', 404, { message: 'User not found', error_code: 404 }, 'not_found'],
  ])('a refusal is told as it is: %s', async (_, status, body, code) => {
    const { server, api } = await world()
    server.answer = (_call, response) => json(response, status, body)
    await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({ name: 'OAuthError', code })
  })

  it('asks nothing for as long as it is told to wait', async () => {
    const { server, api, pass } = await world()
    server.answer = (_call, response) => json(response, 429, { message: 'slow' }, { 'retry-after': '7' })
    await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({
      code: 'idp_unavailable',
      retryAfter: 7000,
    })
    const asked = server.calls.length
    server.answer = (_call, response) => json(response, 200, [])
    await expect(api.list({ sub: 'bob' })).rejects.toMatchObject({ retryable: true })
    expect(server.calls.length).toBe(asked)
    pass(7001)
    expect(await api.list({ sub: 'bob' })).toEqual([])
  })

  it('waits a minute where it is not told for how long', async () => {
    const { server, api, pass } = await world()
    server.answer = (_call, response) => response.writeHead(429).end()
    await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({ retryAfter: 60_000 })
    server.answer = (_call, response) => json(response, 200, [])
    pass(59_000)
    await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({ code: 'idp_unavailable' })
    pass(1_500)
    expect(await api.list({ sub: 'alice' })).toEqual([])
  })

  it.each<[string, SessionsServer['answer']]>([
    ['5xx', (_call, response) => response.writeHead(500).end('oops')],
    ['HTML', (_call, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['a gateway’s 403', (_call, response) => response.writeHead(403).end('<html>')],
    ['a cut connection', (_call, response) => response.destroy()],
    ['a redirect', (_call, response) => response.writeHead(302, { location: '/' }).end()],
    ['no list', (_call, response) => json(response, 200, { result: {} })],
    ['no sessions', (_call, response) => json(response, 200, [{ session_id: 's1' }])],
    ['no dates', (_call, response) => json(response, 200, [{ ...record, start_time: 'yesterday' }])],
  ])('%s is no answer', async (_, answer) => {
    const { server, api } = await world()
    server.answer = answer
    await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({
      name: 'NetworkError',
      code: 'idp_unavailable',
      retryable: true,
    })
  })

  it('does not wait for ever', async () => {
    const { server, api } = await world({}, 0.2)
    server.answer = () => {}
    await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({ code: 'idp_unavailable' })
  })

  it('cannot be meant for nobody', async () => {
    const { server, api } = await world()
    await expect(api.revoke({ sub: '' })).rejects.toThrow(TypeError)
    expect(server.calls).toEqual([])
  })

  it('needs a client, and an address', async () => {
    const server = await startSessionsServer()
    const of = (sessionsApi: SessionsApiOptions | undefined): IdpSessionsApi => {
      const options = validateOptions({
        origin: 'https://app.example.com',
        idp: {
          issuer: server.url,
          clientId: 'web',
          clientSecret: 'test-secret',
          ...(sessionsApi && { sessionsApi }),
        },
        secrets: ['test-secret-for-the-bff-0123456789abcdef'],
      })
      return createIdpSessionsApi(options, { fetch, now: Date.now })
    }
    expect(() => of({ url: server.url }).check()).toThrow(/idp\.sessionsApi\.clientId: is not set/)
    await expect(of(undefined).list({ sub: 'alice' })).rejects.toMatchObject({
      code: 'configuration_invalid',
    })
    await expect(of(undefined).logout('token')).rejects.toMatchObject({ option: 'idp.sessionsApi' })
    expect(() => of({ clientId: 'admin', clientSecret: 'x' })).toThrow(/idp\.sessionsApi\.url: is missing/)
    expect(() => of({ url: server.url, clientId: 'admin' })).toThrow(/clientSecret: is missing/)
    expect(() => of({ url: server.url, clientSecret: 'test' })).toThrow(/clientId: is missing/)
  })
})

describe('at a logout', () => {
  it.each([
    ['plain', { sessions_count: 2 }],
    ['wrapped', { result: { sessions_count: 2 } }],
  ])('the Logout API is told by the user’s token: %s', async (_, answer) => {
    const { server, api } = await world()
    server.answer = (_call, response) => json(response, 200, answer)
    expect(await api.logout('user-token')).toBe(2)
    expect(server.calls).toMatchObject([
      { method: 'POST', url: '/cis/v1/auth/logout', authorization: 'Bearer user-token', body: '' },
    ])
  })

  it('a session of the SSO service ends by its id alone', async () => {
    const { server, api } = await world()
    server.answer = (_call, response) => response.writeHead(200).end()
    await api.endSso({ ssoSessionId: 'a&b' })
    expect(server.calls).toMatchObject([
      {
        method: 'POST',
        url: '/ido/api/v2/auth/sso-logout?clientId=web&ssoSessionId=a%26b',
        authorization: undefined,
      },
    ])
  })
})
