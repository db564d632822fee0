/**
 * Calls with an access token that is bound to a key (RFC 9449 §7): each try has a proof of its own, and an upstream that wants a nonce in it is asked
 * once more, where the body is still there to be sent again.
 */
import type { BoundCall } from '../dpop/proofs.js'
import { isBroken, UpstreamFault } from './fault.js'
import type { Transport } from './forward.js'
import type { UpstreamRequest } from './prepare.js'
import { repeatable } from './repeatable.js'
import type { RepeatableBody } from './repeatable.js'
import type { UpstreamHeaders } from './response-headers.js'

/** One try of a call. */
export interface Try {
  readonly request: UpstreamRequest
  /** Whether its answer wants another nonce. */
  wantsNonce: boolean
}

/** One try: the request with its proof. */
export function tryOf(bound: BoundCall, request: UpstreamRequest, proof: readonly string[]): Try {
  const one: Try = {
    wantsNonce: false,
    request: {
      ...request,
      once: true,
      headers: [...request.headers, ...proof],
      answered(status, headers) {
        one.wantsNonce = bound.heard(status, first(headers['dpop-nonce']), all(headers['www-authenticate']))
        return request.answered(status, headers)
      },
    },
  }
  return one
}

type Value = UpstreamHeaders[string]
// A nonce given twice is none.
const first = (value: Value): string | null => (typeof value === 'string' ? value : null)
const all = (value: Value): string | null => (typeof value === 'object' ? value.join(', ') : (value ?? null))

/** Whether a call without an answer may be sent again: an idle connection may be closed in the moment it is used. */
export const onlyReads = ({ method }: UpstreamRequest, body: unknown): boolean =>
  (method === 'GET' || method === 'HEAD') && body === null

/** A transport for calls with a bound token. */
export const overBound =
  (bound: BoundCall, transport: Transport): Transport =>
  async (request, body, signal) => {
    const kept = body === null ? null : repeatable(chunksOf(body))
    let mayRenew = true
    let mayRedo = onlyReads(request, body)
    try {
      for (let proof = bound.headers; ; proof = await bound.again()) {
        const one = tryOf(bound, request, proof)
        try {
          const answer = await transport(one.request, kept && streamOf(kept), signal)
          if (!one.wantsNonce || !mayRenew) {
            kept?.settle()
            return answer
          }
          mayRenew = false
          await answer.body?.cancel().catch(() => {})
          if (kept?.isWhole === false) throw new UpstreamFault('nonce_required')
        } catch (error) {
          if (!mayRedo || !isBroken(error)) throw error
          mayRedo = false
        }
      }
    } catch (error) {
      kept?.close()
      throw error
    }
  }

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

function streamOf(body: RepeatableBody): ReadableStream<Uint8Array> {
  const iterator = body.read()[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
    },
    { highWaterMark: 0 },
  )
}
