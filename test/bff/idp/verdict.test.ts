import { describe, expect, it } from 'vitest'
import { judge, retryAfterOf } from '../../../src/bff/idp/verdict.js'
import { REFUSALS } from '../../support/misbehaving-provider.js'
import type { Refusal } from '../../support/misbehaving-provider.js'

const judged = ({ status, contentType, body }: Refusal) => judge(status, contentType ?? null, body)

describe('judge', () => {
  it.each(['<html>slow down</html>', '{"error":"invalid_grant"}', ''])(
    'takes 429 for a wish to wait, whatever comes with it (%s): nothing is lost',
    (text) => expect(judge(429, 'text/html', text)).toMatchObject({ kind: 'none', lost: false }),
  )

  it.each([
    ['invalid_grant', 'invalid_grant'],
    ['invalid_grant_401', 'invalid_grant'],
    ['invalid_grant_200', 'invalid_grant'],
    ['other_code', 'session_expired'],
    ['invalid_request', 'invalid_request'],
    ['empty_400', 'oauth_error'],
    ['empty_401', 'oauth_error'],
    ['message_and_code', 'oauth_error'],
    ['message_and_code_401', 'oauth_error'],
  ] as const)('takes %s for a refusal (%s)', (name, error) =>
    expect(judged(REFUSALS[name])).toEqual({ kind: 'refusal', error }),
  )

  it.each([
    ['html_200', true],
    ['html_400', true],
    ['html_502', true],
    ['empty_object_200', true],
    ['not_json_200', true],
    ['server_error', true],
    ['unavailable', true],
    ['invalid_client', false],
    ['unauthorized_client', false],
    ['rate_limited', false],
  ] as const)('takes %s for no answer (lost: %s)', (name, lost) =>
    expect(judged(REFUSALS[name])).toMatchObject({ kind: 'none', lost }),
  )

  it.each([
    [400, '{"message":["client_secret should not be empty"],"error_code":400}'],
    [401, '{"message":"Client authentication failed","error_code":401}'],
  ])('takes an API’s %s that speaks of the client, %s, for no answer', (status, body) =>
    expect(judge(status, 'application/json', body)).toMatchObject({
      ...{ kind: 'none', lost: false, error: 'invalid_client' },
    }),
  )

  it.each([
    [400, '{"message":["refresh_token is invalid"],"error_code":400}'],
    [401, '{"message":"Invalid token","error_code":401}'],
  ])('takes an API’s %s that speaks of anything else, %s, for a refusal', (status, body) =>
    expect(judge(status, 'application/json', body)).toEqual({ kind: 'refusal', error: 'oauth_error' }),
  )

  it.each([
    [404, 'application/json', '{"error":"invalid_grant"}', false],
    [403, null, '', false],
    [403, 'application/json', '{"message":"blocked"}', false],
    [302, null, '', false],
    [409, null, '', false],
    [400, 'text/plain', 'Bad Request', false],
    [200, 'application/json', '', true],
    [200, 'application/json', '[]', true],
    [200, 'application/json', '{"access_token":""}', true],
    [200, 'application/json', ' <!doctype html>', true],
    [500, 'application/json', '{"error":"invalid_grant"}', true],
    [400, 'application/json', '{"error":"temporarily_unavailable"}', false],
    [400, 'application/json', '{"error":"server_error"}', true],
    [400, 'application/json', '{"error":"slow_down"}', false],
    [400, 'application/json', '{"error":"invalid_scope"}', false],
  ])('takes %s %s %j for no answer', (status, type, body, lost) =>
    expect(judge(status, type, body)).toMatchObject({ kind: 'none', lost }),
  )

  it.each([
    [403, '{"error":"invalid_grant"}', 'invalid_grant'],
    [200, '{"error":"invalid_grant"}', 'invalid_grant'],
    [400, '{}', 'oauth_error'],
    [401, '  ', 'oauth_error'],
  ])('takes %s %s for a refusal', (status, body, error) =>
    expect(judge(status, null, body)).toEqual({ kind: 'refusal', error }),
  )

  it('gives tokens the form the specification has', () => {
    const body = {
      access_token: 'a',
      expires_in: '60',
      scope: ['x', 'y'],
      refresh_token: null,
      id_token: '',
      foo: 1,
    }
    expect(judge(200, 'application/json', JSON.stringify(body))).toEqual({
      kind: 'tokens',
      body: { access_token: 'a', token_type: 'Bearer', expires_in: 60, scope: 'x y', foo: 1 },
    })
  })

  it.each([0, -1, 'soon', null, undefined, {}, 'NaN'])('leaves out expires_in %j', (expires_in) => {
    const verdict = judge(200, null, JSON.stringify({ access_token: 'a', token_type: 'x', expires_in }))
    expect(verdict).toEqual({ kind: 'tokens', body: { access_token: 'a', token_type: 'x' } })
  })
})

describe('retryAfterOf', () => {
  const now = Date.parse('2026-11-25T12:00:00Z')
  it.each([
    [null, undefined],
    ['2', 2000],
    [' 30 ', 30_000],
    ['0', undefined],
    ['999999', 3_600_000],
    ['Wed, 25 Nov 2026 12:00:10 GMT', 10_000],
    ['Wed, 25 Nov 2026 11:00:00 GMT', undefined],
    ['soon', undefined],
  ])('%j', (value, ms) => expect(retryAfterOf(value, now)).toBe(ms))
})
