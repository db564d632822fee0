/** The session client in a page, before the real BFF and the real provider; what a browser does in between is done by hand. */
import { bffClient, createSessionClient } from '../../src/index.js'
import type { MediatedBffClient, Resource, SessionClient } from '../../src/index.js'
import { ORIGIN } from '../bff/bench.js'
import type { BffBench, Browser } from '../bff/bench.js'
import { createTestPlatform } from '../support/test-platform.js'
import type { TestPlatform } from '../support/test-platform.js'

/** A page load of the app. */
export interface App {
  readonly client: SessionClient
  readonly page: TestPlatform
  /** The next page load in this tab. */
  load(address?: string): App
  /** Goes where the page was left for, signs in there if asked to, and loads the app where that ends. */
  follow(user?: string, acr?: string): Promise<App>
}

export const ECHO: Resource = { url: 'https://api.test/', via: 'bff', upstream: 'echo' }

const appIn = (
  browser: Browser,
  page: TestPlatform,
  client: SessionClient,
  open: (page: TestPlatform) => App,
): App => ({
  client,
  page,
  load: (address) => open(page.reload(address)),
  async follow(user = 'alice', acr) {
    const { agent } = browser
    const arrived = await agent.navigate(page.left.at(-1) ?? '', { from: page.address() })
    if (arrived.url.origin !== ORIGIN) await agent.login(user, acr === undefined ? {} : { acr })
    return open(page.reload(agent.page?.url.href))
  },
})

const platformIn = (browser: Browser, address: string): TestPlatform =>
  createTestPlatform({
    address: ORIGIN + address,
    fetch: browser.agent.fetchFrom(`${ORIGIN}/`),
    cookies: {
      get: (name) => browser.agent.cookies.get(ORIGIN, name)?.value,
      set: () => {},
      remove: () => {},
    },
  })

/** Opens the app in a new tab of this browser. */
export function openApp(browser: Browser, address = '/', resources: Resource[] = [ECHO]): App {
  const open = (page: TestPlatform): App => {
    const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }), resources }, page)
    return appIn(browser, page, client, open)
  }
  return open(platformIn(browser, address))
}

/** A client that gets its token from the BFF. */
export const openMediated = (browser: Browser): SessionClient<MediatedBffClient> =>
  createSessionClient(
    { oauth: bffClient({ basePath: '/bff', mediateTokens: true }) },
    platformIn(browser, '/'),
  )

/** Signs in through the whole way, and returns the page that came back, started. */
export async function signedIn(browser: Browser, user = 'alice', address = '/'): Promise<App> {
  const app = openApp(browser, address)
  await app.client.start()
  await app.client.login()
  const back = await app.follow(user)
  await back.client.start()
  return back
}

/** Time passes for the page and for the BFF. */
export const pass = ({ clock }: BffBench, { page }: App, seconds: number): void => {
  clock.advance(seconds)
  page.advance(seconds * 1000)
}

/** How many token requests of a grant type there were. */
export const grants = (idp: { tokenRequests: { grant_type?: unknown }[] }, type: string): number =>
  idp.tokenRequests.filter(({ grant_type: grant }) => grant === type).length
