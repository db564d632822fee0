/**
 * What must be true of an answer at the redirect URI and of an ID token before anything is believed. Pure: every
 * moment is an argument. The IDP's signature is not checked: the ID token came from the token endpoint itself, over TLS
 * (OpenID Connect Core §3.1.3.7, rule 6).
 */
import { CallbackError, OAuthError, SessionEndedError } from '../errors.js'
import type { CallbackErrorCode } from '../errors.js'
import { base64url, decodeJwt, strings } from './jwt.js'
import type { Members } from './jwt.js'
import type { IdpMetadata } from './settings.js'

/** Claims of an ID token that passed. */
export interface IdTokenClaims extends Members {
  readonly sub: string
  readonly iat: number
}

/**
 * Checks the parameters of an answer at the redirect URI, and returns its code (OpenID Connect Core §3.1.2.5).
 * `iss` is compared whenever it is there and demanded where the IDP announces it (RFC 9207 §2.4): before anything else
 * is believed, error answers included.
 * @throws CallbackError for an answer that is not to be trusted; OAuthError for an error of the IDP's
 */
export function checkCallback(params: URLSearchParams, metadata: IdpMetadata): string {
  for (const name of ['state', 'code', 'iss', 'error']) {
    if (params.getAll(name).length > 1) fail('callback_invalid', `The answer holds "${name}" more than once.`)
  }
  const iss = params.get('iss')
  if (iss === null ? metadata.authorization_response_iss_parameter_supported : iss !== metadata.issuer) {
    fail('issuer_mismatch', 'The answer did not come from the identity provider that was asked. Start again.')
  }
  const error = params.get('error')
  if (error !== null) {
    throw new OAuthError({ error, error_description: params.get('error_description') ?? undefined })
  }
  return params.get('code') || fail('callback_invalid', 'The answer holds no code.')
}

/** What an ID token is measured against. Moments in ms since the epoch, server's clock. */
export interface Expected {
  readonly issuer: string
  readonly clientId: string
  /** The nonce of the authentication it belongs to. */
  readonly nonce: string
  readonly accessToken: string
  readonly now: number
  /** ms */
  readonly tolerance: number
  /** When it was asked for: it cannot be older. */
  readonly since: number
  /** The `max_age` that was asked for, s. */
  readonly maxAge?: number | undefined
  /** The user it must still be about, on a refresh; `nonce` may then be absent (OpenID Connect Core §12.2). */
  readonly sub?: string | undefined
}

/**
 * Checks an ID token (OpenID Connect Core §3.1.3.7, §3.1.3.8 and §12.2).
 * @throws CallbackError `id_token_invalid`; SessionEndedError `user_changed` for another user's on a refresh
 */
export async function checkIdToken(idToken: unknown, expected: Expected): Promise<IdTokenClaims> {
  const { issuer, clientId, nonce, accessToken, now, tolerance, since, maxAge, sub } = expected
  const jwt = typeof idToken === 'string' ? decodeJwt(idToken) : null
  if (jwt === null) invalid('it is missing, or no JWT')
  const { header, claims } = jwt
  if (header['alg'] === undefined || header['alg'] === 'none') invalid('it is not signed')
  if (claims['iss'] !== issuer) invalid('"iss" is another issuer')
  const audience = strings(claims['aud'])
  if (!audience.includes(clientId)) invalid('"aud" does not name this client')
  const azp = claims['azp']
  if (azp === undefined ? audience.length > 1 : azp !== clientId) invalid('"azp" is not this client')
  if (typeof claims['sub'] !== 'string' || claims['sub'] === '') invalid('"sub" is missing')
  if (!(moment(claims['exp']) > now - tolerance)) invalid('it has expired ("exp")')
  if (!(moment(claims['iat']) <= now + tolerance)) invalid('it is from the future ("iat")')
  // Whole seconds: it may have been issued up to one later.
  if (moment(claims['iat']) + 1_000 < Math.min(since, now) - tolerance) {
    invalid('it is older than the login ("iat")')
  }
  const mayLackNonce = sub !== undefined && claims['nonce'] === undefined
  if (claims['nonce'] !== nonce && !mayLackNonce) invalid('"nonce" is not the one that was sent')
  const atHash = claims['at_hash']
  if (atHash !== undefined && atHash !== (await halfHash(accessToken, header['alg']))) {
    invalid('"at_hash" belongs to another access token')
  }
  if (maxAge !== undefined && !(now - moment(claims['auth_time']) <= maxAge * 1000 + tolerance)) {
    invalid('the user did not authenticate as recently as was asked ("auth_time")')
  }
  if (sub !== undefined && claims['sub'] !== sub) throw new SessionEndedError('user_changed')
  return claims as IdTokenClaims
}

/** Left half of the hash the token's algorithm names (§3.1.3.6). */
async function halfHash(text: string, alg: unknown): Promise<string> {
  const bits = /^(?:RS|PS|ES|HS)(256|384|512)/.exec(String(alg))?.[1] ?? '512'
  const hash = new Uint8Array(await crypto.subtle.digest(`SHA-${bits}`, new TextEncoder().encode(text)))
  return base64url(hash.subarray(0, hash.length / 2))
}

// NaN where it is no number: every comparison with it is false.
const moment = (seconds: unknown): number => (typeof seconds === 'number' ? seconds * 1000 : Number.NaN)

const invalid: (why: string) => never = (why) =>
  fail('id_token_invalid', `The identity provider's ID token was not accepted: ${why}.`)

function fail(code: CallbackErrorCode, message: string): never {
  throw new CallbackError(code, message)
}
