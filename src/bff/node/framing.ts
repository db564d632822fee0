/** Requests whose end somebody in front may have seen elsewhere. */
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The listener, without requests of HTTP/1.0 that come in chunks, which it does not know: their framing is faulty (RFC 9112 §6.1). They get a 400, and
 * nothing that comes behind one on its connection is taken for a request.
 */
export function wellFramed(listener: RequestListener): RequestListener {
  let faulty: WeakSet<Socket> | undefined
  return (request, response) => {
    const isFaulty = request.httpVersionMinor === 0 && request.headers['transfer-encoding'] !== undefined
    if (!isFaulty && faulty?.has(request.socket) !== true) return listener(request, response)
    faulty ??= new WeakSet()
    faulty.add(request.socket)
    response.writeHead(400, { Connection: 'close' }).end()
  }
}
