import { describe, expect, it } from 'vitest'
import { finish, finishOwn, json } from '../../src/bff/answers.js'

describe('answers', () => {
  it('marks its own, and makes them safe', () => {
    const answer = finishOwn(json({}), 'id-1', ['a=b', 'c=d'])
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-tandem': '1',
      'x-request-id': 'id-1',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'x-frame-options': 'DENY',
    })
    expect(answer.headers.getSetCookie()).toEqual(['a=b', 'c=d'])
    expect(answer.headers.has('access-control-allow-origin')).toBe(false)
  })

  it('puts its request id on an answer whose headers cannot be changed', async () => {
    const fixed = Response.redirect('https://app.test/x', 303)
    const answer = finish(fixed, 'id-1', ['a=b'])
    expect(answer.headers.get('x-request-id')).toBe('id-1')
    expect(answer.headers.get('location')).toBe('https://app.test/x')
    expect(answer.headers.has('x-tandem')).toBe(false)
    expect(answer.status).toBe(303)
  })
})
