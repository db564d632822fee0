import { errors, type Configuration, type KoaContextWithOIDC } from 'oidc-provider'
import type { IdpUser } from '../idp/index.js'
import { signedOutPage } from '../idp/pages/logout.js'
import type { Storage } from '../idp/storage.js'
import { accountOf } from '../idp/users.js'
import { tenantAdapter } from './adapter.js'
import { checkRequest, grantIn } from './authorization.js'
import { logoutPage } from './logout-page.js'
import { ACR_VALUES, tenantPolicy } from './policy.js'
import type { Tenant } from './tenant.js'
import { DEFAULT_AUDIENCE, DEFAULT_RESOURCE, tokenRules } from './tokens.js'

const SCOPES = ['openid', 'email', 'phone', 'offline_access']

/** What `claims` may ask for beside the claims of the scopes. */
const ON_REQUEST = [
  'roles',
  'role_values',
  'permissions',
  'groups',
  'organization',
  'name',
  'username',
  'preferred_username',
  'custom_data',
  'custom_app_data',
  'last_auth',
  'created_at',
  'new_user',
  'ido_sso_session_id',
]

const isPageOf = (redirectUris: readonly string[] | undefined, origin: string): boolean =>
  (redirectUris ?? []).some((uri) => URL.canParse(uri) && new URL(uri).origin === origin)

/** The library's features that Mosaic has, over those of the demo provider. */
export const tenantFeatures = ({ clients, resources }: Tenant): NonNullable<Configuration['features']> => ({
  claimsParameter: { enabled: true },
  clientCredentials: { enabled: true },
  introspection: {
    enabled: true,
    allowedPolicy: (_ctx, { tokenEndpointAuthMethod }) => tokenEndpointAuthMethod !== 'none',
  },
  pushedAuthorizationRequests: { enabled: true },
  resourceIndicators: {
    enabled: true,
    defaultResource: (_ctx, _client, oneOf) => oneOf?.[0] ?? DEFAULT_RESOURCE,
    useGrantedResource: () => true,
    getResourceServerInfo: (_ctx, uri, { clientId }) => {
      const jwt = { scope: SCOPES.join(' '), accessTokenFormat: 'jwt' as const }
      if (uri === DEFAULT_RESOURCE) return { ...jwt, audience: DEFAULT_AUDIENCE }
      const isAttached = clients.get(clientId)?.resources?.includes(uri) ?? false
      if (!isAttached || resources.get(uri) === undefined)
        throw new errors.InvalidTarget(`resource ${uri} is not attached to the client`)
      return { ...jwt, audience: uri }
    },
  },
  rpInitiatedLogout: { enabled: true, logoutSource: logoutPage, postLogoutSuccessSource: signedOutPage },
})

const asJson: NonNullable<Configuration['renderError']> = (ctx: KoaContextWithOIDC, out) => {
  ctx.set('cache-control', 'no-store')
  ctx.body = out
}

/** The demo provider's configuration, made Mosaic's: what differs, and nothing else. */
export const tenantConfiguration = (
  base: Configuration,
  storage: Storage,
  tenant: Tenant,
  users: () => ReadonlyMap<string, IdpUser>,
): Configuration => {
  const { clients, sessions, settings } = tenant
  const { ttl, ...rules } = tokenRules(storage, tenant, users)
  const { loadExistingGrant, interactions } = base
  if (!loadExistingGrant) throw new Error('the demo provider has changed: it makes no grants any more')
  return {
    ...base,
    ...rules,
    adapter: tenantAdapter(storage, tenant),
    acrValues: [...ACR_VALUES],
    claims: {
      openid: ['sub', 'tid', 'acr', 'amr', 'auth_time'],
      email: ['email', 'email_verified'],
      phone: ['phone_number', 'phone_number_verified'],
      iss: null,
      sid: null,
      ...Object.fromEntries(ON_REQUEST.map((name) => [name, null])),
    },
    clientBasedCORS: (_ctx, origin, client) => settings.tokenCors && isPageOf(client.redirectUris, origin),
    cookies: {
      ...base.cookies,
      names: { session: '_session', interaction: '_interaction', resume: '_interaction_resume' },
    },
    extraParams: {
      createNewUser: checkRequest(tenant),
      custom_message: null,
      loginType: null,
      org_id: null,
    },
    findAccount: (_ctx, sub, token) => {
      const session = token && 'grantId' in token ? sessions.ofGrant(token.grantId) : undefined
      if (token?.kind === 'AuthorizationCode' && !sessions.isLive(session)) return undefined
      const account = accountOf(users(), sub)
      if (!account) return undefined
      const user = users().get(sub)
      const more = { tid: tenant.id, username: user?.username, ido_sso_session_id: session?.id }
      return { ...account, claims: () => ({ ...user?.claims, sub, ...more }) }
    },
    interactions: { ...interactions, policy: tenantPolicy(tenant) },
    loadExistingGrant: grantIn(tenant, loadExistingGrant),
    pkce: {
      required: (_ctx, { clientId }) => clients.get(clientId)?.pkce?.startsWith('enforce') ?? false,
    },
    renderError: asJson,
    scopes: SCOPES,
    ttl: { ...base.ttl, ...ttl },
  }
}
