/** The answer at the redirect URI as a JWT, signed by the IDP (JARM: JWT Secured Authorization Response Mode for OAuth 2.0). */
import { decodeJwt, errors, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import { CallbackError } from '../../errors.js'
import type { CallbackErrorCode } from '../../errors.js'
import { verifiedBy } from './keys.js'
import { SIGNATURES } from './discovery.js'
import type { Provider } from './metadata.js'
import type { ResponseMode } from './options.js'

/** What an answer that is a JWT must fit. */
export interface ResponseChecks {
  readonly issuer: string
  readonly clientId: string
  /** Tolerance for times, s. */
  readonly clockTolerance: number
  /** ms since the epoch */
  readonly now: number
}

/** Whether answers come as JWTs (JARM §2.3). */
export const isJwtMode = (mode: ResponseMode | null): boolean => mode?.endsWith('jwt') === true

/** Parameters of an answer; in one that is a JWT they are its claims, and none of them stands beside it. */
const outside = ['code', 'state', 'iss', 'error', 'id_token', 'access_token']

/**
 * The `state` an answer names, by which its login is found: first of all, and before anything else of it is looked at (JARM §2.4). Not verified.
 * `null`: it names none.
 */
export function stateOf(answer: URLSearchParams, mode: ResponseMode | null): string | null {
  const response = answer.get('response')
  if (!isJwtMode(mode) || response === null) return answer.get('state')
  try {
    const { state } = decodeJwt(response)
    return typeof state === 'string' ? state : null
  } catch {
    return null
  }
}

/**
 * The parameters of an answer that is a JWT, once its signature, `iss`, `aud` and `exp` are checked. Rejects with a `CallbackError` where they do not
 * pass, and where it is a plain answer: anybody may have made that one. Rejects with `NoAnswer` where the IDP's keys cannot be had.
 */
export async function readResponse(
  answer: URLSearchParams,
  { keys }: Pick<Provider, 'keys'>,
  { issuer, clientId, clockTolerance, now }: ResponseChecks,
): Promise<URLSearchParams> {
  const [response, second] = answer.getAll('response')
  if (response === undefined)
    throw wrong(
      'jarm_plain_answer',
      'A plain answer came, and a signed one was asked for (idp.responseMode).',
    )
  if (second !== undefined || outside.some((name) => answer.has(name)))
    throw wrong('jarm_mixed_answer', 'Something stands beside the signed answer.')
  const claims = await verified(response)
  // Signed by the same keys, and for this client: but an ID token or a logout token is no answer.
  if (['nonce', 'at_hash', 'events', 'sub'].some((name) => name in claims))
    throw wrong('jarm_other_token', 'The signed answer is a token of another kind.')
  const texts = Object.entries(claims).filter(
    (claim): claim is [string, string] => claim[0] !== 'aud' && typeof claim[1] === 'string',
  )
  return new URLSearchParams(texts)

  async function verified(jwt: string): Promise<JWTPayload> {
    try {
      const { payload } = await verifiedBy(keys, () =>
        jwtVerify(jwt, keys, {
          algorithms: [...SIGNATURES],
          issuer,
          audience: clientId,
          requiredClaims: ['iss', 'aud', 'exp'],
          clockTolerance,
          currentDate: new Date(now),
        }),
      )
      return payload
    } catch (cause) {
      if (!(cause instanceof errors.JOSEError)) throw cause
      const isOther = cause instanceof errors.JWTClaimValidationFailed && cause.claim === 'iss'
      throw new CallbackError(
        isOther ? 'issuer_mismatch' : 'callback_invalid',
        'The signed answer failed its checks.',
        { cause },
      )
    }
  }
}

function wrong(code: string, message: string): CallbackError {
  const kind: CallbackErrorCode = 'callback_invalid'
  return new CallbackError(kind, message, { cause: Object.assign(new TypeError(message), { code }) })
}
