// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { NetworkError, OAuthError } from '../../src/errors.js'
import { mayHaveActed, tokensIn } from '../../src/oidc/failures.js'
import { REFUSALS, type Refusal, type RefusalName } from '../support/misbehaving-provider.js'

const NOW = Date.parse('2027-01-01T00:00:00Z')

const parsed = (text: string): Record<string, unknown> | undefined => {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}

const read = ({ status, body, headers }: Refusal) =>
  tokensIn(
    { status, text: body, json: parsed(body), headers: new Headers(headers), askedAt: NOW, answeredAt: NOW },
    NOW,
  )

const thrownFor = (refusal: Refusal): unknown => {
  try {
    read(refusal)
  } catch (error) {
    return error
  }
  throw new Error('it was taken for tokens')
}

const json = (status: number, body: unknown): Refusal => ({ status, body: JSON.stringify(body) })

describe('tokensIn', () => {
  it('returns the members of an answer with an access token', () => {
    expect(read(json(200, { access_token: 'a', more: 1 }))).toEqual({ access_token: 'a', more: 1 })
  })

  it.each(['Bearer', 'bearer', 'BEARER', '', null, undefined])('takes token_type %o', (token_type) => {
    expect(read(json(200, { access_token: 'a', token_type }))).toMatchObject({ access_token: 'a' })
  })

  it.each(['DPoP', 'dpop', 'mac', 'N_A', 'Bearer2', 7])(
    'refuses tokens of a type that it cannot send: %s',
    (token_type) => {
      const error = thrownFor(json(200, { access_token: 'a', token_type }))
      expect(error).toMatchObject({ name: 'CallbackError', code: 'callback_invalid' })
      expect(String(error)).toContain(`a token of type ${token_type}. Register this client for Bearer tokens`)
    },
  )

  it.each<RefusalName>([
    'invalid_grant',
    'invalid_grant_401',
    'invalid_grant_200',
    'empty_400',
    'empty_401',
    'other_code',
    'message_and_code',
    'message_and_code_401',
    'invalid_request',
  ])('is refused: %s', (name) => {
    expect(thrownFor(REFUSALS[name])).toBeInstanceOf(OAuthError)
  })

  it('says what an API’s refusal says', () => {
    const refusal = json(400, { message: ['refresh_token is invalid', 'try again'], error_code: 400 })
    expect(thrownFor(refusal)).toMatchObject({
      error: 'refused',
      error_description: 'refresh_token is invalid; try again',
    })
  })

  it.each([
    [400, ['client_secret should not be empty']],
    [401, 'Client authentication failed'],
  ])('is no answer about the session where an API’s %s speaks of the client', (status, message) => {
    const thrown = thrownFor(json(status, { message, error_code: status }))
    expect(thrown).toBeInstanceOf(NetworkError)
    expect(thrown).toMatchObject({ retryable: false, cause: { error: 'invalid_client' } })
  })

  it.each([
    ['403 with an OAuth error', json(403, { error: 'access_denied' })],
    ['400 with an empty object', json(400, {})],
    ['400 with white space', { status: 400, body: ' \n' }],
  ])('is refused: %s', (_, refusal) => {
    expect(thrownFor(refusal)).toBeInstanceOf(OAuthError)
  })

  it.each<RefusalName>([
    'html_200',
    'html_400',
    'html_502',
    'empty_object_200',
    'not_json_200',
    'rate_limited',
    'server_error',
    'unavailable',
  ])('is no answer, and can be tried again: %s', (name) => {
    const error = thrownFor(REFUSALS[name])
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'idp_unavailable', retryable: true })
  })

  it.each([
    ['404', { status: 404, body: '' }],
    ['404 with an OAuth error', json(404, { error: 'invalid_grant' })],
    ['403 with an empty body', { status: 403, body: '' }],
    ['403 with JSON that names no error', json(403, { message: 'blocked' })],
    ['400 with plain text', { status: 400, body: 'Bad Request' }],
    ['503 with an OAuth error', json(503, { error: 'invalid_grant' })],
    ['200 with an OAuth error about the server', json(200, { error: 'temporarily_unavailable' })],
    ['302 with an OAuth error', json(302, { error: 'invalid_grant' })],
    ['400 server_error', json(400, { error: 'server_error' })],
    ['400 temporarily_unavailable', json(400, { error: 'temporarily_unavailable' })],
    ['400 slow_down', json(400, { error: 'slow_down' })],
  ])('is no answer, and can be tried again: %s', (_, refusal) => {
    expect(thrownFor(refusal)).toMatchObject({ name: 'NetworkError', retryable: true })
  })

  it.each(['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope'])(
    'says nothing about the session, and trying again is of no use: %s',
    (code) => {
      const error = thrownFor(json(400, { error: code }))
      expect(error).toMatchObject({ name: 'NetworkError', retryable: false, cause: { error: code } })
    },
  )

  it("keeps the IDP's own words", () => {
    expect(thrownFor(REFUSALS.other_code)).toMatchObject({
      error: 'session_expired',
      error_description: 'log in again',
    })
  })

  it.each([
    ['2', 2_000],
    ['Fri, 01 Jan 2027 00:00:30 GMT', 30_000],
    ['Thu, 31 Dec 2026 23:59:00 GMT', undefined],
    ['soon', undefined],
  ])('reads Retry-After: %s', (value, expected) => {
    const error = thrownFor({ status: 429, body: '', headers: { 'retry-after': value } })
    expect(error).toMatchObject({ retryAfter: expected })
  })
})

describe('mayHaveActed', () => {
  it.each([
    [true, new NetworkError('timeout', 'late')],
    [true, new NetworkError('network_failed', 'cut', { cause: new TypeError('Failed to fetch') })],
    [true, thrownFor(REFUSALS.html_502)],
    [true, thrownFor(REFUSALS.html_200)],
    [true, thrownFor(REFUSALS.unavailable)],
    [false, thrownFor(REFUSALS.invalid_client)],
    [false, thrownFor(json(400, { error: 'server_error' }))],
    [false, thrownFor({ status: 429, body: '' })],
  ])('%s for %s', (expected, error) => {
    expect(mayHaveActed(error as NetworkError)).toBe(expected)
  })
})
