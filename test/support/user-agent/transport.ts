import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'

/** What answers for an origin, in process: `bff.fetch`, or a few lines of a test. */
export type Handler = (request: Request) => Response | Promise<Response>

/** One HTTP exchange, redirects not followed. */
export type Transport = (request: Request) => Promise<Response>

const overNetwork: Transport = async (request) => {
  const url = new URL(request.url)
  const body = request.body ? Buffer.from(await request.arrayBuffer()) : null
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = Object.fromEntries(request.headers)
    if (body) headers['content-length'] = String(body.length)
    const outgoing = httpRequest(url, { method: request.method, headers, agent: false }, (incoming) => {
      const received = new Headers()
      for (let i = 0; i < incoming.rawHeaders.length; i += 2)
        received.append(incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '')
      const status = incoming.statusCode ?? 0
      const empty = request.method === 'HEAD' || status === 204 || status === 304
      if (empty) incoming.resume()
      const stream = empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>)
      resolve(new Response(stream, { status, headers: received }))
    })
    const abort = () => outgoing.destroy(request.signal.reason)
    request.signal.addEventListener('abort', abort, { once: true })
    outgoing.once('error', (error) => reject(new TypeError('Failed to fetch', { cause: error })))
    outgoing.end(body ?? undefined)
  })
}

const blank: Handler = () =>
  new Response('<!doctype html><title>page</title>', { headers: { 'content-type': 'text/html' } })

/**
 * Origins with a handler are answered by it; other `http:` origins over the network; the rest, which exist
 * nowhere, by an empty page.
 */
export const createTransport =
  (handlers: ReadonlyMap<string, Handler>): Transport =>
  async (request) => {
    const { origin, protocol } = new URL(request.url)
    const handler = handlers.get(origin)
    if (handler) return handler(request)
    return protocol === 'http:' ? overNetwork(request) : blank(request)
  }
