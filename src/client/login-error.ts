/** What a login that failed left in the address bar, as a typed error (DESIGN §6, `GET /callback`). */
import { CallbackError, NetworkError, OAuthError } from '../errors.js'
import type { CallbackErrorCode, SessionError } from '../errors.js'

const isCallbackError = (code: string): code is CallbackErrorCode =>
  /^(login_loop|stale_callback|(state|issuer)_mismatch|(id_token|callback)_invalid)$/.test(code)

/** The error for a code of ours, or for one that the IDP answered. */
export function loginError(code: string): SessionError {
  if (code === 'idp_unavailable') {
    return new NetworkError(code, 'The identity provider did not answer. Try again in a moment.')
  }
  if (isCallbackError(code)) {
    const message =
      code === 'login_loop'
        ? 'Three logins within a minute came back and did not last. Wait a minute, then try again.'
        : `The answer to the login was refused (${code}). Start again.`
    return new CallbackError(code, message)
  }
  // Anyone can write into an address: what is no error code is not shown.
  if (/^[\w.:-]{1,64}$/.test(code)) return new OAuthError({ error: code })
  return loginError('callback_invalid')
}
