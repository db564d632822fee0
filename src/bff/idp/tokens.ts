/** The token endpoint's answer as the BFF keeps it. */
import type { IDToken, TokenEndpointResponse } from 'openid-client'
import { CallbackError } from '../../errors.js'
import { audienceOf, claimsIn, endOf, rolesOf, scopeOf } from './access-token.js'
import type { AccessToken } from './access-token.js'
import type { ProfileClaims } from './userinfo.js'

/** Tokens the IDP issued, validated. */
export interface Tokens {
  readonly access: AccessToken
  /** `null` where the answer had none: at a refresh, the old one then stays good (RFC 6749 §6). */
  readonly refreshToken: string | null
  /** Until when that can be used, ms since the epoch, where the IDP says so. */
  readonly refreshableUntil: number | null
  readonly idToken: string | null
  readonly claims: IDToken | null
  /** Further claims about the user, from the UserInfo endpoint; `null` where it was not asked. */
  readonly profile: ProfileClaims | null
  /** When the IDP session ends, ms since the epoch, where a token says so (`session_expiry`, IPSIE SL1). */
  readonly idpEndsAt: number | null
}

/** What was asked for: it stands where the answer does not say. */
export interface AskedFor {
  readonly scope: readonly string[]
  readonly resource: string | undefined
}

/** Reads a validated answer that came at `now` (ms). @throws CallbackError for a type of token that is not known here (RFC 6749 §7.1) */
export function tokensOf(
  answer: TokenEndpointResponse & { claims(): IDToken | undefined },
  asked: AskedFor,
  now: number,
): Tokens {
  const { access_token, token_type, expires_in, refresh_token, id_token, scope } = answer
  // The protocol library takes tokens bound to a key, too; sent on as they are, every API would refuse them (RFC 9449 §7.1).
  if (!/^bearer$/i.test(token_type)) {
    const fix = `The identity provider issued a token of type ${token_type}. Register this client for Bearer tokens.`
    // The code is what the log shows.
    const cause = Object.assign(new TypeError(fix), { code: 'token_type_not_bearer' })
    throw new CallbackError('callback_invalid', fix, { cause })
  }
  const idClaims = answer.claims() ?? null
  const claims = claimsIn(access_token)
  const audience = audienceOf(claims)
  const refreshLifetime = Number(answer['refresh_expires_in'] ?? answer['refresh_token_expires_in'])
  const sessionExpiry = Number(idClaims?.['session_expiry'] ?? claims?.['session_expiry'])
  return {
    access: {
      value: access_token,
      expiresAt: endOf(expires_in, claims, now),
      scope: scope?.split(' ').filter((one) => one !== '') ?? scopeOf(claims) ?? asked.scope,
      audience: audience.length > 0 || asked.resource === undefined ? audience : [asked.resource],
      roles: rolesOf(claims, idClaims),
    },
    refreshToken: refresh_token ?? null,
    refreshableUntil: refreshLifetime > 0 ? now + refreshLifetime * 1000 : null,
    idToken: id_token ?? null,
    claims: idClaims,
    profile: null,
    idpEndsAt: sessionExpiry > 0 ? sessionExpiry * 1000 : null,
  }
}
