/** Requests whose end somebody in front may have seen elsewhere, or that are for no host. */
import type { IncomingMessage, RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import type { Hearing } from './unreadable.js'

/**
 * The listener, without requests of HTTP/1.0 that come in chunks, which it does not know: their framing is faulty (RFC 9112 §6.1), and without those of
 * HTTP/1.1 that name no host (RFC 9112 §3.2). They get a 400, and nothing that comes behind one on its connection is taken for a request.
 */
export function wellFramed(listener: RequestListener & Hearing): RequestListener & Hearing {
  let faulty: WeakSet<Socket> | undefined
  const { unreadable } = listener
  const framed: RequestListener = (request, response) => {
    const fault = faultOf(request)
    if (fault === undefined && faulty?.has(request.socket) !== true) return listener(request, response)
    if (fault !== undefined) unreadable?.(400, fault)
    faulty ??= new WeakSet()
    faulty.add(request.socket)
    response.writeHead(400, { Connection: 'close' }).end()
  }
  return unreadable === undefined ? framed : Object.assign(framed, { unreadable })
}

function faultOf({ httpVersionMinor, headers }: IncomingMessage): string | undefined {
  if (httpVersionMinor !== 0) return headers.host === undefined ? 'NO_HOST' : undefined
  return headers['transfer-encoding'] === undefined ? undefined : 'CHUNKS_IN_HTTP_1_0'
}
