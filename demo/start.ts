import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createBff } from 'tandem-session/bff'
import { startApi, type Api } from './api/index.js'
import {
  BFF_CLIENT_ID,
  BFF_CLIENT_SECRET,
  DEMO_RESOURCE,
  POST_LOGOUT_PATHS,
  SPA_CLIENT_ID,
  startIdp,
  type Idp,
} from './idp/index.js'
import { listenOnLoopback } from './listen.js'
import { DEMO_LIFETIMES, type DemoOptions, type Routes } from './options.js'
import { createSite } from './site.js'

export { DEMO_LIFETIMES, type DemoLifetimes, type DemoOptions } from './options.js'

/** A running demo: every server of it in this process. */
export interface Demo {
  /** Address of the script-tag page, without a slash at the end: the app's origin. */
  readonly url: string
  readonly idp: Idp
  readonly api: Api
  readonly bff: ReturnType<typeof createBff>
  close(): Promise<void>
}

/** How the script-tag page can hold tokens: `?mode=…`, kept in the address. */
export const MODES = ['bff', 'browser', 'mediated'] as const

/**
 * Starts the provider, the protected API and the app: its pages, and the BFF in the same server. Everything is on
 * `localhost`, on ports of its own: one site, several origins.
 * @throws {Error} where `dist` is not built (`npm run build`)
 */
export const startDemo = async (options: DemoOptions = {}): Promise<Demo> => {
  const lifetimes = { ...DEMO_LIFETIMES, ...options.lifetimes }
  const running: { close(): Promise<unknown> }[] = []
  const close = async (): Promise<void> => {
    for (const server of running.splice(0).reverse()) await server.close()
  }

  try {
    // The BFF must know its origin before it is made, so the port comes first.
    let answer: RequestListener = (_request, response) => void response.writeHead(503).end()
    const app = await listenOnLoopback((request, response) => answer(request, response), options.port ?? 0)
    running.push(app)
    const url = `http://localhost:${app.port}`

    const idp = await startIdp({
      port: options.idpPort ?? 0,
      appOrigins: [url],
      postLogoutUris: [...POST_LOGOUT_PATHS, ...MODES.map((mode) => `/?mode=${mode}`)],
      backchannelLogout: true,
      checkSession: true,
      ...options.idp,
      ...(options.keys !== undefined && { keys: options.keys }),
      lifetimes: {
        accessToken: lifetimes.accessToken,
        refreshToken: lifetimes.refreshToken,
        session: lifetimes.idpSession,
      },
    })
    running.push(idp)

    const api = await startApi({
      issuer: idp.issuer,
      audience: DEMO_RESOURCE,
      port: options.apiPort ?? 0,
      origins: [url],
      tolerance: options.apiTolerance ?? 0,
    })
    running.push(api)

    const mediated = options.bff?.mediateTokens ?? true
    const bff = createBff({
      origin: url,
      idp: {
        issuer: idp.issuer,
        clientId: BFF_CLIENT_ID,
        clientSecret: BFF_CLIENT_SECRET,
        scope: 'openid profile email offline_access orders:read orders:write',
      },
      secrets: [options.secret ?? randomBytes(32).toString('base64url')],
      store: options.store ?? 'memory:',
      session: {
        idle: lifetimes.idle,
        absolute: lifetimes.absolute,
        idpLifetime: lifetimes.idpSession,
      },
      upstreams: { shop: { url: `${api.url}/`, token: 'user' } },
      mediateTokens: mediated,
      ...options.bff,
    })
    running.push(bff)

    const site = createSite({
      issuer: idp.issuer,
      api: api.url,
      audience: DEMO_RESOURCE,
      clientId: SPA_CLIENT_ID,
      mediated,
      lifetimes,
    })
    const routes = options.routes?.(bff) ?? ((_request, _response, next) => next())
    const before: Routes = options.before ?? ((_request, _response, next) => next())
    answer = (request, response) =>
      before(request, response, () =>
        bff.node(request, response, (error) => {
          if (error === undefined) return routes(request, response, () => site(request, response))
          response.writeHead(500, { 'content-type': 'text/plain' }).end('The BFF failed.\n')
        }),
      )

    return { url, idp, api, bff, close }
  } catch (error) {
    await close()
    throw error
  }
}
