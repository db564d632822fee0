import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify, type JWTPayload } from 'jose'
import { errors, type Configuration, type KoaContextWithOIDC } from 'oidc-provider'
import type { IdpKeys, IdpUser } from '../idp/index.js'
import type { Storage } from '../idp/storage.js'
import { appOf, tokenLifetimes } from './clients.js'
import type { TokenLifetimes } from './resources.js'
import type { Tenant } from './tenant.js'

/** What stands for "no resource" inside the library, which wants an absolute URI. */
export const DEFAULT_RESOURCE = 'urn:mosaic:userid-api'
/** `aud` of access tokens for which no resource was asked. */
export const DEFAULT_AUDIENCE = 'userid-api'

const first = (value: unknown): string => String((Array.isArray(value) ? value[0] : value) ?? '')

/** Lifetimes of a client's tokens for a resource, by URI. */
const lifetimesOf = (
  { clients, resources }: Tenant,
  clientId: string | undefined,
  resource: unknown,
): TokenLifetimes => tokenLifetimes(clients.get(clientId), resources.get(first(resource)))

const secondsNow = (): number => Math.floor(Date.now() / 1000)

/**
 * Whether a refresh token may be used, asked just before it is rotated.
 * @throws {errors.InvalidGrant} where its session is over, or the cap of its chain (`max_refresh_rotate`) is reached
 */
const rotation =
  (tenant: Tenant) =>
  ({ oidc }: KoaContextWithOIDC): boolean => {
    const token = oidc.entities.RefreshToken
    const { sessions, settings } = tenant
    if (!settings.refreshOutlivesSession && !sessions.isLive(sessions.ofGrant(token?.grantId)))
      throw new errors.InvalidGrant('the session is over')
    const { max_refresh_rotate: cap } = lifetimesOf(tenant, token?.clientId, token?.resource)
    if (token && secondsNow() >= (token.iiat ?? token.iat) + cap)
      throw new errors.InvalidGrant('the refresh token can be rotated no longer')
    return true
  }

/** The library's token rules as Mosaic has them: claims, lifetimes, rotation, and access tokens remembered though they are JWTs. */
export const tokenRules = (
  storage: Storage,
  tenant: Tenant,
  users: () => ReadonlyMap<string, IdpUser>,
): Pick<Configuration, 'extraTokenClaims' | 'formats' | 'revokeGrantPolicy' | 'rotateRefreshToken'> &
  Required<Pick<Configuration, 'ttl'>> => ({
  extraTokenClaims: (_ctx, token) => {
    const client = tenant.clients.get(token.clientId)
    const ours = { tid: tenant.id, ...(client ? appOf(client) : {}) }
    return token.kind === 'AccessToken'
      ? { ...ours, roles: users().get(token.accountId)?.claims.roles ?? [] }
      : { ...ours, ts_roles: client?.roles ?? [], ts_permissions: client?.permissions ?? [] }
  },
  formats: {
    customizers: {
      // The library keeps nothing of a JWT. What introspection, revocation and the Logout API need is kept here.
      jwt: async (_ctx, { kind, clientId, ...token }, { payload }) => {
        const { jti, exp, iat, scope, aud } = payload
        const { accountId, grantId, sessionUid, sid, extra }: Record<string, unknown> = token
        const kept = { jti, exp, iat, scope, aud, kind, clientId, accountId, grantId, sessionUid, sid, extra }
        const defined = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined))
        await storage.adapter(kind).upsert(String(jti), defined, Number(exp) - secondsNow())
      },
    },
  },
  revokeGrantPolicy: ({ oidc }) => oidc.route !== 'revocation',
  rotateRefreshToken: rotation(tenant),
  ttl: {
    AccessToken: (_ctx, { aud }, { clientId }) => lifetimesOf(tenant, clientId, aud).access_token_ttl,
    ClientCredentials: 3600,
    IdToken: 3600,
    RefreshToken: (_ctx, token, { clientId }) => {
      const lifetimes = lifetimesOf(tenant, clientId, token.resource)
      const left = (token.iiat ?? secondsNow()) + lifetimes.max_refresh_rotate - secondsNow()
      return Math.max(1, Math.min(lifetimes.refresh_token_ttl, left))
    },
  },
})

/** Tells the claims of a JWT of this issuer, expired or not; undefined for everything else. */
export type VerifyJwt = (token: string) => Promise<JWTPayload | undefined>

/** @param keys the provider's own, private ones too; the library names a key by its thumbprint where it has no `kid` */
export const createVerifier = async ({ jwks }: IdpKeys, issuer: string): Promise<VerifyJwt> => {
  const keys = await Promise.all(
    jwks.keys.map(async ({ kty = 'RSA', n = '', e = '', kid }) => ({
      kty,
      n,
      e,
      kid: kid ?? (await calculateJwkThumbprint({ kty, n, e })),
    })),
  )
  const known = createLocalJWKSet({ keys })
  return async (token) => {
    try {
      // Whether it has expired is the storage's to say.
      const { payload } = await jwtVerify(token, known, { issuer, currentDate: new Date(0) })
      return payload
    } catch {
      return undefined
    }
  }
}
