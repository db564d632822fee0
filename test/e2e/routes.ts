/** What the app's origin serves for tests alone, beside the demo: a bare session client, and a page rendered behind the session. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Bff } from 'tandem-session/bff'
import type { Routes } from '../../demo/options.js'

const file = (name: string): Promise<string> => readFile(new URL(`pages/${name}`, import.meta.url), 'utf8')

/**
 * `/spa/…`: the bare session client. `/account`: a page only for users who are signed in, rendered on the server. `/never`: no
 * answer.
 */
export const testRoutes = (bff: Bff): Routes => {
  const signedIn = bff.node.protect()
  return (request, response, next) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const send = (type: string, text: string | Promise<string>): void => {
      Promise.resolve(text).then(
        (body) => response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(body),
        (error: unknown) => response.writeHead(500).end(String(error)),
      )
    }
    if (pathname === '/account') {
      signedIn(request, response, () => {
        const { sub } = (request as { tandem?: { session: { user: { sub: string } } } }).tandem?.session
          .user ?? { sub: 'nobody' }
        send('text/html', `<!doctype html><title>Account</title><h1>The account of ${sub}</h1>`)
      })
    } else if (pathname === '/never') return
    else if (pathname.startsWith('/spa/')) send('text/html', file('client.html'))
    else if (pathname === '/client.js') send('text/javascript', file('client.js'))
    else next()
  }
}

/** A page of another site, with a link to `target`; on host `localhost` it is another origin of the same site. */
export const startOtherSite = async (
  target: string,
  host: '127.0.0.1' | 'localhost' = '127.0.0.1',
): Promise<{ url: string; close(): Promise<void> }> => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<!doctype html><title>Another site</title><a href="${target}">To the app</a>`)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
