import { describe, expect, it } from 'vitest'
import { apiError, errorNamed, toldBy } from '../../../src/bff/idp/api-error.js'

describe('apiError', () => {
  it.each([
    [400, ['a is missing', 'b is wrong'], 'invalid_request', 'a is missing; b is wrong'],
    [400, ['client_id is unknown'], 'invalid_client', 'client_id is unknown'],
    [401, 'Invalid token', 'invalid_token', 'Invalid token'],
    [403, 'the client lacks a permission', 'access_denied', 'the client lacks a permission'],
    [404, 'User not found', 'not_found', 'User not found'],
    [409, 'It exists', 'invalid_request', 'It exists'],
    [429, 'Too many requests', 'temporarily_unavailable', 'Too many requests'],
    [500, 'Oops', 'server_error', 'Oops'],
  ])('makes an OAuth error of %s %j', (status, message, error, error_description) =>
    expect(apiError(status, { message, error_code: status })).toEqual({ error, error_description }),
  )

  it.each([null, {}, { message: 'x' }, { error_code: 400 }, { message: [], error_code: 400 }])(
    'makes nothing of %j',
    (body) => expect(apiError(400, body)).toBeNull(),
  )
})

it('a status that is no refusal has no name', () => {
  for (const status of [200, 304, 418, 500, 503]) expect(errorNamed(status)).toBeUndefined()
})

it('a message is a text or a list of them, and as long as is asked for', () => {
  expect(toldBy(['one', 7, 'two'], 100)).toBe('one; two')
  expect(toldBy('one', 2)).toBe('on')
  for (const none of [undefined, null, 7, [], [7], {}]) expect(toldBy(none, 100)).toBeUndefined()
})
