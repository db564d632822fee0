/** The answer at the redirect URI, judged before anything of it is used (OpenID Connect Core §3.1.2.5, RFC 9207). Pure. */
import type { CallbackErrorCode } from '../../errors.js'

const single = ['code', 'state', 'iss', 'error', 'response']

/** A code (RFC 6749 §A.11): whoever sends another one is to learn nothing of how the IDP takes it. */
const CODE = /^[\x20-\x7e]+$/

/**
 * What is wrong with an answer, or `null`: another issuer than `metadata`'s (mix-up), a form no answer has, or the error code of
 * the IDP. An unreadable code of an error becomes `oauth_error`.
 */
export function judgeAnswer(
  answer: URLSearchParams,
  metadata: { readonly issuer: string; readonly authorization_response_iss_parameter_supported?: boolean },
): string | null {
  const wrong = (code: CallbackErrorCode): string => code
  if (single.some((name) => answer.getAll(name).length > 1)) return wrong('callback_invalid')
  const iss = answer.get('iss')
  const expected = metadata.authorization_response_iss_parameter_supported === true
  if (iss === null ? expected : iss !== metadata.issuer) return wrong('issuer_mismatch')
  const error = answer.get('error')
  if (error !== null) return /^[\w.-]{1,64}$/.test(error) ? error : 'oauth_error'
  if (answer.has('id_token') || answer.has('access_token') || answer.has('response'))
    return wrong('callback_invalid')
  return CODE.test(answer.get('code') ?? '') ? null : wrong('callback_invalid')
}
