/** The session that tokens make (DESIGN §3): what may be shown of them, and no token. */
import type { IdpEnd, Session } from '../session/session.js'
import { strings, words } from './jwt.js'
import type { Members } from './jwt.js'
import type { Tokens } from './tokens.js'

/** Claims about the token and not about the user (RFC 7519 §4.1, OpenID Connect Core §2 and §3.1.3.6). */
const PROTOCOL =
  'iss aud exp iat nbf jti nonce at_hash c_hash s_hash azp auth_time acr amr sid typ session_state session_expiry __proto__'.split(
    ' ',
  )

/** The session of these tokens. `endedBy`: how the IDP session ended; nothing is extended any more then. */
export function sessionFrom(tokens: Tokens, ref: string, app: Session['app'], endedBy?: IdpEnd): Session {
  const { claims, profile, accessClaims, extendableUntil, refreshToken, expiresAt, scope, audience } = tokens
  const { sid, acr, auth_time } = claims
  const idpEndsAt = moment(claims['session_expiry'] ?? accessClaims['session_expiry'])
  return {
    ref,
    user: {
      ...Object.fromEntries(
        Object.entries({ ...profile, ...claims }).filter(([name]) => !PROTOCOL.includes(name)),
      ),
      sub: claims.sub,
    },
    app,
    idp: {
      status: endedBy ? 'ended' : 'active',
      ...(endedBy && { endedBy }),
      ...(typeof sid === 'string' && { sid }),
      ...(idpEndsAt !== undefined && { endsAt: idpEndsAt }),
    },
    access: {
      expiresAt,
      extendable: refreshToken !== undefined && !endedBy,
      ...(extendableUntil !== undefined && { extendableUntil }),
      scope,
      audience,
      roles: [...new Set([...rolesIn(accessClaims), ...rolesIn(claims)])],
    },
    authentication: {
      // Unknown is never recent: what demands a recent authentication gets one.
      time: moment(auth_time) ?? 0,
      ...(typeof acr === 'string' && { acr }),
      amr: strings(claims['amr']),
    },
  }
}

/** `roles` (RFC 9068 §2.2.3.1), and those of a realm. */
const rolesIn = ({ roles, realm_access }: Members): string[] => [
  ...words(roles),
  ...words((realm_access as { roles?: unknown } | null | undefined)?.roles),
]

const moment = (seconds: unknown): number | undefined =>
  typeof seconds === 'number' ? seconds * 1000 : undefined
