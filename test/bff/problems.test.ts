import { describe, expect, it } from 'vitest'
import { criteriaUnmet, problem, unavailable } from '../../src/bff/problems.js'
import { isProblem } from '../../src/protocol.js'

describe('problem', () => {
  it('is a problem document with a code', async () => {
    const answer = problem('csrf_failed', { detail: 'why' })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    const body: unknown = await answer.json()
    expect(isProblem(body)).toBe(true)
    expect(body).toEqual({
      type: 'about:blank#csrf_failed',
      title: expect.any(String),
      status: 403,
      code: 'csrf_failed',
      detail: 'why',
    })
  })

  it('says who ended the session, and carries a challenge with every 401', async () => {
    const answer = problem('login_required', { detail: 'x', endedBy: 'revoked' })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="bff"')
    expect(await answer.json()).toMatchObject({ ended_by: 'revoked' })
    expect(problem('session_unknown', { detail: 'x' }).headers.has('www-authenticate')).toBe(true)
    expect(problem('session_conflict', { detail: 'x' }).headers.has('www-authenticate')).toBe(false)
  })

  it('tells how long to wait, whole seconds and at least one', () => {
    expect(unavailable('x', 1500).headers.get('retry-after')).toBe('2')
    expect(unavailable('x', 0).headers.get('retry-after')).toBe('1')
    expect(unavailable('x').status).toBe(503)
  })
})

describe('criteriaUnmet', () => {
  it('challenges for a step-up (RFC 9470)', async () => {
    const answer = criteriaUnmet({ acr: ['mfa', 'phr'], maxAge: 300 }, ['acr', 'maxAge'])
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="mfa phr", max_age="300"',
    )
    expect(await answer.json()).toMatchObject({
      code: 'criteria_unmet',
      unmet: ['acr', 'maxAge'],
      acr_values: 'mfa phr',
      max_age: '300',
    })
  })

  it('asks to authenticate anew where methods are missing', () =>
    expect(criteriaUnmet({ amr: 'hwk' }, ['amr']).headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", max_age="0"',
    ))

  it('asks for the one resource whose audience is missing', async () => {
    const answer = criteriaUnmet({ audience: 'https://reports.test' }, ['audience'])
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", resource="https://reports.test"',
    )
    expect(await answer.json()).toMatchObject({ unmet: ['audience'], resource: 'https://reports.test' })
  })

  it('cannot be talked into another header value', () =>
    expect(criteriaUnmet({ acr: 'a"\r\nX: y' }, ['acr']).headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="a\\"X: y"',
    ))

  it.each([
    [{ roles: 'admin' }, ['roles']],
    [{ roles: 'admin', acr: 'mfa' }, ['acr', 'roles']],
    [{ user: 'alice' }, ['user']],
    [{ audience: 'x' }, ['audience']],
    [{ audience: ['https://a.test', 'https://b.test'] }, ['audience']],
  ] as const)('refuses %j for good', (criteria, unmet) => {
    const answer = criteriaUnmet(criteria, [...unmet])
    expect(answer.status).toBe(403)
    expect(answer.headers.has('www-authenticate')).toBe(false)
  })

  it('names the scope that is missing (RFC 6750 §3.1)', () =>
    expect(criteriaUnmet({ scope: ['a', 'b'] }, ['scope']).headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="a b"',
    ))
})
