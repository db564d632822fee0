import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { appOf } from './clients.js'
import { MOUNT } from './front.js'
import type { MosaicSettings } from './options.js'
import type { MosaicSession } from './sessions.js'
import { reachedFrom, type Tenant } from './tenant.js'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The library signs a user out too where another one has just signed in: then it goes on with that login. */
const isChangeOfUser = ({ oidc }: KoaContextWithOIDC): boolean =>
  textOf(oidc.session?.state?.postLogoutRedirectUri).includes(`${MOUNT}/auth/`)

/**
 * end_session reaches as far as the settings say: by default all sessions of the user, in whatever browser; at the least those of
 * this browser, earlier authentications included.
 */
export const observeLogouts = (
  provider: Provider,
  tenant: Tenant,
  act: Record<'end' | 'revoke', (sessions: readonly MosaicSession[]) => Promise<void>>,
): void => {
  provider.on('end_session.success', (ctx) => {
    const { oidc } = ctx
    const session = tenant.sessions.ofBrowser(oidc.session?.uid ?? '')
    if (!oidc.params?.logout || !session) return
    const here = tenant.sessions.live(
      ({ browser, userId }) => browser === session.browser && userId === session.userId,
    )
    if (isChangeOfUser(ctx)) return tenant.sessions.end(here)
    const client = tenant.clients.get(textOf(oidc.session?.state?.clientId))
    const reached = [
      ...new Set([...here, ...reachedFrom(tenant, session, client ? appOf(client).app_id : '')]),
    ]
    void act.end(reached)
    if (tenant.settings.endSessionRevokesTokens) void act.revoke(reached)
  })
}

/** What Mosaic's answers have different: 200 for a pushed request, and no word of back-channel logout where there is none. */
export const shapeAnswers = (provider: Provider, settings: MosaicSettings): void => {
  provider.use(async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>) => {
    await next()
    if (!('oidc' in ctx)) return
    if (ctx.oidc.route === 'pushed_authorization_request' && ctx.status === 201) ctx.status = 200
    if (ctx.oidc.route !== 'discovery' || settings.backchannelLogout) return
    const metadata = { ...(ctx.body as Record<string, unknown>) }
    delete metadata.backchannel_logout_supported
    delete metadata.backchannel_logout_session_supported
    ctx.body = metadata
  })
}
