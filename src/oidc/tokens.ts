/** Tokens as this page holds them: in a closure, and nowhere else. */
import type { IdTokenClaims } from './claims.js'
import { decodeJwt, strings, words } from './jwt.js'
import type { Members } from './jwt.js'

/** What was issued at an authentication, kept up to date by refreshes. Moments: ms since the epoch, server's clock. */
export interface Tokens {
  readonly accessToken: string
  readonly expiresAt: number
  readonly refreshToken: string | undefined
  /** Until when the IDP takes a refresh token, where it says. */
  readonly extendableUntil: number | undefined
  readonly idToken: string
  readonly claims: IdTokenClaims
  /** What the UserInfo endpoint told of the user, where it was asked. */
  readonly profile?: Members
  readonly nonce: string
  /** `session_state` of the authorization answer, where there was one (OpenID Connect Session Management 1.0 §2). */
  readonly sessionState: string | undefined
  readonly scope: readonly string[]
  readonly audience: readonly string[]
  /** Claims of the access token (RFC 9068); empty where it is opaque. */
  readonly accessClaims: Members
}

/** For an access token that does not say how long it lives, and the longest life that is believed. ms */
const UNKNOWN_LIFE = 300_000
const LONGEST_LIFE = 365 * 86_400_000

/**
 * Tokens out of an answer of the token endpoint (RFC 6749 §5.1). What a refresh leaves out stays as it was; `before` are
 * the tokens that were refreshed, or what was asked for.
 */
export function tokensFrom(
  wire: Members,
  before: Pick<Tokens, 'nonce' | 'scope' | 'audience'> & Partial<Tokens>,
  claims: IdTokenClaims,
  now: number,
): Tokens {
  const accessToken = String(wire['access_token'])
  const accessClaims = decodeJwt(accessToken)?.claims ?? {}
  const issued = (name: string): string | undefined => strings(wire[name])[0]
  const lasting = seconds(wire['refresh_expires_in'] ?? wire['refresh_token_expires_in'])
  const audience = strings(accessClaims['aud'])
  return {
    accessToken,
    expiresAt: Math.round(now + lifeOf(wire, accessClaims, now)),
    refreshToken: issued('refresh_token') ?? before.refreshToken,
    extendableUntil: lasting === undefined ? before.extendableUntil : Math.round(now + lasting),
    idToken: issued('id_token') ?? before.idToken ?? '',
    claims,
    ...(before.profile && { profile: before.profile }),
    nonce: before.nonce,
    sessionState: before.sessionState,
    scope: told(wire['scope']) ?? told(accessClaims['scope'] ?? accessClaims['scp']) ?? before.scope,
    audience: audience.length > 0 ? audience : before.audience,
    accessClaims,
  }
}

const told = (claim: unknown): string[] | undefined => (claim === undefined ? undefined : words(claim))

/** As the answer says, else as the token says of itself: by its length, for clocks may differ. ms */
function lifeOf({ expires_in }: Members, { exp, iat }: Members, now: number): number {
  const own = typeof exp === 'number' ? exp - (typeof iat === 'number' ? iat : now / 1000) : undefined
  return Math.min(seconds(expires_in) ?? seconds(own) ?? UNKNOWN_LIFE, LONGEST_LIFE)
}

// Some send numbers as text; 0 and less say nothing. ms
const seconds = (value: unknown): number | undefined => {
  const ms = typeof value === 'number' || typeof value === 'string' ? Number(value) * 1000 : 0
  return ms > 0 ? ms : undefined
}
