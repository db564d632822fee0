/** What a session record seals: tokens, claims and what is known of the IDP session. Pure. */
import { withIdpEnded } from '../../session/session.js'
import type { Claims, IdpEnd, Session } from '../../session/session.js'
import { appSessionEnds } from '../../session/timing.js'
import type { Lifetimes } from '../../session/timing.js'
import type { AcceptedToken } from '../idp/acceptance.js'
import { claimsIn, rolesOf, tellsRoles } from '../idp/access-token.js'
import type { AccessToken } from '../idp/access-token.js'
import type { Granted, Tokens } from '../idp/tokens.js'
import type { Binding } from '../properties.js'
import type { SessionRecord } from '../stores/store.js'

/** The sealed part of a session. Times are ms since the epoch. */
export interface SessionContent {
  readonly user: Claims
  readonly idp: Session['idp']
  /** Whether a token said when the session at the IDP ends: what it said stands until another one says something else. */
  readonly idpEndIsTold: boolean
  readonly authentication: Session['authentication']
  /** The access token of the session itself. */
  readonly access: AccessToken
  /** Those for further resources (RFC 8707), by resource. */
  readonly resources: Readonly<Record<string, AccessToken>>
  /** The resource `access` is for, where one was asked for. */
  readonly resource: string | null
  readonly extendableUntil: number | null
  readonly refreshToken: string | null
  readonly idToken: string | null
  /** A refresh was sent and got no answer: the refresh token may be used up. */
  readonly unanswered: boolean
  /** What the session is bound to beside its cookie and the browser's family. Absent where that is nothing. */
  readonly boundTo?: Binding
  /** How the session began: with a login here, or with an access token the browser brought. */
  readonly began: 'login' | 'token'
}

// Claims about the token, or told elsewhere in the session.
const protocolClaims: ReadonlySet<string> = new Set(
  'iss aud exp iat nbf jti nonce at_hash c_hash s_hash azp auth_time acr amr sid typ session_state session_expiry __proto__'.split(
    ' ',
  ),
)

/** The content of a session that a login begins, with an ID token among its tokens, at `now`. */
export function contentOfLogin(
  tokens: Tokens,
  { resource, idpLifetime, now }: { resource: string | undefined; idpLifetime: number | null; now: number },
): SessionContent {
  const { access, refreshToken, refreshableUntil, idToken, claims, profile } = tokens
  const sid = claims?.['sid']
  return {
    user: userOf({ ...profile, ...claims }),
    idp: {
      status: 'active',
      ...(typeof sid === 'string' && sid !== '' && { sid }),
      ...endsAt(tokens, idpLifetime, now),
    },
    idpEndIsTold: tokens.idpEndsAt !== null,
    authentication: authenticationOf(claims ?? {}),
    access,
    resources: {},
    resource: resource ?? null,
    extendableUntil: refreshableUntil,
    refreshToken,
    idToken,
    unanswered: false,
    began: 'login',
  }
}

/** The content of a session that an access token of a browser-based client begins: nothing here can extend it. */
export function contentOfToken({ access, claims }: AcceptedToken): SessionContent {
  const { sid } = claims as { sid?: unknown }
  return {
    user: userOf({ sub: claims.sub }),
    idp: { status: 'unknown', ...(typeof sid === 'string' && { sid }) },
    idpEndIsTold: false,
    authentication: authenticationOf(claims),
    access,
    resources: {},
    resource: null,
    extendableUntil: null,
    refreshToken: null,
    idToken: null,
    unanswered: false,
    began: 'token',
  }
}

/** The content after a renewal that brought `tokens` for `resource` (`null`: the session's own access) at `now`. */
export function renewed(
  content: SessionContent,
  tokens: Tokens,
  { resource, idpLifetime, now }: { resource: string | null; idpLifetime: number | null; now: number },
): SessionContent {
  const own = resource === null
  const told = content.idpEndIsTold || tokens.idpEndsAt !== null
  return {
    ...content,
    user: tokens.claims === null ? content.user : { ...content.user, ...userOf(tokens.claims) },
    idp: { ...content.idp, ...endsAt(tokens, told ? null : idpLifetime, now) },
    idpEndIsTold: told,
    access: own ? tokens.access : content.access,
    resources: own ? content.resources : { ...content.resources, [resource]: tokens.access },
    extendableUntil: tokens.refreshableUntil ?? content.extendableUntil,
    refreshToken: tokens.refreshToken ?? content.refreshToken,
    idToken: tokens.idToken ?? content.idToken,
    unanswered: false,
  }
}

/** The content once the IDP session is known to be over: nothing can be extended any more. What ended it first stays the reason. */
export const withoutIdp = (content: SessionContent, endedBy: IdpEnd): SessionContent => ({
  ...content,
  idp: content.idp.status === 'ended' ? content.idp : { ...content.idp, status: 'ended', endedBy },
  refreshToken: null,
  unanswered: false,
})

/**
 * The session as everybody may see it, at `now`. With a `resource`, its access is what is held for that one: expired, where
 * nothing is.
 */
export function sessionOf(
  record: Pick<SessionRecord, 'ref' | 'startedAt' | 'usedAt'>,
  content: SessionContent,
  lifetimes: Lifetimes,
  now: number,
  resource: string | null = null,
): Session {
  const access = accessFor(content, resource)
  const session: Session = {
    ref: record.ref,
    user: content.user,
    app: appSessionEnds(lifetimes, record.startedAt, record.usedAt),
    idp: content.idp,
    access: {
      expiresAt: access?.expiresAt ?? 0,
      extendable: content.refreshToken !== null && now < (content.extendableUntil ?? Infinity),
      ...(content.extendableUntil !== null && { extendableUntil: content.extendableUntil }),
      scope: access?.scope ?? [],
      audience: access?.audience ?? (resource === null ? [] : [resource]),
      roles: access?.roles ?? content.access.roles,
    },
    authentication: content.authentication,
  }
  const over = content.idp.status !== 'ended' && content.idp.endsAt !== undefined && now >= content.idp.endsAt
  return over ? withIdpEnded(session, 'expired') : session
}

/** The access token held for a further `resource`; `null` is the session's own. */
export function accessFor(content: SessionContent, resource: string | null): AccessToken | undefined {
  if (resource === null) return content.access
  return Object.hasOwn(content.resources, resource) ? content.resources[resource] : undefined
}

/**
 * What stands where a renewal for `resource` does not say: the scope its token has, and the roles of the ID token there is, unless access tokens have told
 * theirs until now.
 */
export function grantedFor(content: SessionContent, resource: string | null): Granted {
  const { access, idToken } = content
  const held = accessFor(content, resource)
  const told = tellsRoles(claimsIn((held ?? access).value))
  return {
    ...(held !== undefined && { scope: held.scope }),
    roles: idToken === null || told ? [] : rolesOf(claimsIn(idToken)),
  }
}

interface IdClaims {
  readonly [claim: string]: unknown
}

const userOf = (claims: IdClaims): Claims => {
  const told = Object.entries(claims).filter(([name]) => !protocolClaims.has(name))
  return { sub: '', ...Object.fromEntries(told) }
}

/** When the IDP session ends: as the tokens say, else its known lifetime from this issuance on. */
function endsAt({ idpEndsAt }: Tokens, idpLifetime: number | null, now: number): { endsAt?: number } {
  if (idpEndsAt !== null) return { endsAt: idpEndsAt }
  return idpLifetime === null ? {} : { endsAt: now + idpLifetime * 1000 }
}

function authenticationOf(claims: IdClaims): Session['authentication'] {
  const { auth_time, acr, amr } = claims
  return {
    // Unknown is never recent: what demands a recent authentication gets one.
    time: typeof auth_time === 'number' ? auth_time * 1000 : 0,
    ...(typeof acr === 'string' && { acr }),
    amr: Array.isArray(amr) ? amr.filter((one) => typeof one === 'string') : [],
  }
}
