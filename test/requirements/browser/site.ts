/**
 * What a browser decides is shown on two sites over TLS: the app with its BFF on one, Mosaic on the other, and a page of somebody else
 * beside it. All servers are in this process; the browser is Chromium, with its own rules for cookies, caches and Back.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions } from 'playwright-core'
import { createBff, type Bff, type BffOptions } from 'tandem-session/bff'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { buildDemo } from '../../../demo/build.mjs'
import { listenOnLoopback } from '../../../demo/listen.js'
import { createSite } from '../../../demo/site.js'
import { launchOptions } from '../../../scripts/chromium.mjs'
import { testRoutes } from '../../e2e/routes.js'
import { HOSTS, inFrontOf, listenTls, openBackChannel, TLS_SWITCHES } from '../../e2e/tls.js'
import { ORDERS_RESOURCE, startMosaic, WEB_CLIENT_ID, type Mosaic } from '../../support/mosaic.js'
import { mosaicOptions } from '../world.js'

/** One request as it reached the app's origin. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly cookie: string
  /** `Sec-Fetch-Site` */
  readonly site: string
}

export interface SiteOptions {
  bff?: Partial<BffOptions>
  /** Put in front of the app: gets what answers, and answers itself. */
  between?: (answer: RequestListener) => RequestListener
}

/** The running servers. */
export interface Site {
  /** Origin of the app. */
  readonly url: string
  readonly mosaic: Mosaic
  readonly bff: Bff
  /** Every request that reached the app's origin, oldest first. */
  readonly received: Received[]
  /** A page of another site than the app's, with a link (`a`) and a form (`button`, POST) to this address. */
  elsewhere(target: string): string
  /** The app's host over plain http, and the cookies it is sent there. */
  readonly plain: { readonly url: string; readonly cookies: string[] }
  close(): Promise<void>
}

const html = (response: ServerResponse, body: string, headers: Record<string, string> = {}): void =>
  void response
    .writeHead(200, { 'content-type': 'text/html', ...headers })
    .end(`<!doctype html><title>A page</title>${body}`)

/** `/secret`: a page for who is signed in, that says nothing of caching; `/cacheable`: one that lets every cache keep it. */
const ownRoutes = (bff: Bff): ((request: IncomingMessage, response: ServerResponse) => boolean) => {
  const guard = bff.node.protect()
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'https://app')
    if (pathname !== '/secret' && pathname !== '/cacheable') return false
    guard(request, response, () => {
      const { session } = (request as IncomingMessage & Express.Request).tandem
      const headers: Record<string, string> =
        pathname === '/secret' ? {} : { 'cache-control': 'public, max-age=600' }
      html(response, `<h1>The secret of ${session.user.sub}</h1>`, headers)
    })
    return true
  }
}

const start = async ({ bff: changes = {}, between = (answer) => answer }: SiteOptions): Promise<Site> => {
  const running: { close(): Promise<unknown> }[] = []
  const started = <Server extends { close(): Promise<unknown> }>(server: Server): Server => {
    running.unshift(server)
    return server
  }
  const channel = started(openBackChannel())
  const app = started(await listenTls(HOSTS.app))
  const front = started(await listenTls(HOSTS.idp))
  const mosaic = started(await startMosaic({ appOrigins: [app.origin], origin: front.origin }))
  const api = started(
    await listenOnLoopback((_request, response) => void response.end('{"secret":"orders of the user"}'), 0),
  )
  const bff = started(
    createBff(
      {
        origin: app.origin,
        ...mosaicOptions(mosaic),
        secrets: ['test-secret-for-the-bff-0123456789abcdef'],
        store: 'memory:',
        upstreams: { shop: { url: `http://localhost:${api.port}/` } },
        ...changes,
      },
      { fetch: channel.fetch },
    ),
  )
  const pages = createSite({
    issuer: mosaic.baseUrl,
    api: `${app.origin}/shop`,
    audience: ORDERS_RESOURCE,
    clientId: WEB_CLIENT_ID,
    mediated: false,
    lifetimes: {},
  })
  const routes = testRoutes(bff)
  const own = ownRoutes(bff)
  const answer = between((request, response) =>
    bff.node(request, response, () => {
      if (!own(request, response)) routes(request, response, () => pages(request, response))
    }),
  )
  const received: Received[] = []
  app.serve((request, response) => {
    const { method = 'GET', url = '/', headers } = request
    const site = String(headers['sec-fetch-site'] ?? '')
    received.push({ method, path: url.split('?')[0] ?? '/', cookie: headers.cookie ?? '', site })
    answer(request, response)
  })

  // Another host of the IDP's site: for the app it is another site, like any other.
  const elsewhere = started(await listenTls(`elsewhere.${HOSTS.idp.split('.').slice(1).join('.')}`))
  elsewhere.serve(({ url = '/' }, response) => {
    const target = new URL(url, elsewhere.origin).searchParams.get('to') ?? '/'
    html(
      response,
      `<a href="${target}">Go</a><form method="post" action="${target}"><button>Send</button></form>`,
    )
  })
  front.serve(inFrontOf(mosaic.idp.port))
  const cookies: string[] = []
  const plain = createServer(({ headers, url }, response) => {
    if (url === '/') cookies.push(headers.cookie ?? '')
    html(response, 'plain http')
  })
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
  return {
    url: app.origin,
    mosaic,
    bff,
    received,
    elsewhere: (target) => `${elsewhere.origin}/?to=${encodeURIComponent(target)}`,
    plain: { url: `http://${HOSTS.app}:${(plain.address() as AddressInfo).port}/`, cookies },
    close: async () => {
      plain.closeAllConnections()
      await new Promise((resolve) => plain.close(resolve))
      for (const server of running) await server.close()
    },
  }
}

/** Options of a Chromium that knows the tests' hosts and takes their certificate. */
export const chromiumOptions = (): ReturnType<typeof launchOptions> => launchOptions({ args: TLS_SWITCHES })

/** Servers and browser, ready in every test of the file (or of the `describe`) it is called in. */
export interface Stage {
  readonly site: Site
  /** A browser nobody has used; closed after the test. */
  visitor(options?: BrowserContextOptions): Promise<BrowserContext>
}

/** Starts them before the tests. After each, its browsers are closed and everybody is signed out. */
export const useSite = (options: SiteOptions = {}): Stage => {
  const visitors: BrowserContext[] = []
  let site: Site | undefined
  let browser: Browser | undefined
  const running = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error('Servers and browser are not running: beforeAll failed.')
    return part
  }
  beforeAll(async () => {
    await buildDemo()
    site = await start(options)
    browser = await chromium.launch(chromiumOptions())
  })
  afterEach(async () => {
    for (const visitor of visitors.splice(0)) await visitor.close()
    if (site === undefined) return
    site.received.length = 0
    site.plain.cookies.length = 0
    for (const sub of ['alice', 'bob']) {
      await site.bff.sessions.end({ sub })
      await site.mosaic.endSessions(sub)
    }
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })
  return {
    get site() {
      return running(site)
    },
    visitor: async (more = {}) => {
      const context = await running(browser).newContext({ reducedMotion: 'reduce', ...more })
      context.setDefaultTimeout(15_000)
      visitors.push(context)
      return context
    },
  }
}
