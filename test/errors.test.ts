import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  BffError,
  CallbackError,
  ConfigurationError,
  NetworkError,
  OAuthError,
  SessionEndedError,
  SessionError,
} from '../src/errors.js'
import type {
  BffProblemCode,
  CallbackErrorCode,
  EndReason,
  OAuthErrorCode,
  SessionErrorCode,
} from '../src/errors.js'

const cause = new TypeError('fetch failed')

/** One of each kind, with the cause it came from. */
const kinds = {
  SessionError: new SessionError(
    'gesture_required',
    'Show the error and let the user start the next login.',
    { cause },
  ),
  ConfigurationError: new ConfigurationError('idp.issuer', 'must be an https address.', { cause }),
  CallbackError: new CallbackError(
    'state_mismatch',
    'The answer belongs to no login of this browser. Start again.',
    {
      cause,
    },
  ),
  OAuthError: new OAuthError(
    {
      error: 'invalid_grant',
      error_description: 'refresh token expired',
      error_uri: 'https://idp.example/e/1',
    },
    { cause },
  ),
  NetworkError: new NetworkError('timeout', 'No answer came within 10 s. Try again.', {
    cause,
    retryAfter: 5_000,
  }),
  SessionEndedError: new SessionEndedError('revoked', undefined, { cause }),
  BffError: new BffError('csrf_failed', 403, { code: 'csrf_failed', status: 403 }, { cause }),
}

describe.each(Object.entries(kinds))('%s', (name, error) => {
  it('has its name, a literal code and the cause', () => {
    expect(error.name).toBe(name)
    expect(error.code).toMatch(/^[a-z]+(_[a-z]+)*$/)
    expect(error.cause).toBe(cause)
  })

  it('is an Error and a SessionError, and shows itself by name and message', () => {
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(SessionError)
    expect(String(error)).toBe(`${name}: ${error.message}`)
    expect(error.stack).toContain('errors.test.ts')
  })

  it('has no cause where none is given', () => {
    expect('cause' in new SessionError('not_started', 'Call start() first.')).toBe(false)
    expect('cause' in new SessionEndedError('logout')).toBe(false)
  })
})

describe('what a message says: what happened and what to do', () => {
  it('a configuration error names the option', () => {
    expect(kinds.ConfigurationError.message).toBe('idp.issuer: must be an https address.')
    expect(kinds.ConfigurationError.option).toBe('idp.issuer')
    expect(kinds.ConfigurationError.code).toBe('configuration_invalid')
  })

  it('an OAuth error quotes the provider and keeps the wire names', () => {
    const { message, error, error_description, error_uri } = kinds.OAuthError
    expect(message).toContain('"invalid_grant" (refresh token expired)')
    expect(message).toMatch(/try again.*check/)
    expect({ error, error_description, error_uri }).toEqual({
      error: 'invalid_grant',
      error_description: 'refresh token expired',
      error_uri: 'https://idp.example/e/1',
    })
  })

  it('an OAuth error without a description, or with a code of its own', () => {
    const own = new OAuthError({ error: 'mfa_required' })
    expect(own.code).toBe('mfa_required')
    expect(own.message).toMatch(/^The identity provider answered "mfa_required"\. Let the user/)
    expect(own.error_description).toBeUndefined()
  })

  it('the end of a session says why, and to send the user to log in', () => {
    expect(kinds.SessionEndedError.message).toBe('There is no session (revoked). Send the user to log in.')
    expect(kinds.SessionEndedError.reason).toBe('revoked')
    expect(kinds.SessionEndedError.code).toBe('session_ended')
    expect(new SessionEndedError('logout', 'The user logged out elsewhere.').message).toContain('elsewhere')
  })

  it('a problem of the BFF speaks in its own words, or says where to look', () => {
    const problem = { code: 'login_loop', status: 400, detail: 'Wait a minute, then try again.' }
    expect(new BffError('login_loop', 400, problem).message).toBe('Wait a minute, then try again.')
    expect(kinds.BffError.message).toBe('The BFF answered 403 csrf_failed; its log says why.')
    expect(new BffError('csrf_failed', 403, { detail: 7 }).message).toContain('its log')
    expect(kinds.BffError).toMatchObject({ status: 403, problem: { code: 'csrf_failed' } })
  })
})

describe('NetworkError', () => {
  it('can be retried unless it says otherwise, and passes on what Retry-After asked for', () => {
    expect(kinds.NetworkError).toMatchObject({ retryable: true, retryAfter: 5_000 })
    expect(new NetworkError('network_failed', 'No.')).toMatchObject({
      retryable: true,
      retryAfter: undefined,
    })
    expect(new NetworkError('network_failed', 'No.', { retryable: false }).retryable).toBe(false)
  })
})

describe('types', () => {
  type Kind = ConfigurationError | CallbackError | OAuthError | NetworkError | SessionEndedError | BffError

  /** What an app writes: every branch knows what it has. */
  function advice(error: Kind): string {
    switch (error.code) {
      case 'configuration_invalid':
        expectTypeOf(error).toEqualTypeOf<ConfigurationError>()
        return error.option
      case 'session_ended':
        expectTypeOf(error).toEqualTypeOf<SessionEndedError>()
        return error.reason
      case 'timeout':
        expectTypeOf(error).toEqualTypeOf<NetworkError>()
        return String(error.retryAfter)
      case 'invalid_grant':
        expectTypeOf(error).toEqualTypeOf<OAuthError>()
        return error.error
      case 'state_mismatch':
        expectTypeOf(error).toEqualTypeOf<CallbackError>()
        return error.message
      case 'csrf_failed':
        expectTypeOf(error).toEqualTypeOf<BffError>()
        return String(error.status)
      case 'stale_callback':
        // The BFF and the callback share this word.
        expectTypeOf(error).toEqualTypeOf<CallbackError | BffError>()
        return error.message
      default:
        return error.message
    }
  }

  it('a switch over the code narrows to the kind', () => {
    expect(advice(kinds.ConfigurationError)).toBe('idp.issuer')
    expect(advice(kinds.SessionEndedError)).toBe('revoked')
    expect(advice(kinds.NetworkError)).toBe('5000')
    expect(advice(kinds.OAuthError)).toBe('invalid_grant')
    expect(advice(kinds.BffError)).toBe('403')
    expect(advice(kinds.CallbackError)).toContain('Start again')
  })

  it('the code of any error of ours is one of the literal ones, never just a string', () => {
    expectTypeOf<SessionError['code']>().toEqualTypeOf<SessionErrorCode>()
    expectTypeOf<string>().not.toExtend<SessionErrorCode>()
    expectTypeOf<BffProblemCode | CallbackErrorCode | OAuthErrorCode>().toExtend<SessionErrorCode>()
    expectTypeOf<ConfigurationError['code']>().toEqualTypeOf<'configuration_invalid'>()
    expectTypeOf<SessionEndedError['code']>().toEqualTypeOf<'session_ended'>()
    expectTypeOf<SessionEndedError['reason']>().toEqualTypeOf<EndReason>()
    // @ts-expect-error: no such code
    expect(new SessionError('no_such_code', '').code).toBe('no_such_code')
  })
})
