/** Browsers before a BFF on a real socket, with a proxy of any kind between them. */
import { readFileSync } from 'node:fs'
import { request as send } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { serve } from '../../src/bff/node/serve.js'
import type { BffOptions } from '../../src/bff/options.js'
import { cookieNames } from '../../src/protocol.js'
import { ORIGIN, startOddBench } from './bench.js'
import type { BffBench, Browser } from './bench.js'

/** How a browser's requests reach the BFF. */
export interface Route {
  /** The proxy's own address, any of 127.0.0.0/8. */
  readonly proxy?: string
  /** What the proxy adds to each request. */
  readonly headers?: Record<string, string>
}

/** A BFF over node:http. */
export interface Wired extends BffBench {
  readonly url: string
  /** A browser whose requests come in by this route; it can be changed under way. */
  at(route: Route, headers?: Record<string, string>): Browser & { route: Route }
}

/** Starts a BFF behind proxies. */
export async function wired(changes: Partial<BffOptions>): Promise<Wired> {
  const bench = await startOddBench({}, { bff: (base) => ({ ...base, ...changes }) })
  const server = await serve(bench.bff, { port: 0 })
  onTestFinished(() => server.close(0))
  const { url } = server
  return {
    ...bench,
    url,
    at(route, headers = {}) {
      const browser = Object.assign(bench.newBrowser(headers), { route })
      browser.agent.handle(ORIGIN, (request) =>
        new URL(request.url).pathname.startsWith('/bff')
          ? over(url, request, browser.route)
          : new Response('the app'),
      )
      return browser
    },
  }
}

/** Sends a request on as a proxy does that ends TLS. */
export async function over(url: string, request: Request, { proxy = '127.0.0.1', headers = {} }: Route) {
  const { pathname, search, host } = new URL(request.url)
  const body = Buffer.from(await request.arrayBuffer())
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    send(
      url + pathname + search,
      {
        method: request.method,
        agent: false,
        localAddress: proxy,
        headers: { ...Object.fromEntries(request.headers), host, 'x-forwarded-proto': 'https', ...headers },
      },
      resolve,
    )
      .on('error', reject)
      .end(body)
  })
  const received = new Headers()
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2)
    received.append(answer.rawHeaders[i] ?? '', answer.rawHeaders[i + 1] ?? '')
  const status = answer.statusCode ?? 0
  const isBodiless = [204, 304].includes(status) || request.method === 'HEAD'
  const content = isBodiless ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>)
  return new Response(content, { status, headers: received })
}

/** Gives the session cookie of one browser to another. */
export const steal = (from: Browser, to: Browser): void => {
  to.agent.cookies.set(
    new URL(ORIGIN),
    `${cookieNames.session}=${from.cookie('session')}; Path=/; Secure; HttpOnly; SameSite=Strict`,
  )
}

/** A certificate. */
export const certificatePem = (): string =>
  readFileSync(new URL('../support/tls/test-only.cert.pem', import.meta.url), 'utf8')
