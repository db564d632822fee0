import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createBff } from 'tandem-session/bff'
import { startApi, type Api } from './api/index.js'
import { DEMO_RESOURCE, SPA_CLIENT_ID, type Idp } from './idp/index.js'
import { listenOnLoopback } from './listen.js'
import { createControl } from './mosaic-panel/control.js'
import type { Mosaic } from './mosaic/index.js'
import { DEMO_LIFETIMES, MOSAIC_LIFETIMES, type DemoOptions, type Routes } from './options.js'
import { startMosaicProvider, startOwnProvider } from './provider.js'
import { createSite } from './site.js'

export { DEMO_LIFETIMES, MOSAIC_LIFETIMES, type DemoLifetimes, type DemoOptions } from './options.js'
export { MODES } from './provider.js'

/** A running demo: every server of it in this process. */
export interface Demo {
  /** Address of the script-tag page, without a slash at the end: the app's origin. */
  readonly url: string
  /** The provider; with Mosaic, what is underneath. */
  readonly idp: Idp
  /** The emulator, where that is the provider. */
  readonly mosaic: Mosaic | null
  readonly api: Api
  readonly bff: ReturnType<typeof createBff>
  close(): Promise<void>
}

const pass: Routes = (_request, _response, next) => next()

/** `/mosaic` leads to the demo with Mosaic. */
const leadingTo =
  (start: DemoOptions['mosaicBeside']): Routes =>
  (request, response, next) => {
    if (!start || request.url !== '/mosaic' || request.method !== 'GET') return next()
    start().then(
      (location) => void response.writeHead(303, { location, 'cache-control': 'no-store' }).end(),
      (error: unknown) =>
        void response
          .writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
          .end(`${error instanceof Error ? error.message : String(error)}\n`),
    )
  }

/**
 * Starts the provider, the protected API and the app: its pages, and the BFF in the same server. Everything is on
 * `localhost`, on ports of its own: one site, several origins. With Mosaic it is `127.0.0.1`, for a host's cookies are shared by all
 * its ports, and the two demos may run side by side.
 * @throws {Error} where `dist` is not built (`npm run build`)
 */
export const startDemo = async (options: DemoOptions = {}): Promise<Demo> => {
  const withMosaic = options.mosaic ?? false
  const host = withMosaic ? '127.0.0.1' : 'localhost'
  const lifetimes = { ...(withMosaic ? MOSAIC_LIFETIMES : DEMO_LIFETIMES), ...options.lifetimes }
  const running: { close(): Promise<unknown> }[] = []
  const close = async (): Promise<void> => {
    for (const server of running.splice(0).reverse()) await server.close()
  }

  try {
    // The BFF must know its origin before it is made, so the port comes first.
    let answer: RequestListener = (_request, response) => void response.writeHead(503).end()
    const app = await listenOnLoopback((request, response) => answer(request, response), options.port ?? 0)
    running.push(app)
    const url = `http://${host}:${app.port}`

    const provider = withMosaic
      ? await startMosaicProvider(options, url, lifetimes, host)
      : await startOwnProvider(options, url, lifetimes)
    running.push(provider)
    const { idp, mosaic } = provider

    const api = await startApi({
      issuer: provider.issuer,
      discoveryUrl: provider.discoveryUrl,
      audience: DEMO_RESOURCE,
      port: options.apiPort ?? 0,
      host,
      origins: [url],
      tolerance: options.apiTolerance ?? 0,
    })
    running.push(api)

    const mediated = options.bff?.mediateTokens ?? true
    const bff = createBff({
      origin: url,
      idp: provider.bff.idp,
      secrets: [options.secret ?? randomBytes(32).toString('base64url')],
      store: options.store ?? 'memory:',
      session: { idle: lifetimes.idle, absolute: lifetimes.absolute, ...provider.bff.session },
      upstreams: { shop: { url: `${api.url}/`, token: 'user' } },
      mediateTokens: mediated,
      ...options.bff,
    })
    running.push(bff)

    const site = createSite({
      issuer: provider.issuer,
      ...(mosaic && { provider: provider.origin, mosaic: true }),
      ...(options.mosaicBeside && { mosaicBeside: true }),
      api: api.url,
      audience: DEMO_RESOURCE,
      clientId: SPA_CLIENT_ID,
      mediated,
      lifetimes,
    })
    const control = mosaic
      ? createControl(mosaic, url, (sub) => bff.sessions.end({ sub }))
      : leadingTo(options.mosaicBeside)
    const routes = options.routes?.(bff) ?? pass
    const before = options.before ?? pass
    answer = (request, response) => {
      // Node's own has the time of the machine, whatever the clock of the process was moved.
      if (mosaic) response.setHeader('date', new Date().toUTCString())
      before(request, response, () =>
        bff.node(request, response, (error) => {
          if (error === undefined)
            return control(request, response, () => routes(request, response, () => site(request, response)))
          response.writeHead(500, { 'content-type': 'text/plain' }).end('The BFF failed.\n')
        }),
      )
    }

    return { url, idp, mosaic, api, bff, close }
  } catch (error) {
    await close()
    throw error
  }
}
