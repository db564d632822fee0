/** The logout token: every rule of OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6. */
import { compactVerify, decodeJwt, decodeProtectedHeader, errors } from 'jose'
import type { JWTPayload } from 'jose'
import { verifiedBy } from './idp/keys.js'
import { SIGNATURES } from './idp/discovery.js'
import type { Provider } from './idp/metadata.js'
import type { UserFilter } from './sessions/filing.js'

/** A logout token that passed. */
export interface LogoutToken {
  /** Whose sessions are over: both members, where it has both, must match. */
  readonly whose: UserFilter
  readonly jti: string
  /** When it could not pass any more, ms since the epoch: so long it is to be known again. */
  readonly until: number
}

/** The token breaks a rule. The message says which, and nothing that is in it. */
export class LogoutTokenInvalid extends Error {
  override readonly name = 'LogoutTokenInvalid'
  readonly code = 'logout_token_invalid' as const
}

/** Against what a token is checked. */
export interface LogoutTokenChecks {
  readonly issuer: string
  readonly clientId: string
  /** Tolerance for its times, s. */
  readonly clockTolerance: number
  /** Whether a `typ` that is absent or `JWT` will do. */
  readonly untypedLogoutTokens: boolean
  /** ms since the epoch */
  readonly now: number
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** How long a token may be meant to live, s: the specification recommends two minutes at most (§4). */
const LONGEST_LIFE = 600

/**
 * Reads a logout token. Rejects with {@link LogoutTokenInvalid} where it breaks a rule, with `NoAnswer` where the IDP's keys cannot be had. The
 * signature comes last: a token that could not pass anyway makes nobody fetch a key.
 */
export async function readLogoutToken(
  token: string,
  { keys, metadata }: Pick<Provider, 'keys' | 'metadata'>,
  checks: LogoutTokenChecks,
): Promise<LogoutToken> {
  const supported = metadata.id_token_signing_alg_values_supported
  const algorithms = SIGNATURES.filter((alg) => supported?.includes(alg) ?? true)
  const claims = decoded(token, algorithms, checks.untypedLogoutTokens)
  const read = checked(claims, checks)
  try {
    await verifiedBy(keys, () => compactVerify(token, keys, { algorithms }))
  } catch (error) {
    if (error instanceof errors.JOSEError) throw invalid('it is not signed by the identity provider', error)
    throw error
  }
  return read
}

const invalid = (why: string, cause?: unknown): LogoutTokenInvalid =>
  new LogoutTokenInvalid(`The logout token was refused: ${why}.`, { cause })

/** Header and claims of a token, not verified; §2.4 and §2.6, 3. */
function decoded(token: string, algorithms: readonly string[], untyped: boolean): JWTPayload {
  let claims: JWTPayload
  let header: ReturnType<typeof decodeProtectedHeader>
  try {
    header = decodeProtectedHeader(token)
    claims = decodeJwt(token)
  } catch (error) {
    throw invalid('it is no signed JWT', error)
  }
  if (!algorithms.includes(String(header.alg)))
    throw invalid('its algorithm is none of those the identity provider signs with')
  const { typ = 'JWT' } = header
  if (!(untyped && /^jwt$/i.test(typ)) && !/^(?:application\/)?logout\+jwt$/i.test(typ))
    throw invalid('its type is not logout+jwt')
  return claims
}

/** §2.6, 4 to 8. */
function checked(
  claims: JWTPayload,
  { issuer, clientId, clockTolerance, now }: LogoutTokenChecks,
): LogoutToken {
  const { iss, aud, iat, exp, jti, sub, sid, events } = claims
  const seconds = now / 1000
  if (iss !== issuer) throw invalid('it has another issuer')
  if (!(Array.isArray(aud) ? aud : [aud]).includes(clientId)) throw invalid('it is for another client')
  if (!isTime(iat)) throw invalid('it does not say when it was issued')
  if (iat > seconds + clockTolerance) throw invalid('it was issued in the future')
  if (!isTime(exp)) throw invalid('it does not say when it expires')
  if (exp <= seconds - clockTolerance) throw invalid('it has expired')
  if (exp - iat > LONGEST_LIFE || exp <= iat)
    throw invalid(`it is not made to live ${LONGEST_LIFE} s at most`)
  if (!isText(jti)) throw invalid('it has no jti')
  if ('nonce' in claims) throw invalid('it has a nonce')
  if (!isObject(isObject(events) ? events[EVENT] : undefined)) throw invalid('it tells of no logout')
  if ((sub !== undefined && !isText(sub)) || (sid !== undefined && !isText(sid)))
    throw invalid('its sub or sid is no text')
  const until = (exp + clockTolerance) * 1000
  if (isText(sub)) return { whose: { sub, ...(isText(sid) && { sid }) }, jti, until }
  if (isText(sid)) return { whose: { sid }, jti, until }
  throw invalid('it names neither a user nor a session')
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
