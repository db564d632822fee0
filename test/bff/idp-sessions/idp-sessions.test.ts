import { describe, expect, it } from 'vitest'
import { ConfigurationError, NetworkError, OAuthError } from '../../../src/errors.js'
import { createIdpSessions } from '../../../src/bff/idp-sessions/idp-sessions.js'
import type { IdpSessionsApi } from '../../../src/bff/idp-sessions/api.js'
import { silentLog } from '../../../src/bff/log.js'

function world(changes: Partial<IdpSessionsApi> = {}, isDown: () => boolean = () => false) {
  const steps: string[] = []
  let here = 2
  const api: IdpSessionsApi = {
    check: () => {},
    list: async () => [],
    revoke: async () => (steps.push('there'), 3),
    logout: async () => 0,
    endSso: async () => {},
    ...changes,
  }
  const end = async (): Promise<number> => {
    if (isDown()) throw new Error('the store is down')
    steps.push('here')
    return here--
  }
  return { steps, sessions: createIdpSessions(api, { end }, silentLog) }
}

it('ends sessions here first, then there, then those here that a login began meanwhile', async () => {
  const { steps, sessions } = world()
  expect(await sessions.revoke({ sub: 'alice' })).toEqual({ revoked: 3, ended: 3 })
  expect(steps).toEqual(['here', 'there', 'here'])
})

it.each([
  ['refuses', new OAuthError({ error: 'access_denied', error_description: 'no role' }), 0, 'no role'],
  [
    'does not answer',
    new NetworkError('idp_unavailable', 'It asks to wait.', { retryAfter: 7 }),
    null,
    'wait',
  ],
])('where the IDP %s, those here are over, and it is told', async (_, failure, revoked, why) => {
  const { steps, sessions } = world({ revoke: () => Promise.reject(failure) })
  const error: unknown = await sessions.revoke({ sub: 'alice' }).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ name: failure.name, code: failure.code, revoked, ended: 3, cause: failure })
  expect(error).toMatchObject({ message: expect.stringContaining(why) })
  expect(error).toMatchObject({ message: expect.stringContaining('sessions ended here: 3, at the IDP: ') })
  if (failure instanceof NetworkError) expect(error).toMatchObject({ retryAfter: 7, retryable: true })
  expect(steps).toEqual(['here', 'here'])
})

it('calls at the same time are told each its own', async () => {
  const failure = new OAuthError({ error: 'invalid_client' })
  const { sessions } = world({ revoke: () => Promise.reject(failure) })
  const results = await Promise.allSettled([sessions.revoke({ sub: 'a' }), sessions.revoke({ sub: 'b' })])
  const reasons = results.map((result) => (result.status === 'rejected' ? result.reason : null))
  expect(new Set(reasons).size).toBe(2)
  expect(failure).not.toHaveProperty('ended')
})

describe('where the session store does not answer', () => {
  it('those at the IDP end all the same, and it is told', async () => {
    const { sessions, steps } = world({}, () => true)
    await expect(sessions.revoke({ sub: 'alice' })).rejects.toMatchObject({
      name: 'NetworkError',
      revoked: 3,
      ended: null,
      message: expect.stringContaining('The session store does not answer'),
    })
    expect(steps).toEqual(['there'])
  })

  it('and the IDP neither, nothing is made up', async () => {
    const { sessions } = world(
      { revoke: () => Promise.reject(new NetworkError('idp_unavailable', 'x')) },
      () => true,
    )
    await expect(sessions.revoke({ sub: 'alice' })).rejects.toMatchObject({ revoked: null, ended: null })
  })

  it('for a moment only, all is well', async () => {
    let calls = 0
    const { sessions } = world({}, () => calls++ === 0)
    expect(await sessions.revoke({ sub: 'alice' })).toEqual({ revoked: 3, ended: 2 })
  })
})

it('a filter that says more than whose sessions is refused before anything ends', async () => {
  const { steps, sessions } = world()
  const filters: object[] = [{ sub: 'alice', sid: 's1' }, { sid: 's1' }, { sub: '' }]
  for (const filter of filters)
    await expect(Reflect.apply(sessions.revoke, sessions, [filter])).rejects.toThrow(TypeError)
  expect(steps).toEqual([])
})

it('nothing is ended where the API is not configured', async () => {
  const check = (): never => {
    throw new ConfigurationError('idp.sessionsApi', 'is not set.')
  }
  const { steps, sessions } = world({ check })
  await expect(sessions.revoke({ sub: 'alice' })).rejects.toThrow(ConfigurationError)
  expect(steps).toEqual([])
})
