import type { ClientMetadata, KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { BROWSER_STATE, browserStateCookie, browserStateOf, sessionStateFor } from './browser-state.js'
import type { Settings } from './options.js'
import { CHECK_SESSION_PAGE, checkSessionHeaders } from './pages/check-session.js'

/** Path of the OP iframe. */
export const CHECK_SESSION_PATH = '/session/check'

/** Whether the library sends the browser back to the client now, with a code or an error. */
const isAnswer = ({ oidc, response }: KoaContextWithOIDC): boolean => {
  const redirectUri = oidc.params?.redirect_uri
  const location = response.get('location')
  if (!['authorization', 'resume'].includes(oidc.route) || typeof redirectUri !== 'string') return false
  if (!URL.canParse(location)) return false
  const [to, registered] = [new URL(location), new URL(redirectUri)]
  return to.origin === registered.origin && to.pathname === registered.pathname
}

const addSessionState = (ctx: KoaContextWithOIDC, browserState: string): void => {
  const { client_id: clientId, redirect_uri: redirectUri } = ctx.oidc.params ?? {}
  const state = sessionStateFor(String(clientId), String(redirectUri), browserState)
  const location = ctx.response.get('location')
  ctx.set('location', `${location}${/[?#]/.test(location) ? '&' : '?'}session_state=${state}`)
}

/** At each answer anew, so that it lasts as long as the session; elsewhere where it is no longer true: at a logout. */
const keepBrowserState = (ctx: KoaContextWithOIDC): void => {
  const { session } = ctx.oidc
  if (session === undefined) return
  const before = ctx.cookies.get(BROWSER_STATE) ?? ''
  const state = browserStateOf(session, before, ctx.oidc.result?.login !== undefined)
  const answers = isAnswer(ctx)
  if (answers || state !== before)
    ctx.append('set-cookie', browserStateCookie(state, session.exp, ctx.secure))
  if (answers) addSessionState(ctx, state)
}

const added = (ctx: KoaContextWithOIDC): void => {
  if (ctx.oidc.route === 'discovery' && ctx.status === 200) {
    const page = new URL(CHECK_SESSION_PATH, ctx.oidc.urlFor('authorization')).href
    ctx.body = { ...(ctx.body as object), check_session_iframe: page }
  }
  keepBrowserState(ctx)
}

/**
 * OpenID Connect Session Management 1.0, which the library no longer has: `check_session_iframe` in the metadata and its page,
 * `session_state` in every authorization answer (also where it is an error), and the browser's state, kept while it logs in and out.
 */
export const checkSession = (
  provider: Provider,
  settings: Pick<Settings, 'checkSession'>,
  clients: ReadonlyMap<string, ClientMetadata>,
): void => {
  const origins = (): string[] => {
    const uris = [...clients.values()].flatMap(({ redirect_uris }) => redirect_uris ?? [])
    return [...new Set(uris.map((uri) => new URL(uri).origin))]
  }
  provider.use(async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>) => {
    if (!settings.checkSession) {
      await next()
    } else if (ctx.path === CHECK_SESSION_PATH) {
      ctx.set(checkSessionHeaders(origins()))
      ctx.body = CHECK_SESSION_PAGE
    } else {
      await next()
      // Only where the request met a route of the library.
      if ('oidc' in ctx) added(ctx)
    }
  })
}
