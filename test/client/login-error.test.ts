import { describe, expect, it } from 'vitest'
import { loginError } from '../../src/client/login-error.js'
import { CallbackError, NetworkError, OAuthError } from '../../src/errors.js'

describe('what a failed login left in the address', () => {
  it.each([
    'login_loop',
    'stale_callback',
    'state_mismatch',
    'issuer_mismatch',
    'id_token_invalid',
    'callback_invalid',
  ])('%s is a CallbackError that says what to do', (code) => {
    const error = loginError(code)
    expect(error).toBeInstanceOf(CallbackError)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(/[a-z]{3} .+\./)
  })

  it.each(['access_denied', 'login_required', 'unmet_authentication_requirements', 'something_of_its_own'])(
    '%s is an OAuthError with its wire name',
    (code) => {
      const error = loginError(code)
      expect(error).toBeInstanceOf(OAuthError)
      expect(error).toMatchObject({ code, error: code })
    },
  )

  it('idp_unavailable is a NetworkError: trying again can help', () => {
    expect(loginError('idp_unavailable')).toBeInstanceOf(NetworkError)
    expect(loginError('idp_unavailable')).toMatchObject({ code: 'idp_unavailable', retryable: true })
  })

  it.each(['', 'Call +1 555 and give your password', '<b>', 'a'.repeat(65), 'constructor()'])(
    'shows nothing that only a link could have brought: %s',
    (code) => {
      const error = loginError(code)
      expect(error.code).toBe('callback_invalid')
      if (code !== '') expect(error.message).not.toContain(code)
    },
  )

  it.each(['constructor', '__proto__', 'toString'])('is no member of an object: %s', (code) => {
    expect(loginError(code)).toBeInstanceOf(OAuthError)
  })
})
