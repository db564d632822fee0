/** What an access token says about itself. It is the API's to verify; the BFF reads it only to know what it holds. */
import { decodeJwt } from 'jose'
import type { JWTPayload } from 'jose'
import type { DpopKey } from '../dpop/key.js'

/** An access token and what is known of it. Times are ms since the epoch. */
export interface AccessToken {
  readonly value: string
  readonly expiresAt: number
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  readonly roles: readonly string[]
  /** The key it is bound to (`token_type` DPoP, RFC 9449 §5): it is sent with proofs made with that one, and never as Bearer. Absent: it is a Bearer token. */
  readonly dpopKey?: DpopKey
}

/** The claims of a JWT, or `null` where a token is opaque. Not verified. */
export function claimsIn(token: string): JWTPayload | null {
  try {
    return decodeJwt(token)
  } catch {
    return null
  }
}

/** How long an access token is taken to live where nothing says so, s. */
const DEFAULT_LIFETIME = 300
const LONGEST_LIFETIME = 365 * 24 * 60 * 60

/**
 * How long an access token lives from the moment it came, s: as the answer said, else as the token says of itself. By its length
 * and not its end, for the IDP's clock may differ.
 */
export function lifetimeOf(expiresIn: number | undefined, claims: JWTPayload | null, now: number): number {
  if (expiresIn !== undefined) return Math.min(expiresIn, LONGEST_LIFETIME)
  const told = claims?.exp === undefined ? Number.NaN : claims.exp - (claims.iat ?? now / 1000)
  return told > 0 ? Math.min(told, LONGEST_LIFETIME) : DEFAULT_LIFETIME
}

/** By how much the clocks may differ for the end a token tells to be believed, ms: more is no slow answer. And what share of its life that may be. */
const CLOCKS_AGREE = 5_000
const SHARE = 0.1

/**
 * When an access token that came at `now` is over, ms since the epoch: by its length, but not later than its own `exp`, a little earlier, says: it is
 * accepted before that moment and not at it (RFC 7519 §4.1.4). `exp` has whole seconds, and is not taken itself: a token that came later in the same
 * second lasts longer here, by which renewals are told apart.
 */
export function endOf(expiresIn: number | undefined, claims: JWTPayload | null, now: number): number {
  const lifetime = lifetimeOf(expiresIn, claims, now) * 1000
  const byLength = now + lifetime
  const early = byLength - (claims?.exp ?? Number.NaN) * 1000
  const isBelieved = early > 0 && early <= Math.min(CLOCKS_AGREE, lifetime * SHARE)
  return isBelieved ? byLength - Math.max(early, 1000) : byLength
}

/** Scopes of a token: RFC 9068 §2.2.3 and what others call them; `null` where it does not say. */
export function scopeOf(claims: JWTPayload | null): string[] | null {
  const scope = claims?.['scope'] ?? claims?.['scp']
  return scope === undefined ? null : words(scope)
}

/** Audiences of a token (RFC 7519 §4.1.3). */
export const audienceOf = (claims: JWTPayload | null): string[] => words(claims?.aud, false)

/** Roles that tokens carry: `roles` (RFC 9068 §2.2.3.1), or those of a realm. */
export function rolesOf(...tokens: (JWTPayload | null)[]): string[] {
  const roles = tokens.flatMap((claims) => {
    const realm: unknown = claims?.['realm_access']
    return [...words(claims?.['roles']), ...words(isObject(realm) ? realm['roles'] : undefined)]
  })
  return [...new Set(roles)]
}

/** Whether a token says which roles there are, be it none. */
export const tellsRoles = (claims: JWTPayload | null): boolean =>
  claims !== null && ('roles' in claims || 'realm_access' in claims)

/** A claim that is a list of texts, or one text; its words where `split`. */
function words(claim: unknown, split = true): string[] {
  if (Array.isArray(claim)) return claim.filter((one) => typeof one === 'string')
  if (typeof claim !== 'string') return []
  return split ? claim.split(' ').filter((word) => word !== '') : [claim]
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
