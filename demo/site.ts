import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** What the pages are told about the servers around them, as `/config.js`. */
export interface PageConfig {
  /** Issuer of the provider. */
  issuer: string
  /** Origin at which the provider answers, where that is not its issuer's. */
  provider?: string
  /** Whether the provider is Mosaic's emulator: the page has its panel, and holds no tokens itself. */
  mosaic?: boolean
  /** Whether `/mosaic` leads to the demo with Mosaic. */
  mosaicBeside?: boolean
  /** Origin of the protected API. */
  api: string
  /** Identifier of that API (RFC 8707). */
  audience: string
  /** Client identifier of pages that hold tokens themselves. */
  clientId: string
  /** Whether the BFF hands out access tokens (`?mode=mediated`). */
  mediated: boolean
  lifetimes: Readonly<Record<string, number>>
}

/** What `/config.js` says: that, and the servers' time. */
export interface ServedConfig extends PageConfig {
  /** ms since epoch */
  now: number
}

/**
 * Strict enough for an app that holds tokens: no inline script, no inline style, nothing from elsewhere. The page may
 * talk to the provider and the API, for `browserClient` needs both.
 */
const policy = ({ issuer, provider = new URL(issuer).origin, api }: PageConfig): string =>
  [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self' data:`,
    `connect-src 'self' ${provider} ${api}`,
    `frame-src 'self' ${provider}`,
    `form-action 'self'`,
    `base-uri 'none'`,
    `frame-ancestors 'self'`,
  ].join('; ')

const SCRIPT_TAG_BUILD = /^\/tandem\.(?:global|oidc)(?:\.min)?\.js(?:\.map)?$/

/**
 * Serves the pages: the script-tag page at `/`, the React page below `/react/`, the Vue page below `/vue/`, each with
 * its own `index.html` for the addresses of its router, and the script-tag build out of `dist`.
 * @throws {Error} where something has not been built, saying how
 */
export const createSite = (config: PageConfig): RequestListener => {
  const build = folder('../dist')
  if (!existsSync(`${build}/tandem.global.js`))
    throw new Error('dist/ is not built: run `npm run build` first.')
  const headers = (response: ServerResponse): void => {
    response.setHeader('content-security-policy', policy(config))
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('cache-control', 'no-cache')
  }
  const serve = (path: string) => sirv(path, { dev: true, etag: true, setHeaders: headers })
  const pages = serve(folder('./public'))
  const built = serve(folder('../.demo/pages'))
  const scripts = serve(build)
  const script = (): string => {
    const served: ServedConfig = { ...config, now: Date.now() }
    return `globalThis.DEMO = ${JSON.stringify(served).replaceAll('<', '\\u003c')}\n`
  }

  const missing = (response: ServerResponse) => (): void => {
    headers(response)
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Nothing is here.\n')
  }
  const orIndex =
    (index: string, server: ReturnType<typeof sirv>, request: IncomingMessage, response: ServerResponse) =>
    (): void => {
      if (!request.headers.accept?.includes('text/html')) return missing(response)()
      request.url = index
      server(request, response, missing(response))
    }

  return (request, response) => {
    const pathname = (request.url ?? '/').split('?', 1)[0] ?? '/'
    // One that no file has would end the process: sirv reads it as it comes.
    delete request.headers.range
    if (request.method !== 'GET' && request.method !== 'HEAD') return missing(response)()
    if (pathname === '/config.js') {
      headers(response)
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(script())
    } else if (SCRIPT_TAG_BUILD.test(pathname)) {
      scripts(request, response, missing(response))
    } else if (pathname === '/react' || pathname === '/vue') {
      response.writeHead(308, { location: `${pathname}/` }).end()
    } else if (pathname.startsWith('/assets/')) {
      built(request, response, missing(response))
    } else if (pathname.startsWith('/react/') || pathname.startsWith('/vue/')) {
      const index = `/${pathname.split('/')[1]}/index.html`
      built(request, response, orIndex(index, built, request, response))
    } else {
      pages(request, response, orIndex('/index.html', pages, request, response))
    }
  }
}
