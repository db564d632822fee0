/**
 * The proxy's transport where there is no Node: the runtime's `fetch`. Streams both ways and follows no redirect. It asks
 * for content that is not compressed, since `fetch` would decompress it.
 */
import { coded, STATUS_NOT_PROXIED, UpstreamFault } from './fault.js'
import type { UpstreamRequest } from './prepare.js'

/** Statuses of answers that have no body (Fetch §2.2.3). */
export const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** Names and values in turn as `Headers`. */
export function toHeaders(flat: readonly string[]): Headers {
  const headers = new Headers()
  for (let i = 0; i + 1 < flat.length; i += 2) headers.append(flat[i] ?? '', flat[i + 1] ?? '')
  return headers
}

/**
 * The upstream's answer, its headers made fit for the browser. `signal` is the client's: when it goes, so does the call.
 * Rejects with an {@link UpstreamFault}.
 */
export async function fetchUpstream(
  request: UpstreamRequest,
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Promise<Response> {
  const { upstream } = request
  // No `fetch` says where a name led.
  if (upstream.networks !== undefined)
    throw new UpstreamFault('upstream_failed', { cause: coded('NETWORKS_NEED_NODE') })
  const patience = new AbortController()
  const lost = (): void => patience.abort(new UpstreamFault('aborted'))
  const watch = (): ReturnType<typeof setTimeout> =>
    setTimeout(() => patience.abort(new UpstreamFault('upstream_timeout')), upstream.timeout * 1000)
  if (signal.aborted) lost()
  signal.addEventListener('abort', lost, { once: true })
  const headers = toHeaders(request.headers)
  headers.set('accept-encoding', 'identity')

  const over = (): void => signal.removeEventListener('abort', lost)

  const timer = watch()
  let answer: Response
  try {
    answer = await fetch(new URL(request.target, upstream.url), {
      method: request.method,
      headers,
      redirect: 'manual',
      signal: patience.signal,
      ...(body !== null && { body: limited(body, upstream.maxBody, patience), duplex: 'half' }),
    })
  } catch (error) {
    over()
    throw faultOf(error, patience.signal)
  } finally {
    clearTimeout(timer)
  }
  if (answer.status < 200 || answer.status > 599 || answer.status === 407) {
    over()
    await answer.body?.cancel()
    throw new UpstreamFault('upstream_failed', { cause: coded(STATUS_NOT_PROXIED) })
  }
  const upstreamHeaders = Object.fromEntries(answer.headers)
  if (upstreamHeaders['content-encoding'] !== undefined) {
    delete upstreamHeaders['content-encoding']
    delete upstreamHeaders['content-length']
  }
  const stream =
    answer.body === null || bodiless.has(answer.status)
      ? null
      : paced(answer.body, patience, watch, over, request.broke)
  if (stream === null) over()
  return new Response(stream, {
    status: answer.status,
    headers: toHeaders(request.answered(answer.status, upstreamHeaders)),
  })
}

/** The body as it comes, and a fault once it is longer than `max` bytes. */
function limited(
  body: ReadableStream<Uint8Array>,
  max: number | undefined,
  patience: AbortController,
): ReadableStream<Uint8Array> {
  if (max === undefined) return body
  let length = 0
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        length += chunk.byteLength
        if (length <= max) return controller.enqueue(chunk)
        const fault = new UpstreamFault('payload_too_large')
        patience.abort(fault)
        controller.error(fault)
      },
    }),
  )
}

/** The answer's body, each piece waited for as long as `watch` allows; given up when nobody reads it any more. */
function paced(
  body: ReadableStream<Uint8Array>,
  patience: AbortController,
  watch: () => ReturnType<typeof setTimeout>,
  over: () => void,
  broke: ((fault: UpstreamFault) => void) | undefined,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const timer = watch()
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          over()
          controller.close()
        } catch (error) {
          over()
          const fault = faultOf(error, patience.signal)
          broke?.(fault)
          controller.error(fault)
        } finally {
          clearTimeout(timer)
        }
      },
      async cancel(reason) {
        over()
        patience.abort(new UpstreamFault('aborted'))
        await reader.cancel(reason).catch(() => {})
      },
    },
    { highWaterMark: 0 },
  )
}

function faultOf(error: unknown, signal: AbortSignal): UpstreamFault {
  if (signal.aborted && signal.reason instanceof UpstreamFault) return signal.reason
  return error instanceof UpstreamFault ? error : new UpstreamFault('upstream_failed', { cause: error })
}
