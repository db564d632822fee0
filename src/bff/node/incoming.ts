/** A request of node:http in the shapes the BFF works with. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHead } from '../request.js'
import { toHeaders } from '../upstream/transport-fetch.js'
import type { IncomingBody } from './body.js'
import type { Peer } from './core.js'

/** The path and query as the client sent them, whatever a router has cut off since (Express: `originalUrl`). */
export function targetOf(request: IncomingMessage): string {
  const { originalUrl } = request as { originalUrl?: unknown }
  return typeof originalUrl === 'string' ? originalUrl : (request.url ?? '/')
}

/** The head of the request. Its `url` is neither decoded nor normalised. */
export function headOf(request: IncomingMessage): RequestHead {
  const scheme = 'encrypted' in request.socket && request.socket.encrypted === true ? 'https' : 'http'
  return {
    method: request.method ?? 'GET',
    url: `${scheme}://${request.headers.host ?? ''}${targetOf(request)}`,
    headers: {
      get(name) {
        const value = request.headers[name.toLowerCase()]
        return typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : null
      },
    },
  }
}

/**
 * Why the head cannot be dealt with, or `null` where it can: a target that is not a path (RFC 9112 §3.2.2 to §3.2.4), or
 * not exactly one host.
 */
export function headFault(request: IncomingMessage, { url }: RequestHead = headOf(request)): string | null {
  const target = targetOf(request)
  if (!target.startsWith('/') || target.includes('#')) return 'The request target is not a path.'
  if (hostsIn(request) !== 1) return 'There is not exactly one Host header.'
  // Whatever path follows, it is the beginning that can be parsed, or not.
  const start = url.slice(0, url.length - target.length)
  if (start !== parsed && (/[@\\]/.test(start) || !URL.canParse(url))) return 'The address is malformed.'
  parsed = start
  return null
}

/** How many hosts a request names. */
export function hostsIn({ rawHeaders }: IncomingMessage): number {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.length === 4 && rawHeaders[i]?.toLowerCase() === 'host') hosts++
  return hosts
}

/** Scheme and host that were parsed last: most often those of the next request. */
let parsed: string | undefined

/**
 * Whether a URL parser makes another path of the request's: by dot segments, backslashes, or characters it encodes. Whoever stands in front of
 * the BFF has seen the one that was sent.
 */
export function isRewritten(request: IncomingMessage): boolean {
  const { url } = headOf(request)
  return new URL(url).pathname !== (targetOf(request).split('?', 1)[0] ?? '')
}

/** Who is at the other end. */
export const peerOf = (request: IncomingMessage): Peer => ({
  clientAddress: request.socket.remoteAddress ?? null,
})

/** The request as a `Request`; its signal aborts when the client goes before `response` is complete. */
export function toRequest(request: IncomingMessage, response: ServerResponse, body: IncomingBody): Request {
  const { method, url } = headOf(request)
  const client = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) client.abort()
  })
  const { source } = body
  const bodiless = source === null || method === 'GET' || method === 'HEAD'
  return new Request(url, {
    method,
    headers: toHeaders(body.headers),
    signal: client.signal,
    ...(!bodiless && {
      body: source instanceof Uint8Array ? new Uint8Array(source) : streamOf(source, request),
      duplex: 'half',
    }),
  })
}

function streamOf(source: AsyncIterable<Uint8Array>, request: IncomingMessage): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await iterator.return?.()
        // The client must get rid of the rest, or its next request on this connection would wait for ever.
        request.resume()
      },
    },
    { highWaterMark: 0 },
  )
}
