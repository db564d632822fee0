/** The app and its provider on two sites, over TLS: real servers, all of them in this process. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createBff, type Bff, type BffOptions } from 'tandem-session/bff'
import { decodeJwt } from 'jose'
import { admin } from '../../src/bff/server/admin.js'
import {
  BFF_CLIENT_ID,
  BFF_CLIENT_SECRET,
  DEMO_RESOURCE,
  SPA_CLIENT_ID,
  startIdp,
  type Idp,
  type IdpOptions,
} from '../../demo/idp/index.js'
import { listenOnLoopback } from '../../demo/listen.js'
import { createSite } from '../../demo/site.js'
import { testRoutes } from './routes.js'
import { HOSTS, inFrontOf, listenTls, openBackChannel } from './tls.js'

/** Everything is optional; durations in seconds. */
export interface TlsSiteOptions {
  idp?: Omit<IdpOptions, 'port' | 'host' | 'origin' | 'fetch'>
  bff?: Partial<BffOptions>
  /** Over the usual `idp` of the BFF. */
  client?: Partial<BffOptions['idp']>
}

/** The running servers. */
export interface TlsSite {
  /** Origin of the app: its pages and its BFF. */
  readonly url: string
  readonly idp: Idp
  readonly bff: Bff
  /** Where administrators reach the BFF: `/sessions`. */
  readonly admin: string
  /** How many requests of browsers for this path of the app are being answered at this moment. */
  open(path: string): number
  /** Breaks off the answers to those, as a network that is gone does. */
  cut(path: string): void
  /** By path, how many were being answered at once at most. */
  readonly peaks: Map<string, number>
  /** Paths that are answered 503 for now, as by something in between. */
  readonly refused: Set<string>
  close(): Promise<void>
}

const SCOPE = 'openid profile email offline_access orders:read orders:write'

/** The API: says as whom it is called. */
const whoami: RequestListener = ({ headers }: IncomingMessage, response) => {
  const token = headers.authorization?.replace(/^Bearer /, '')
  response.writeHead(token === undefined ? 401 : 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ sub: token && decodeJwt(token).sub }))
}

/** Starts them. `dist` must be built. */
export const startTlsSite = async (options: TlsSiteOptions = {}): Promise<TlsSite> => {
  const running: { close(): Promise<unknown> }[] = []
  const close = async (): Promise<void> => {
    for (const server of running.splice(0).reverse()) await server.close()
  }
  const started = <Server extends { close(): Promise<unknown> }>(server: Server): Server => {
    running.push(server)
    return server
  }

  try {
    const channel = started(openBackChannel())
    const app = started(await listenTls(HOSTS.app))
    const front = started(await listenTls(HOSTS.idp))
    const idp = started(
      await startIdp({
        appOrigins: [app.origin],
        backchannelLogout: true,
        ...options.idp,
        origin: front.origin,
        fetch: channel.fetch,
      }),
    )
    front.serve(inFrontOf(idp.port))

    const api = started(await listenOnLoopback(whoami, 0))
    const bff = started(
      createBff(
        {
          origin: app.origin,
          idp: {
            issuer: idp.issuer,
            clientId: BFF_CLIENT_ID,
            clientSecret: BFF_CLIENT_SECRET,
            scope: SCOPE,
            ...options.client,
          },
          secrets: ['test-secret-for-the-bff-0123456789abcdef'],
          store: 'memory:',
          upstreams: { shop: { url: `http://localhost:${api.port}/`, token: 'user' } },
          mediateTokens: true,
          ...options.bff,
        },
        { fetch: channel.fetch },
      ),
    )
    const administration = started(await listenOnLoopback(admin(bff, app.origin), 0))

    const pages = createSite({
      issuer: idp.issuer,
      api: `${app.origin}/shop`,
      audience: DEMO_RESOURCE,
      clientId: SPA_CLIENT_ID,
      mediated: true,
      lifetimes: {},
    })
    const routes = testRoutes(bff)
    const answering = new Map<ServerResponse, string>()
    const answersOn = (path: string): ServerResponse[] =>
      [...answering].filter(([, of]) => of === path).map(([response]) => response)
    const peaks = new Map<string, number>()
    const refused = new Set<string>()
    app.serve((request, response) => {
      const { pathname } = new URL(request.url ?? '/', app.origin)
      answering.set(response, pathname)
      response.once('close', () => answering.delete(response))
      peaks.set(pathname, Math.max(peaks.get(pathname) ?? 0, answersOn(pathname).length))
      if (refused.has(pathname)) return response.writeHead(503).end()
      if (pathname.startsWith('/shop/')) return whoami(request, response)
      bff.node(request, response, (error) => {
        if (error === undefined) return routes(request, response, () => pages(request, response))
        response.writeHead(500, { 'content-type': 'text/plain' }).end('The BFF failed.\n')
      })
    })
    return {
      url: app.origin,
      idp,
      bff,
      admin: `http://localhost:${administration.port}`,
      open: (path) => answersOn(path).length,
      cut: (path) => {
        for (const response of answersOn(path)) response.destroy()
      },
      peaks,
      refused,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
