/** What a login that failed left in the address bar, as a typed error (DESIGN §6, `GET /callback`). */
import { CallbackError, NetworkError, OAuthError } from '../errors.js'
import type { CallbackErrorCode, SessionError } from '../errors.js'

const callbackErrors: Readonly<Record<CallbackErrorCode, string>> = {
  login_loop:
    'Signing in came back three times within a minute and did not last. Wait a minute, then try again; if it goes on, tell the operator.',
  stale_callback: 'This login was begun too long ago, or in another browser. Start again.',
  state_mismatch: 'The answer belongs to another login. Start again.',
  issuer_mismatch: 'The answer came from another identity provider than the one asked.',
  id_token_invalid: 'The ID token did not pass its checks.',
  callback_invalid: 'The answer to the login could not be read. Start again.',
}

/** The error for a code of ours, or for one that the IDP answered. */
export function loginError(code: string): SessionError {
  if (code === 'idp_unavailable') {
    return new NetworkError(code, 'The identity provider did not answer. Try again in a moment.')
  }
  if (Object.hasOwn(callbackErrors, code)) {
    return new CallbackError(code as CallbackErrorCode, callbackErrors[code as CallbackErrorCode])
  }
  // Anyone can write into an address: what is no error code is not shown.
  if (/^[\w.:-]{1,64}$/.test(code)) return new OAuthError({ error: code })
  return loginError('callback_invalid')
}
