import { describe, expect, it } from 'vitest'
import { NoAnswer, Refused } from '../../src/bff/idp/failures.js'
import { errorEntry } from '../../src/bff/log.js'

const coded = (code: string, cause?: unknown): Error =>
  Object.assign(new Error('secret', { cause }), { code })

describe('errorEntry', () => {
  it('names an error by kind and codes, and shows no message', () => {
    const cause = Object.assign(new TypeError('token=secret'), { code: 'ECONNRESET' })
    const error = Object.assign(new Error('Bearer secret', { cause }), { code: 'no_answer' })
    expect(errorEntry(error)).toEqual({ error: 'Error', error_code: 'no_answer', cause: 'ECONNRESET' })
    expect(errorEntry(new RangeError('secret'))).toEqual({ error: 'RangeError' })
    expect(errorEntry('secret')).toEqual({ error: 'string' })
  })

  it('finds what really happened, however often it was wrapped', () => {
    const wrapped = new TypeError('fetch failed', { cause: coded('ECONNREFUSED') })
    expect(errorEntry(new NoAnswer('secret', { lost: false, cause: wrapped }))).toEqual({
      error: 'NoAnswer',
      error_code: 'no_answer',
      cause: 'ECONNREFUSED',
    })
    expect(
      errorEntry(coded('a', coded('pushed_failed', new Error('x', { cause: coded('ENOTFOUND') })))),
    ).toEqual({ error: 'Error', error_code: 'a', cause: 'pushed_failed', root: 'ENOTFOUND' })
    const tries = new AggregateError([coded('EHOSTUNREACH'), coded('ECONNREFUSED')])
    expect(errorEntry(new Error('x', { cause: tries }))).toEqual({ error: 'Error', cause: 'EHOSTUNREACH' })
    expect(errorEntry(new Error('x', { cause: new Error('y', { cause: new RangeError('z') }) }))).toEqual({
      error: 'Error',
      cause: 'RangeError',
    })
    expect(errorEntry(new Error('x', { cause: 'secret' }))).toEqual({ error: 'Error', cause: 'string' })
  })

  it('ends where causes go in circles, or too deep', () => {
    const [one, other] = [coded('one'), coded('other')]
    one.cause = other
    other.cause = one
    expect(errorEntry(one)).toEqual({ error: 'Error', error_code: 'one', cause: 'other' })
    other.cause = other
    expect(errorEntry(one)).toMatchObject({ cause: 'other' })
    let deep = coded('bottom')
    for (let i = 0; i < 10_000; i++) deep = new Error('x', { cause: deep }) as typeof deep
    expect(errorEntry(deep)).toEqual({ error: 'Error', cause: 'Error' })
  })

  it('shows no code that is none', () => {
    for (const code of [7, '', 'test token', 'x'.repeat(65), 'eyJhbGciOi.test.token'])
      expect(errorEntry(Object.assign(new Error('x'), { code }))).toEqual({ error: 'Error' })
  })
})

describe('an OAuth error', () => {
  const entry = (details: object) => errorEntry(Object.assign(new Error('secret'), details))

  it('is named by a word of the specifications, and whether the IDP asks to wait is said', () => {
    expect(entry({ error: 'invalid_target', isLimited: true, retryAfter: 5000 })).toEqual({
      error: 'Error',
      oauth_error: 'invalid_target',
      limited: true,
      retry_after: 5000,
    })
    expect(entry({ error: 'whatever\nit says' })).toEqual({ error: 'Error', oauth_error: 'other' })
    expect(entry({ error: undefined, isLimited: false })).toEqual({ error: 'Error' })
  })

  it.each([
    ...['unsupported_response_mode', 'request_not_supported', 'request_uri_not_supported'],
    ...['invalid_request_uri', 'invalid_authorization_details', 'account_selection_required', 'not_found'],
  ])('%s is registered, and told as it is', (error) =>
    expect(entry({ error })).toEqual({ error: 'Error', oauth_error: error }),
  )

  it('that was answered is not told as no answer', () => {
    expect(errorEntry(new NoAnswer('x', { lost: false, error: 'invalid_client' }))).toEqual({
      error: 'UnusableAnswer',
      error_code: 'unusable_answer',
      oauth_error: 'invalid_client',
    })
    expect(errorEntry(new Refused('invalid_grant'))).toEqual({
      error: 'Refused',
      error_code: 'refused',
      oauth_error: 'invalid_grant',
    })
  })
})
