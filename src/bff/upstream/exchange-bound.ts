/** The proxy's transport on Node for calls with a bound token: `exchange`, with a proof for each try (RFC 9449 §7, §9). */
import type { BoundCall } from '../dpop/proofs.js'
import { onlyReads, tryOf } from './bound.js'
import { isBroken, UpstreamFault } from './fault.js'
import { repeatable } from './repeatable.js'
import { exchange } from './transport-undici.js'
import type { Flow } from './transport-undici.js'

/** Sends the request with its proofs and hands its answer to `sink`; a call that only reads is sent again where its connection broke, too. */
export const exchangeBound =
  (bound: BoundCall): typeof exchange =>
  (request, body, sink) => {
    const kept = body === null || body instanceof Uint8Array ? null : repeatable(body)
    let flow: Flow | undefined
    let aborted = false
    let mayRenew = true
    let mayRedo = onlyReads(request, body)

    const fail = (fault: UpstreamFault): void => {
      kept?.close()
      sink.fail(fault)
    }
    const again = (): void => {
      bound.again().then(
        (proof) => (aborted ? fail(new UpstreamFault('aborted')) : send(proof)),
        (cause: unknown) => fail(new UpstreamFault('upstream_failed', { cause })),
      )
    }
    const send = (proof: readonly string[]): void => {
      const one = tryOf(bound, request, proof)
      let isGivenUp = false
      const current = exchange(one.request, kept === null ? body : kept.read(), {
        head(status, headers) {
          mayRedo = false
          if (!one.wantsNonce || !mayRenew) {
            kept?.settle()
            return sink.head(status, headers)
          }
          mayRenew = false
          isGivenUp = true
          current.abort()
          if (kept?.isWhole === false) fail(new UpstreamFault('nonce_required'))
          else again()
        },
        data(chunk) {
          if (!isGivenUp) sink.data(chunk)
        },
        end() {
          if (isGivenUp) return
          kept?.close()
          sink.end()
        },
        fail(fault) {
          if (isGivenUp) return
          if (!mayRedo || aborted || !isBroken(fault)) return fail(fault)
          mayRedo = false
          again()
        },
      })
      flow = current
    }
    send(bound.headers)

    return {
      pause: () => flow?.pause(),
      resume: () => flow?.resume(),
      abort() {
        aborted = true
        flow?.abort()
      },
    }
  }
