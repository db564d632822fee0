/** Applies every rule of the proxy to a call, before a byte goes anywhere. Pure. */
import type { AdmittedCall, ResolvedUpstream } from './call.js'
import { tooLarge, UpstreamFault } from './fault.js'
import type { Refusal } from './fault.js'
import { publicLocation, upstreamTarget } from './path.js'
import { isServiceWorkerScript, requestHeaders } from './request-headers.js'
import { responseHeaders } from './response-headers.js'
import type { UpstreamHeaders } from './response-headers.js'

/** The head of the request an admitted call came in. */
export interface IncomingHead {
  readonly method: string
  /** Names and values in turn, as `rawHeaders` of node:http. */
  readonly headers: readonly string[]
  /** The path that stands for the upstream's address at the BFF, e.g. `/bff/api/orders/`. */
  readonly mount: string
  readonly origin: string
}

/** A request as it leaves for an upstream. */
export interface UpstreamRequest {
  readonly upstream: ResolvedUpstream
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Names and values in turn. */
  readonly headers: string[]
  /** It is not sent a second time as it is. */
  readonly once?: true
  /** Is told where an answer that has begun breaks off, by transports that give it as a `Response`. */
  readonly broke?: (fault: UpstreamFault) => void
  /** The headers of its answer for the browser, names and values in turn. */
  readonly answered: (status: number, headers: UpstreamHeaders) => string[]
}

/** A tunnel, what reflects credentials (RFC 9110 §9.3.6, §9.3.8), and what nobody may ask about an app's own origin. */
export const neverProxied: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK', 'OPTIONS'])

/** The request for the upstream, or the answer of the BFF where a rule refuses the call. */
export function prepare(call: AdmittedCall, head: IncomingHead): UpstreamRequest | Refusal {
  const { upstream } = call
  const { method, origin, mount } = head
  if (neverProxied.has(method) || upstream.methods?.includes(method) === false) {
    const Allow = (upstream.methods ?? ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).join(', ')
    const detail = `The upstream "${upstream.name}" does not take this method, but: ${Allow}.`
    return { status: 405, code: 'invalid_request', detail, headers: { Allow } }
  }
  if (isServiceWorkerScript(head.headers))
    return {
      status: 400,
      code: 'invalid_request',
      detail: 'A service worker cannot be loaded from an upstream. Serve its script as a file of the app.',
    }
  const path = upstreamTarget(upstream.url, call.path)
  if ('refused' in path)
    return { status: 400, code: 'invalid_request', detail: `The path was refused: ${path.refused}.` }
  if (upstream.maxBody !== undefined && contentLength(head.headers) > upstream.maxBody)
    return tooLarge(upstream.name)

  const { target } = path
  const locate = (location: string): string | null =>
    publicLocation(location, {
      requested: new URL(target, upstream.url),
      base: upstream.url,
      mount,
      origin,
    })
  return {
    upstream,
    method,
    target,
    headers: requestHeaders(head.headers, call, origin),
    answered: (status, headers) => responseHeaders(headers, { status, requestId: call.requestId, locate }),
  }
}

/** The announced length of a body, bytes; 0 where none is announced. */
function contentLength(headers: readonly string[]): number {
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i]?.toLowerCase() === 'content-length') return Number(headers[i + 1])
  return 0
}

/** A body that fails with `payload_too_large` once it is longer than `max` bytes. */
export async function* atMost(body: AsyncIterable<Uint8Array>, max: number): AsyncGenerator<Uint8Array> {
  let length = 0
  for await (const chunk of body) {
    length += chunk.byteLength
    if (length > max) throw new UpstreamFault('payload_too_large')
    yield chunk
  }
}
