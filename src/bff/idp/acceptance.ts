/** Whether an access token that a browser-based client brings may open a session here (`POST /session`). */
import { decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import * as oidc from 'openid-client'
import type { Edges } from '../edges.js'
import type { ResolvedOptions } from '../options.js'
import { audienceOf, claimsIn, lifetimeOf, rolesOf, scopeOf } from './access-token.js'
import type { AccessToken } from './access-token.js'
import { NoAnswer } from './failures.js'
import { verifiedBy } from './keys.js'
import { SIGNATURES } from './discovery.js'
import type { MetadataSource } from './metadata.js'

/** An access token that was checked, and what it says. */
export interface AcceptedToken {
  readonly access: AccessToken
  readonly claims: JWTPayload & { readonly sub: string }
}

/** The token is not accepted: it is no valid one, or was issued to or for somebody else. All of it is `invalid_token` (RFC 9068 §4). */
export class TokenNotAccepted extends Error {
  override readonly name = 'TokenNotAccepted'
  readonly code = 'token_not_accepted' as const
}

/** Makes the check of `acceptTokens`. Signature by the IDP's keys (RFC 9068 §4), or introspection where a token is opaque (RFC 7662). */
export function createAcceptance(
  { idp, acceptTokens }: ResolvedOptions,
  source: MetadataSource,
  edges: Edges,
): (accessToken: string) => Promise<AcceptedToken> {
  return async (accessToken) => {
    const claims =
      claimsIn(accessToken) === null ? await introspected(accessToken) : await verified(accessToken)
    const { sub, exp } = claims
    // Bound to a key or a certificate that the BFF has not (RFC 9449 §7.1, RFC 8705 §3): whoever brings it must not do with it as with a Bearer token.
    const type = claims['token_type']
    if (claims['cnf'] !== undefined || (typeof type === 'string' && /^dpop$/i.test(type)))
      throw new TokenNotAccepted('The token is bound to a key, and is no Bearer token.')
    if (typeof sub !== 'string' || sub === '') throw new TokenNotAccepted('The token names no user.')
    const clients = [claims['client_id'], claims['azp']].filter((one) => typeof one === 'string')
    if (!clients.some((client) => acceptTokens.clientId.includes(client)))
      throw new TokenNotAccepted('The token was issued to a client that is not in acceptTokens.clientId.')
    const audience = audienceOf(claims)
    const wanted = acceptTokens.audience
    if (wanted.length > 0 && !audience.some((one) => wanted.includes(one)))
      throw new TokenNotAccepted('The token is for an audience that is not in acceptTokens.audience.')
    const now = edges.now()
    return {
      claims: { ...claims, sub },
      access: {
        value: accessToken,
        expiresAt: exp === undefined ? now + lifetimeOf(undefined, null, now) * 1000 : exp * 1000,
        scope: scopeOf(claims) ?? [],
        audience,
        roles: rolesOf(claims),
      },
    }
  }

  async function verified(token: string): Promise<JWTPayload> {
    const { keys } = await source.get()
    try {
      const { payload } = await verifiedBy(keys, () =>
        jwtVerify(token, keys, {
          algorithms: [...SIGNATURES],
          issuer: idp.issuer,
          requiredClaims: ['exp'],
          clockTolerance: idp.clockTolerance,
          currentDate: new Date(edges.now()),
        }),
      )
      // The tolerance is for a clock ahead of ours (`nbf`): it makes no token last longer.
      if ((payload.exp ?? 0) * 1000 <= edges.now()) throw new TokenNotAccepted('The token has expired.')
      // An ID token is signed by the same keys, but was not made to be shown to anybody.
      const { typ = 'JWT' } = decodeProtectedHeader(token)
      if (!/^(?:application\/)?(?:at\+jwt|jwt)$/i.test(typ) || 'nonce' in payload || 'at_hash' in payload)
        throw new TokenNotAccepted('This is not an access token.')
      return payload
    } catch (error) {
      if (error instanceof errors.JOSEError)
        throw new TokenNotAccepted('The token has expired, or is none of this identity provider.', {
          cause: error,
        })
      throw error
    }
  }

  async function introspected(token: string): Promise<JWTPayload> {
    const { client, metadata } = await source.get()
    if (metadata.introspection_endpoint === undefined)
      throw new TokenNotAccepted(
        'The token is opaque, and the identity provider has no introspection endpoint.',
      )
    let answer: oidc.IntrospectionResponse
    try {
      answer = await oidc.tokenIntrospection(client, token, { token_type_hint: 'access_token' })
    } catch (cause) {
      throw new NoAnswer('The introspection endpoint gave no usable answer.', { lost: false, cause })
    }
    if (!answer.active) throw new TokenNotAccepted('The token is not active.')
    return answer as JWTPayload
  }
}
