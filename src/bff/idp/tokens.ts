/** The token endpoint's answer as the BFF keeps it. */
import type { IDToken, TokenEndpointResponse } from 'openid-client'
import { CallbackError } from '../../errors.js'
import type { DpopKey } from '../dpop/key.js'
import { audienceOf, claimsIn, endOf, rolesOf, scopeOf, tellsRoles } from './access-token.js'
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

/** What is known of a token before it is renewed: it stands where the answer does not say (RFC 6749 §6). */
export type Granted = Partial<Pick<AccessToken, 'scope' | 'roles'>>

/** What was asked for: it stands where the answer does not say. */
export interface AskedFor {
  readonly scope: readonly string[]
  /** Roles where there is no ID token to tell, and the access token does not. */
  readonly roles?: readonly string[]
  readonly resource: string | undefined
  /** The key that the request was made with a proof of (RFC 9449 §5). */
  readonly dpopKey?: DpopKey | undefined
  /** Whether a token that is bound to no key is refused. */
  readonly mustBeBound?: boolean
}

/** Reads a validated answer that came at `now` (ms). @throws CallbackError for a type of token that is not known here (RFC 6749 §7.1) */
export function tokensOf(
  answer: TokenEndpointResponse & { claims(): IDToken | undefined },
  asked: AskedFor,
  now: number,
): Tokens {
  const { access_token, token_type, expires_in, refresh_token, id_token, scope } = answer
  const key = keyOf(token_type, asked)
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
      roles: idClaims === null && !tellsRoles(claims) ? (asked.roles ?? []) : rolesOf(claims, idClaims),
      ...(key !== undefined && { dpopKey: key }),
    },
    refreshToken: refresh_token ?? null,
    refreshableUntil: refreshLifetime > 0 ? now + refreshLifetime * 1000 : null,
    idToken: id_token ?? null,
    claims: idClaims,
    profile: null,
    idpEndsAt: sessionExpiry > 0 ? sessionExpiry * 1000 : null,
  }
}

/** The key a token of this type is bound to; `undefined`: it is a Bearer token. Throws where it is not what was asked for, or is of no use here. */
function keyOf(type: string, { dpopKey, mustBeBound }: AskedFor): DpopKey | undefined {
  const isBearer = /^bearer$/i.test(type)
  // The protection was asked for: without it, the answer is discarded (RFC 9449 §5).
  if (isBearer && mustBeBound === true)
    throw wrongType(
      'token_type_not_dpop',
      'The identity provider issued a Bearer token, and idp.dpop is set. Register this client for DPoP-bound access tokens (dpop_bound_access_tokens), or remove idp.dpop.',
    )
  if (isBearer) return undefined
  if (/^dpop$/i.test(type) && dpopKey !== undefined) return dpopKey
  // The protocol library takes tokens bound to a key, too; sent on as they are, every API would refuse them (RFC 9449 §7.1).
  throw wrongType(
    'token_type_not_bearer',
    `The identity provider issued a token of type ${type}. Register this client for Bearer tokens, or set idp.dpop where they are bound to a key.`,
  )
}

function wrongType(code: string, fix: string): CallbackError {
  // The code is what the log shows.
  return new CallbackError('callback_invalid', fix, { cause: Object.assign(new TypeError(fix), { code }) })
}
