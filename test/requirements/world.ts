/**
 * Mosaic, a BFF in front of an API, and browsers with the app, in one process: what the statements S1–S43 are shown with. Time is
 * that of the process (`pass`), so a file that uses it runs in a process of its own.
 */
import { onTestFinished } from 'vitest'
import { createBff, memoryStore } from 'tandem-session/bff'
import type { Bff, BffOptions, Edges, RouteHandler, SessionStore } from 'tandem-session/bff'
import { bffClient, createSessionClient } from 'tandem-session'
import type { Criteria, SessionClientOptions } from 'tandem-session'
import { mosaic } from 'tandem-session/mosaic'
import { Browser, startApi, type EchoApi } from '../bff/bench.js'
import { openAppPage, type AppPage } from '../flows/client-page.js'
import { openAppTab } from '../support/app-tab.js'
import {
  APP_ORIGIN,
  MOSAIC_CLIENT_SECRET,
  ORDERS_RESOURCE,
  startTestMosaic,
  WEB_CLIENT_ID,
  type Mosaic,
  type MosaicOptions,
} from '../support/mosaic.js'
import { createTestBrowser, type TestBrowser } from '../support/test-browser.js'
import { createUserAgent, type CookieJar, type Handler } from '../support/user-agent.js'

export { APP_ORIGIN, Browser }

/** The other end of every connection to the BFF, for those that trust it. */
export const PROXY = '10.0.0.1'
/** The API as the page names it: behind the BFF, at an address no browser calls. */
const API = 'https://api.test/'

export interface WorldOptions {
  mosaic?: MosaicOptions
  /** Changes what the BFF is started with. */
  bff?: (base: BffOptions, api: EchoApi) => BffOptions
  /** What is between the BFF and the outside, e.g. its `fetch`. */
  edges?: Partial<Edges>
  /** Criteria of the own route `/own`. */
  own?: Criteria
}

/** Everything there is. */
export interface World {
  readonly mosaic: Mosaic
  readonly bff: Bff
  /** What the BFF keeps its sessions in. */
  readonly store: SessionStore
  /** What is behind `/bff/api/orders/`: answers with what it received. */
  readonly api: EchoApi
  /** What the BFF logged. */
  readonly log: Record<string, unknown>[]
  /** What answers for the app's origin: `browser.agent.handle(APP_ORIGIN, …)` puts something in front of it. */
  readonly app: Handler
  /** alice's browser. */
  readonly browser: Browser
  /** Another browser, with cookies of its own. */
  newBrowser(headers?: Record<string, string>): Browser
  /** The app with its session client in a new tab of a browser. */
  openApp(browser?: Browser, options?: Partial<SessionClientOptions>): AppPage
  /** Time passes for everybody, s; pages do what has become due. */
  pass(seconds: number): void
  /** The access tokens that were issued: every success at the token endpoint for a user. */
  issued(): number
}

/** What the preset makes of this tenant; the access token is for the orders alone. */
export const mosaicOptions = ({ baseUrl, issuer }: Mosaic): Pick<BffOptions, 'idp' | 'session'> =>
  mosaic({
    baseUrl,
    issuer,
    clientId: WEB_CLIENT_ID,
    clientSecret: MOSAIC_CLIENT_SECRET,
    resource: ORDERS_RESOURCE,
  }).bff

/** Starts a world; it ends with the test. */
export const startWorld = async (options: WorldOptions = {}): Promise<World> => {
  const tenant = await startTestMosaic(options.mosaic)
  const api = await startApi()
  const store = memoryStore()
  const log: World['log'] = []
  const take = (entry: object): void => void log.push({ ...entry })
  const base: BffOptions = {
    origin: APP_ORIGIN,
    ...mosaicOptions(tenant),
    secrets: ['test-secret-for-the-bff-0123456789abcdef'],
    store,
    upstreams: { orders: { url: api.url } },
    log: { info: take, warn: take, error: take },
  }
  const bff = createBff(options.bff?.(base, api) ?? base, options.edges)
  onTestFinished(async () => {
    await bff.close()
    await tenant.close()
  })
  const own: RouteHandler = async (_request, { session, accessToken }) =>
    Response.json({ sub: session.user.sub, token: (await accessToken()) !== '' })
  const ownRoute = bff.protect(own, options.own)
  const app: Handler = (request) => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/bff/')) return bff.fetch(request, { clientAddress: PROXY })
    return pathname === '/own' ? ownRoute(request, { clientAddress: PROXY }) : new Response('the app')
  }

  const devices = new Map<CookieJar, TestBrowser>()
  const newBrowser: World['newBrowser'] = (headers = {}) => {
    const agent = createUserAgent({ now: () => Date.now(), headers, handlers: { [APP_ORIGIN]: app } })
    devices.set(agent.cookies, createTestBrowser())
    return new Browser(agent)
  }
  const browser = newBrowser()
  return {
    mosaic: tenant,
    bff,
    store,
    api,
    log,
    app,
    browser,
    newBrowser,
    openApp: (at = browser, client = {}) => {
      const device = devices.get(at.agent.cookies) ?? createTestBrowser()
      const tab = openAppTab(at.agent.newTab(), { browser: device, address: `${APP_ORIGIN}/` })
      const resources = [{ url: API, via: 'bff', upstream: 'orders' } as const]
      const page = openAppPage(
        tab,
        (platform) =>
          createSessionClient({ oauth: bffClient({ basePath: '/bff' }), resources, ...client }, platform),
        API,
      )
      onTestFinished(() => page.client.stop())
      return page
    },
    pass: (seconds) => {
      tenant.clock.advance(seconds * 1000)
      for (const device of devices.values()) device.advance(0)
    },
    issued: () =>
      tenant.idp.tokenRequests.filter(
        ({ grant_type: grant, error }) => grant !== 'client_credentials' && error === null,
      ).length,
  }
}
