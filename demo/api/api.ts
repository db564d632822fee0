import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWTPayload } from 'jose'
import { createVerifier } from './access-token.js'
import { ROUTES } from './routes.js'

export interface ApiOptions {
  /** Whose access tokens are accepted. */
  issuer: string
  /** Where its metadata is, when not under the issuer. */
  discoveryUrl?: string
  /** The identifier of this API, which tokens must name in `aud`. */
  audience: string
  /** 0, the default, takes a free port. */
  port?: number
  /** Host name to listen on. Default `localhost`. */
  host?: string
  /** Origins whose pages may call (CORS). */
  origins?: readonly string[]
  /** By how many seconds a token is taken for valid after its end: its times are whole seconds. Default 0. */
  tolerance?: number
}

/** One call the API received, preflights left out. Never holds the token. */
export interface ApiRequest {
  method: string
  /** Path and query. */
  url: string
  /** As received, `authorization` cut down to its scheme. */
  headers: Record<string, string>
  /** Claims of the token; null without a valid one. */
  claims: JWTPayload | null
  /** null until answered. */
  status: number | null
  /** ms since epoch. */
  at: number
}

export interface Api {
  /** Its origin, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Oldest first. */
  readonly requests: ApiRequest[]
  close(): Promise<void>
}

const CORS = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, traceparent, tracestate, x-request-id',
  'access-control-expose-headers': 'www-authenticate, x-request-id',
  'access-control-max-age': '600',
}

const note = (request: IncomingMessage): ApiRequest => {
  const { authorization, ...headers } = request.headers
  const kept = Object.entries(headers).map(([name, value]) => [name, String(value)])
  const scheme = authorization === undefined ? {} : { authorization: authorization.split(' ')[0] ?? '' }
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: { ...Object.fromEntries(kept), ...scheme },
    claims: null,
    status: null,
    at: Date.now(),
  }
}

/** Starts the demo's protected resource server; resolves when it answers. */
export const startApi = async (options: ApiOptions): Promise<Api> => {
  const verify = createVerifier(options.issuer, options.audience, options.tolerance, options.discoveryUrl)
  const origins = new Set(options.origins ?? [])
  const requests: ApiRequest[] = []

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { origin } = request.headers
    response.setHeader('vary', 'origin')
    if (origin !== undefined && origins.has(origin)) {
      response.setHeader('access-control-allow-origin', origin)
      for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value)
    }
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()

    const noted = note(request)
    requests.push(noted)
    response.once('finish', () => {
      noted.status = response.statusCode
    })
    const url = new URL(noted.url, 'http://api')
    const route = ROUTES.find(
      ([method, path]) =>
        method === noted.method &&
        (path.endsWith('/') ? url.pathname.startsWith(path) : url.pathname === path),
    )
    if (!route) return void response.writeHead(404).end()
    const verdict = await verify(request.headers.authorization)
    if ('challenge' in verdict) {
      const { status, header } = verdict.challenge
      return void response.writeHead(status, { 'www-authenticate': header }).end()
    }
    noted.claims = verdict.claims
    await route[2]({ request, response, url, claims: verdict.claims })
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else response.writeHead(503, { 'retry-after': '1' }).end()
    })
  })
  const host = options.host ?? 'localhost'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  const { port } = server.address() as AddressInfo

  return {
    url: `http://${host}:${port}`,
    port,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
