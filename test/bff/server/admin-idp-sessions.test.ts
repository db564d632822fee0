import { expect, it } from 'vitest'
import { administerIdp } from '../../../src/bff/server/admin-idp-sessions.js'
import { ConfigurationError, NetworkError, OAuthError } from '../../../src/errors.js'

const asked = (error: Error, method = 'GET'): Promise<Response> => {
  const fails = (): Promise<never> => Promise.reject(error)
  return administerIdp(
    { list: fails, revoke: fails, endSso: fails },
    method,
    new URLSearchParams('sub=alice'),
  )
}

it.each([
  [404, new ConfigurationError('idp.sessionsApi', 'is not set.'), 'is not set'],
  [502, new OAuthError({ error: 'access_denied', error_description: 'apps:read' }), 'apps:read'],
  [503, new NetworkError('idp_unavailable', 'It asks to wait.', { retryAfter: 1_500 }), 'It asks to wait'],
  [503, new Error('the store is down'), 'does not answer'],
  [400, new TypeError('sub must be the identifier of a user.'), 'identifier of a user'],
])('%d where it cannot be done, and why', async (status, error, detail) => {
  for (const method of ['GET', 'DELETE']) {
    const answer = await asked(error, method)
    expect(answer.status).toBe(status)
    expect(((await answer.json()) as { detail: string }).detail).toContain(detail)
  }
})

it('says when to come again', async () => {
  const limited = new NetworkError('idp_unavailable', 'Wait.', { retryAfter: 1_500 })
  expect((await asked(limited)).headers.get('retry-after')).toBe('2')
})

it.each([
  [502, new OAuthError({ error: 'access_denied' }), { revoked: 0, ended: 2 }],
  [503, new NetworkError('idp_unavailable', 'No answer.'), { revoked: null, ended: 2 }],
])('%d of a revocation says what has ended all the same', async (status, error, counts) => {
  const answer = await asked(Object.assign(error, counts), 'DELETE')
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject(counts)
})
