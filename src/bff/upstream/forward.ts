/** The proxy as `createBff` uses it: an admitted call in, the upstream's answer out. */
import { finishOwn } from '../answers.js'
import { problem } from '../problems.js'
import { overBound } from './bound.js'
import type { ResolvedUpstream, UpstreamCall } from './call.js'
import { refusalOf, UpstreamFault } from './fault.js'
import type { Refusal } from './fault.js'
import { mountOf } from './path.js'
import { prepare } from './prepare.js'
import type { UpstreamRequest } from './prepare.js'
import type { UpstreamFailed } from './trouble.js'

/** Sends a prepared request; rejects with an {@link UpstreamFault}. */
export type Transport = (
  request: UpstreamRequest,
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
) => Promise<Response>

/**
 * Sends an admitted call to its upstream over `transport` and streams the answer back. Never rejects: what goes wrong
 * before the answer is a problem (400, 405, 413, 502 `upstream_failed`, 504 `upstream_timeout`); what goes wrong later
 * breaks its body. `failed` is told of either.
 */
export async function forwardOver(
  transport: Transport,
  call: UpstreamCall,
  failed: UpstreamFailed = () => null,
): Promise<Response> {
  const { request } = call
  const { origin, pathname, search } = new URL(request.url)
  const prepared = prepare(call, {
    method: request.method,
    headers: [...request.headers].flat(),
    mount: mountOf(pathname + search, call.path),
    origin: call.origin ?? origin,
  })
  if ('code' in prepared) return refused(prepared, call.requestId)
  try {
    const send = call.bound === undefined ? transport : overBound(call.bound, transport)
    const broke = (fault: UpstreamFault): void => void failed(fault, call, true)
    return await send({ ...prepared, broke }, request.body, request.signal)
  } catch (error) {
    const fault =
      error instanceof UpstreamFault ? error : new UpstreamFault('upstream_failed', { cause: error })
    failed(fault, call, false)
    return refused(refusalOf(fault, call.upstream.name), call.requestId)
  }
}

/** {@link forwardOver} undici on Node, the runtime's `fetch` elsewhere. */
export async function forward(call: UpstreamCall, failed: UpstreamFailed = () => null): Promise<Response> {
  return forwardOver(await transport(), call, failed)
}

/** Closes the connections to `upstreams`, where the transport keeps any. */
export async function disconnect(upstreams: Iterable<ResolvedUpstream>): Promise<void> {
  if (onNode) await (await import('./transport-undici.js')).closeConnections(upstreams)
}

const onNode =
  typeof process === 'object' &&
  process.release?.name === 'node' &&
  !('Deno' in globalThis) &&
  !('Bun' in globalThis)

let chosen: Promise<Transport> | undefined
const transport = (): Promise<Transport> =>
  (chosen ??= onNode
    ? import('./respond.js').then(({ respond }) => respond)
    : import('./transport-fetch.js').then(({ fetchUpstream }) => fetchUpstream))

/** A refusal as the problem document the browser gets. */
export function refused({ status, code, detail, headers = {} }: Refusal, requestId: string): Response {
  return finishOwn(problem(code, { status, detail, headers }), requestId)
}
