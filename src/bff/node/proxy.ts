/** The short way of a proxied call: from the client's socket to the upstream's and back, without `Request` and `Response`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { withoutCookies } from '../caching.js'
import { exchangeBound } from '../upstream/exchange-bound.js'
import { refusalOf } from '../upstream/fault.js'
import type { Refusal } from '../upstream/fault.js'
import { refused } from '../upstream/forward.js'
import { mountOf } from '../upstream/path.js'
import { atMost, prepare } from '../upstream/prepare.js'
import { exchange } from '../upstream/transport-undici.js'
import type { IncomingBody } from './body.js'
import type { Admission, NodeCore } from './core.js'
import { targetOf } from './incoming.js'
import { noteTrouble } from './notes.js'
import { send, writeHead } from './outgoing.js'

/** Sends the admitted call on and its answer back, with its cookies, whoever gives it. */
export function proxy(
  { origin, upstreamFailed }: Pick<NodeCore, 'origin' | 'upstreamFailed'>,
  { call, cookies }: Exclude<Admission, Response>,
  body: IncomingBody,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  // The client may have gone while it was let in.
  if (response.destroyed) return
  const refuse = (refusal: Refusal): void => {
    const answer = refused(refusal, call.requestId)
    for (const cookie of cookies) answer.headers.append('Set-Cookie', cookie)
    // The rest of a body nobody reads would be taken for the next request.
    if (!request.complete) answer.headers.set('Connection', 'close')
    void send(answer, response)
  }

  const prepared = prepare(call, {
    method: request.method ?? 'GET',
    headers: body.headers,
    mount: mountOf(targetOf(request), call.path),
    origin,
  })
  if ('code' in prepared) return refuse(prepared)

  let flushed = false
  const { maxBody } = call.upstream
  const { source } = body
  const transport = call.bound === undefined ? exchange : exchangeBound(call.bound)
  const flow = transport(
    prepared,
    source === null || source instanceof Uint8Array || maxBody === undefined
      ? source
      : atMost(source, maxBody),
    {
      head(status, headers) {
        if (cookies.length > 0) addCookies(headers, cookies)
        writeHead(response, status, headers, call.requestId)
        // The head travels with the first piece, but does not wait for one that is late.
        queueMicrotask(() => {
          if (!flushed && !response.writableEnded) response.flushHeaders()
        })
      },
      data(chunk) {
        flushed = true
        if (response.write(chunk)) return
        flow.pause()
        response.once('drain', flow.resume)
      },
      end() {
        response.end()
        // An upstream may answer before it has read everything: the client must get rid of the rest, whoever still waits for a piece of it.
        if (!request.complete) request.removeAllListeners('readable').resume()
      },
      fail(fault) {
        const trouble = upstreamFailed(fault, call, response.headersSent)
        if (trouble !== null) noteTrouble(response, trouble)
        if (response.headersSent || fault.code === 'aborted') response.destroy()
        else refuse(refusalOf(fault, call.upstream.name))
      },
    },
  )
  response.once('close', () => {
    if (!response.writableFinished) flow.abort()
  })
}

/** Adds cookies to the headers of an answer, which caches then keep without them. */
function addCookies(headers: string[], cookies: readonly string[]): void {
  const kept = headers.indexOf('cache-control') + 1
  if (kept > 0) headers[kept] = withoutCookies(headers[kept] ?? '')
  for (const cookie of cookies) headers.push('set-cookie', cookie)
}
