import { errors, type Configuration, type Grant, type KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { TWO_WEEKS } from './durations.js'
import { appOf } from './clients.js'
import { authenticationOf, satisfiedAcr } from './policy.js'
import { consentKey, type Tenant } from './tenant.js'

const words = (value: unknown): string[] =>
  typeof value === 'string' ? value.split(' ').filter(Boolean) : []

/** Checks an authorization request, pushed or not, by the rules of its client; where `max_age` is not known it is forgotten. */
export const checkRequest =
  ({ clients, settings }: Tenant) =>
  ({ oidc, query }: KoaContextWithOIDC): void => {
    const { params } = oidc
    const sent = oidc.body ?? query
    if (!params) return
    const supported = clients.get(oidc.client?.clientId)?.supported_prompts ?? settings.supportedPrompts
    const refused = words(sent.prompt).filter((prompt) => !supported.some((one) => one === prompt))
    if (refused.length > 0)
      throw new errors.InvalidRequest(`the client does not support prompt ${refused.join(', ')}`)
    if (Array.isArray(params.resource) && params.resource.length > 1)
      throw new errors.InvalidTarget('only one resource may be asked for')
    if (settings.maxAgeSupported || sent.max_age === undefined) return
    params.max_age = undefined
    // The library has made prompt=login of max_age=0.
    if (!words(sent.prompt).includes('login'))
      params.prompt =
        words(params.prompt)
          .filter((one) => one !== 'login')
          .join(' ') || undefined
  }

/** Starts a session where the user has just authenticated, before the library looks for a grant. */
const startSession = ({ clients, sessions }: Tenant, { oidc }: KoaContextWithOIDC): void => {
  const { client, params, result, session } = oidc
  if (!result?.login || !client || session?.accountId === undefined) return
  const browser = session.uid
  const before = words(params?.prompt).includes('login') ? undefined : sessions.ofBrowser(browser)
  const kept = before?.userId === session.accountId ? before : undefined
  const authentication = authenticationOf(result.login.amr ?? [], params?.acr_values, kept)
  session.amr = [...authentication.amr]
  sessions.start({
    userId: session.accountId,
    clientId: client.clientId,
    browser,
    lifetime: clients.get(client.clientId)?.session_expiration ?? TWO_WEEKS,
    ...authentication,
  })
}

/** The library's grant, made in a session and with the claims that the client's ID tokens always have. */
export const grantIn =
  (tenant: Tenant, inner: NonNullable<Configuration['loadExistingGrant']>) =>
  async (ctx: KoaContextWithOIDC): Promise<Grant | undefined> => {
    startSession(tenant, ctx)
    const { claims, client } = ctx.oidc
    const always = tenant.clients.get(client?.clientId)?.default_custom_claims ?? []
    if (always.length > 0) {
      const unasked = Object.fromEntries(always.map((claim) => [claim, null]))
      claims.id_token = { ...unasked, ...claims.id_token }
    }
    const grant = await inner(ctx)
    if (grant && always.length > 0) {
      grant.addOIDCClaims(always)
      await grant.save()
    }
    return grant
  }

/** Remembers, of every authorization that is granted, in which session it was, and what of `acr_values` it satisfies. */
export const observeAuthorizations = (provider: Provider, tenant: Tenant): void => {
  const { clients, consents, sessions } = tenant
  provider.on('authorization.accepted', ({ oidc }) => {
    const session = sessions.ofBrowser(oidc.session?.uid ?? '')
    const client = clients.get(oidc.client?.clientId)
    if (!session || !client || !oidc.grant) return
    const { app_id: appId } = appOf(client)
    sessions.bind(oidc.grant.jti, session, appId)
    consents.add(consentKey(session.userId, appId))
    Object.defineProperty(oidc, 'acr', { value: satisfiedAcr(session, oidc.params?.acr_values) })
  })
  provider.on('grant.success', ({ oidc }) => {
    const { AuthorizationCode: code, RefreshToken: token } = oidc.entities
    const grantId = code?.grantId ?? token?.grantId
    const session = sessions.ofGrant(grantId)
    if (!session) return
    const isRefresh = code === undefined
    if (isRefresh ? tenant.settings.refreshExtendsSession : grantId !== session.firstGrant)
      sessions.extend(session)
  })
}
