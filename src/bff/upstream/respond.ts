/** An upstream's answer over undici as a `Response`, for callers that came with a `Request`. */
import { atMost } from './prepare.js'
import type { UpstreamRequest } from './prepare.js'
import { bodiless, toHeaders } from './transport-fetch.js'
import { exchange } from './transport-undici.js'

/** How much of an answer waits for its reader before the upstream is asked to wait, bytes. */
const HIGH_WATER_MARK = 64 * 1024

/**
 * The upstream's answer, its headers made fit for the browser. `signal` is the client's: when it goes, so does the call.
 * Rejects with an `UpstreamFault`; one that comes later breaks the answer's body.
 */
export function respond(
  request: UpstreamRequest,
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    let hasBegun = false
    let output: ReadableStreamDefaultController<Uint8Array> | undefined
    const lost = (): void => flow.abort()
    const over = (): void => signal.removeEventListener('abort', lost)

    const flow = exchange(request, sent(body, request.upstream.maxBody), {
      head(status, headers) {
        hasBegun = true
        const stream =
          request.method === 'HEAD' || bodiless.has(status)
            ? null
            : new ReadableStream<Uint8Array>(
                {
                  start: (controller) => void (output = controller),
                  pull: () => flow.resume(),
                  cancel: () => flow.abort(),
                },
                new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_MARK }),
              )
        resolve(new Response(stream, { status, headers: toHeaders(headers) }))
      },
      data(chunk) {
        output?.enqueue(chunk)
        if ((output?.desiredSize ?? 1) <= 0) flow.pause()
      },
      end() {
        over()
        output?.close()
      },
      fail(fault) {
        over()
        if (hasBegun) request.broke?.(fault)
        output?.error(fault)
        reject(fault)
      },
    })
    if (signal.aborted) lost()
    else signal.addEventListener('abort', lost, { once: true })
  })
}

const sent = (
  body: ReadableStream<Uint8Array> | null,
  max: number | undefined,
): AsyncIterable<Uint8Array> | null => (body === null || max === undefined ? body : atMost(body, max))
