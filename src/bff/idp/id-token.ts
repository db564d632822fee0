/** The checks of an ID token that the protocol library leaves to its caller (OpenID Connect Core §3.1.3.7, §3.1.3.6). */
import { compactVerify, decodeProtectedHeader } from 'jose'
import { bytesOf, toBase64Url } from '../bytes.js'
import { SIGNATURES } from './discovery.js'
import { verifiedBy } from './keys.js'
import type { Provider } from './metadata.js'

/** What is to be checked, and against what. */
export interface IdTokenChecks {
  /** Its `at_hash`, where it has one, must be this token's. */
  readonly accessToken: string
  /** Its `azp`, where it has one, must be this client. */
  readonly clientId: string
  /** ms since the epoch */
  readonly now: number
  /** Tolerance for `iat`, s. */
  readonly clockTolerance: number
}

/**
 * Checks signature, `sub`, `azp`, `at_hash` and `iat` of an ID token whose other claims were validated. Rejects with an error of jose or a
 * `TypeError` where it does not pass, with {@link NoAnswer} where the IDP's keys cannot be had.
 */
export async function checkIdToken(
  idToken: string,
  claims: { readonly [claim in 'sub' | 'iat' | 'at_hash' | 'azp']?: unknown },
  { keys }: Pick<Provider, 'keys'>,
  checks: IdTokenChecks,
): Promise<void> {
  const { sub, iat, at_hash, azp } = claims
  if (sub === '') throw new TypeError('The ID token names no user.')
  if (azp !== undefined && azp !== checks.clientId)
    throw new TypeError('The ID token was issued to another client.')
  if (typeof iat !== 'number' || iat > checks.now / 1000 + checks.clockTolerance)
    throw new TypeError('The ID token was issued in the future.')
  if (at_hash !== undefined && at_hash !== (await halfHash(checks.accessToken, idToken)))
    throw new TypeError('The ID token belongs to another access token.')
  await verifiedBy(keys, () => compactVerify(idToken, keys, { algorithms: [...SIGNATURES] }))
}

/**
 * Checks that the user authenticated no longer ago than was asked (`max_age`, Core §3.1.2.1), by the IDP's own clock: whatever that differs from
 * this one by, an authentication of before the login is not a new one. `took`: ms since the login was begun. Throws a `TypeError`.
 */
export function checkAge(
  { iat, auth_time }: { readonly [claim in 'iat' | 'auth_time']?: unknown },
  { maxAge, took }: { readonly maxAge: number; readonly took: number },
): void {
  // Both are whole seconds.
  if (typeof iat === 'number' && typeof auth_time === 'number' && iat - auth_time <= maxAge + took / 1000 + 1)
    return
  throw new TypeError('The user authenticated longer ago than was asked.')
}

async function halfHash(accessToken: string, idToken: string): Promise<string> {
  const { alg = '' } = decodeProtectedHeader(idToken)
  const bits = /(?:384|512)$/.exec(alg)?.[0] ?? (alg.startsWith('Ed') ? '512' : '256')
  const hash = new Uint8Array(await crypto.subtle.digest(`SHA-${bits}`, bytesOf(accessToken)))
  return toBase64Url(hash.slice(0, hash.length / 2))
}
