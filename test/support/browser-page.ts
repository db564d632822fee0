import { browserClient, type BrowserClientOptions } from '../../src/client/browser-client.js'
import type { Connection, Renewed, Resource, Restored } from '../../src/client/oauth-client.js'
import type { Session } from '../../src/session/session.js'
import type { AppTab } from './app-tab.js'
import { SPA_CLIENT_ID } from './idp.js'
import type { LoginOptions } from './user-agent.js'

export interface BrowserPageOptions extends Partial<BrowserClientOptions> {
  resources?: readonly Resource[]
}

/** A page of an app on `browserClient`, as the session client drives it. */
export interface BrowserPage {
  readonly connection: Connection
  getAccessToken(): Promise<string>
  restore(): Promise<Restored>
  /** The session, which must be there. */
  session(): Promise<Session>
  loginUrl(request?: Partial<Parameters<Connection['loginUrl']>[0]>): Promise<string>
  renew(session: Session, demanded?: boolean): Promise<Renewed>
  /** What `client.fetch` would send: address and headers. */
  call(url: string, session: Session): Promise<{ url: string; headers: Headers }>
}

/** Loads the page that the tab shows. */
export const openBrowserPage = (
  { platform }: AppTab,
  authority: string,
  { resources = [], ...options }: BrowserPageOptions = {},
): BrowserPage => {
  const client = browserClient({
    authority,
    clientId: SPA_CLIENT_ID,
    redirectUri: '/callback',
    ...options,
  })
  client.check(resources, platform.address().origin)
  const connection = client.open(platform)
  const { signal } = new AbortController()
  const restore = (): Promise<Restored> => connection.restore(signal)
  const page: BrowserPage = {
    connection,
    getAccessToken: () => client.getAccessToken(),
    restore,
    session: async () => {
      const restored = await restore()
      if (restored.type === 'restored') return restored.session
      throw new Error(`there is no session: ${JSON.stringify(restored)}`, {
        cause: restored.type === 'absent' ? restored.error : undefined,
      })
    },
    loginUrl: (request) => connection.loginUrl({ returnTo: '/', ...request }, signal),
    renew: (session, demanded = false) => connection.renew(session, { demanded }, signal),
    call: async (address, session) => {
      const url = new URL(address, platform.address())
      const resource = resources.find((one) => url.href.startsWith(new URL(one.url, platform.address()).href))
      if (resource === undefined) throw new Error(`${address} is no listed resource`)
      const prefix = new URL(resource.url, platform.address()).href
      const headers = new Headers()
      const target = await connection.prepare(
        { url, rest: url.href.slice(prefix.length), headers },
        resource,
        session,
      )
      return { url: target.href, headers }
    },
  }
  return page
}

/** Signs in and loads the page the user comes back to. */
export const signIn = async (
  tab: AppTab,
  authority: string,
  { user = 'alice', returnTo = '/', login, ...options }: SignInOptions = {},
): Promise<{ page: BrowserPage; session: Session }> => {
  const url = await openBrowserPage(tab, authority, options).loginUrl({ returnTo })
  await tab.follow(url, user, login)
  const page = openBrowserPage(tab, authority, options)
  const session = await page.session()
  // As the session client does it.
  tab.platform.replaceAddress(returnTo)
  return { page, session }
}

export interface SignInOptions extends BrowserPageOptions {
  user?: string
  returnTo?: string
  login?: LoginOptions
}
