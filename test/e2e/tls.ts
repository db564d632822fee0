/** TLS for the tests: servers under names of several sites, and the way from one server to another. */
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request as ask, type RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, LookupFunction } from 'node:net'
import { Agent, type Dispatcher } from 'undici'

/** Names on two sites: what one of them sets is a third party's in the other's pages. */
export const HOSTS = { app: 'app.tandem.test', idp: 'login.idp.test' } as const

const file = (name: string): string =>
  readFileSync(new URL(`../support/tls/${name}`, import.meta.url), 'utf8')

/** For tests only: published with the source (test/support/tls/README.md). */
const identity = { cert: file('test-only.cert.pem'), key: file('test-only.key.pem') }

const publicKey = new X509Certificate(identity.cert).publicKey.export({ type: 'spki', format: 'der' })

/** Switches for Chromium: the names lead to this machine, and no other leads anywhere; the certificate is taken. */
export const TLS_SWITCHES: readonly string[] = [
  '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
  `--ignore-certificate-errors-spki-list=${createHash('sha256').update(publicKey).digest('base64')}`,
]

/** A server over TLS on a loopback address. */
export interface TlsServer {
  /** `https://{host}:{port}` */
  readonly origin: string
  /** Who answers from now on; until then the answer is 503. */
  serve(listener: RequestListener): void
  close(): Promise<void>
}

/** Listens, under a name of {@link HOSTS}, on a free port. */
export const listenTls = async (host: string): Promise<TlsServer> => {
  let answer: RequestListener = (_request, response) => void response.writeHead(503).end()
  const server = createServer(identity, (request, response) => answer(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    origin: `https://${host}:${(server.address() as AddressInfo).port}`,
    serve: (listener) => void (answer = listener),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Passes on to a server without TLS behind it, as TLS is ended in front of servers elsewhere. Where that does not answer, nobody does. */
export const inFrontOf =
  (port: number): RequestListener =>
  (request, response) => {
    const { method, url, headers } = request
    const onward = ask({ host: 'localhost', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.on('error', () => response.destroy()).pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  }

const onThisMachine: LookupFunction = (_host, { all }, found) => {
  if (all === true) found(null, [{ address: '127.0.0.1', family: 4 }])
  else found(null, '127.0.0.1', 4)
}

/** How servers reach each other: by `fetch` over TLS, the certificate checked against the name. */
export interface BackChannel {
  readonly fetch: typeof globalThis.fetch
  close(): Promise<void>
}

/** Opens a back channel. */
export const openBackChannel = (): BackChannel => {
  // Each call by a connection of its own: one that was kept may be closed by the server just as it is used again, and no provider
  // sends its logout token twice.
  const dispatcher = new Agent({ pipelining: 0, connect: { ca: identity.cert, lookup: onThisMachine } })
  return {
    fetch: (input, init) => {
      const onward: RequestInit & { dispatcher: Dispatcher } = { ...init, dispatcher }
      return fetch(input, onward)
    },
    close: () => dispatcher.destroy(),
  }
}
