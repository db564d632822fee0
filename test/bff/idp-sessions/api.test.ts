import { describe, expect, it } from 'vitest'
import { createIdpSessionsApi } from '../../../src/bff/idp-sessions/api.js'
import type { IdpSessionsApi } from '../../../src/bff/idp-sessions/api.js'
import type { SessionsApiOptions } from '../../../src/bff/idp-sessions/options.js'
import { validateOptions } from '../../../src/bff/validate.js'
import { record, session, world } from './api-world.js'
import { json, startSessionsServer } from './sessions-server.js'
import type { SessionsServer } from './sessions-server.js'

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
      error_description: expect.stringMatching(/^Invalid token; a new token .* is refused, too/),
    })
    expect(server.tokens()).toBe(3)
    expect(server.calls.filter(({ method }) => method === 'GET')).toHaveLength(4)
  })

  it('says which roles the client lacks', async () => {
    const { server, api } = await world()
    server.answer = (_call, response) => json(response, 403, { message: ['no', 'never'], error_code: 403 })
    await expect(api.revoke({ sub: 'alice' })).rejects.toMatchObject({
      code: 'access_denied',
      message: expect.stringMatching(/no; never; .*needs apps:delete, \[appId\]:delete and sessions:delete/),
    })
  })

  it('takes another token where its client has been given the roles since', async () => {
    const { server, api } = await world()
    server.answer = ({ authorization }, response) =>
      authorization === 'Bearer token-1' ? json(response, 403, { message: 'no' }) : json(response, 200, [])
    await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({ code: 'access_denied' })
    expect(server.tokens()).toBe(1)
    expect(await api.list({ sub: 'alice' })).toEqual([])
  })

  it('keeps its token where a request was wrong', async () => {
    const { server, api } = await world()
    server.answer = (_call, response) => json(response, 400, { message: ['no'], error_code: 400 })
    for (let call = 0; call < 2; call++)
      await expect(api.list({ sub: 'alice' })).rejects.toMatchObject({ code: 'invalid_request' })
    expect(server.tokens()).toBe(1)
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

  it.each<[string, SessionsServer['answer']]>([
    ['5xx', (_call, response) => response.writeHead(500).end('oops')],
    ['HTML', (_call, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['a gateway’s 403', (_call, response) => response.writeHead(403).end('<html>')],
    ['a cut connection', (_call, response) => response.destroy()],
    [
      'a redirect',
      ({ url }, response) =>
        url === '/elsewhere'
          ? json(response, 200, [])
          : response.writeHead(302, { location: '/elsewhere' }).end(),
    ],
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

  it.each<[string, object]>([
    ['nobody', { sub: '' }],
    ['no text', { sub: 7 }],
    ['nothing', {}],
    ['another address', { sub: '..' }],
    ['the address of all', { sub: '.' }],
    ['less than it says', { sub: 'alice', sid: 's1' }],
  ])('cannot be meant for %s', async (_, filter) => {
    const { server, api } = await world()
    for (const call of [api.list, api.revoke])
      await expect(Reflect.apply(call, api, [filter])).rejects.toThrow(TypeError)
    expect(server.calls).toEqual([])
  })

  it('asks for whoever is meant, whatever the name', async () => {
    const { server, api } = await world()
    for (const sub of ['../admin', '%2e%2e', 'a?b#c', '...']) await api.list({ sub })
    expect(server.calls.slice(1).map(({ url }) => url)).toEqual([
      '/cis/v1/sessions/..%2Fadmin',
      '/cis/v1/sessions/%252e%252e',
      '/cis/v1/sessions/a%3Fb%23c',
      '/cis/v1/sessions/...',
    ])
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
      option: 'idp.sessionsApi',
      message: expect.stringContaining('Set url, the API host'),
    })
    expect(() => of(undefined).check()).toThrow(/^idp\.sessionsApi: is not set/)
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
    await expect(api.endSso({ ssoSessionId: '' })).rejects.toThrow('ssoSessionId must be a text')
    expect(server.calls).toHaveLength(1)
  })
})
