import { errors, type Configuration, type KoaContextWithOIDC } from 'oidc-provider'
import { AUTHENTICATION_CLASSES, firstPartyPolicy } from './acr.js'
import type { IdpKeys } from './keys.js'
import type { Settings } from './options.js'
import { errorPage } from './pages/error.js'
import { logoutPage, signedOutPage } from './pages/logout.js'
import type { Storage } from './storage.js'
import { accountOf, type IdpUser } from './users.js'

const OIDC_SCOPES = ['openid', 'profile', 'email', 'offline_access']

/** Request parameter of our own that carries a wish for `offline_access` past the library's scope check. */
const OFFLINE = 'offline_access_requested'

const scopesOf = (scope: unknown): string[] =>
  typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []

/** The library drops `offline_access` without `prompt=consent`; where the settings allow it, it comes back. */
const keepOfflineAccess =
  (settings: Settings) =>
  ({ oidc, query }: KoaContextWithOIDC): void => {
    const { params } = oidc
    if (!params || settings.offlineAccessNeedsConsent) return
    const asked = [query.scope, oidc.body?.scope].some((scope) => scopesOf(scope).includes('offline_access'))
    if (!asked && params[OFFLINE] !== 'true') return
    params[OFFLINE] = 'true'
    params.scope = [...new Set([...scopesOf(params.scope), 'offline_access'])].join(' ')
  }

/** A grant with everything asked for: the clients are first parties, so nobody is asked for consent. */
const grantFor = (settings: Settings) => async (ctx: KoaContextWithOIDC) => {
  const { account, claims, client, provider, requestParamClaims, requestParamScopes, session } = ctx.oidc
  if (!account || !client || !session) return undefined
  if (settings.sid) claims.id_token = { ...claims.id_token, sid: null }
  const known = settings.grantPer === 'session' ? session.grantIdFor(client.clientId) : undefined
  const found = known === undefined ? undefined : await provider.Grant.find(known)
  const grant =
    found?.accountId === account.accountId
      ? found
      : new provider.Grant({ accountId: account.accountId, clientId: client.clientId })
  grant.addOIDCScope(requestParamScopes)
  grant.addOIDCClaims(requestParamClaims)
  for (const resource of Object.keys(ctx.oidc.resourceServers ?? {}))
    grant.addResourceScope(resource, requestParamScopes)
  await grant.save()
  return grant
}

const claimNames = (users: ReadonlyMap<string, IdpUser>): string[] => {
  const elsewhere = new Set(['sub', 'roles', 'email', 'email_verified'])
  const names = [...users.values()].flatMap(({ claims }) => Object.keys(claims))
  return [...new Set(names)].filter((name) => !elsewhere.has(name))
}

/** Our settings → the library's configuration. Whatever can change at run time is read at each use. */
export const configurationFrom = (
  settings: Settings,
  users: ReadonlyMap<string, IdpUser>,
  keys: IdpKeys,
  storage: Storage,
  origin: string,
): Configuration => ({
  adapter: storage.adapter,
  jwks: keys.jwks,
  cookies: {
    keys: keys.cookieKeys,
    names: { session: 'idp_session', interaction: 'idp_interaction', resume: 'idp_resume' },
    // Over https, frames of other sites may ask with prompt=none, as far as their browser lets them.
    long: { httpOnly: true, sameSite: origin.startsWith('https:') ? 'none' : 'lax' },
    short: { httpOnly: true, sameSite: 'lax' },
  },
  clockTolerance: 0,
  acrValues: AUTHENTICATION_CLASSES.map(({ acr }) => acr),
  scopes: OIDC_SCOPES,
  claims: {
    iss: null,
    sid: null,
    openid: ['sub', 'roles', 'acr', 'amr', 'auth_time'],
    profile: claimNames(users),
    email: ['email', 'email_verified'],
  },
  // So that an ID token tells who signed in without a call to userinfo.
  conformIdTokenClaims: false,
  findAccount: (_ctx, sub) => accountOf(users, sub),
  clientBasedCORS: (_ctx, origin, client) =>
    (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
  extraParams: { [OFFLINE]: keepOfflineAccess(settings) },
  extraTokenClaims: (ctx) => {
    const source = ctx.oidc.entities.RefreshToken ?? ctx.oidc.entities.AuthorizationCode
    const roles = users.get(source?.accountId ?? '')?.claims.roles
    return { acr: source?.acr, amr: source?.amr, auth_time: source?.authTime, roles }
  },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    // Whoever looks at the demo sees in the address what a login asks for; `features` turns it on.
    pushedAuthorizationRequests: { enabled: false },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    rpInitiatedLogout: { enabled: true, logoutSource: logoutPage, postLogoutSuccessSource: signedOutPage },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, _client, oneOf) => oneOf?.[0] ?? settings.resource ?? undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        if (resource !== settings.resource && !settings.resources.includes(resource))
          throw new errors.InvalidTarget(`unknown resource ${resource}`)
        return {
          scope: [...OIDC_SCOPES, ...settings.apiScopes].join(' '),
          audience: resource,
          accessTokenFormat: 'jwt',
        }
      },
    },
  },
  interactions: { policy: firstPartyPolicy(), url: (_ctx, { uid }) => `/interaction/${uid}` },
  loadExistingGrant: grantFor(settings),
  // Refresh tokens are bound to the session by the storage, per token and not per grant.
  expiresWithSession: () => false,
  pkce: { required: () => true },
  renderError: errorPage,
  rotateRefreshToken: () => settings.rotateRefreshTokens,
  ttl: {
    AccessToken: () => settings.lifetimes.accessToken,
    AuthorizationCode: () => settings.lifetimes.authorizationCode,
    Grant: () => settings.lifetimes.grant,
    IdToken: () => settings.lifetimes.idToken,
    Interaction: () => settings.lifetimes.interaction,
    RefreshToken: () => settings.lifetimes.refreshToken,
    Session: () => settings.lifetimes.session,
  },
})
