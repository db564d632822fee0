/** What the log and the metrics are told of calls that an upstream did not answer, or not to the end. */
import type { Edges } from '../edges.js'
import { causeEntry } from '../log.js'
import type { Log, LogEntry } from '../log.js'
import { createSeldom } from '../seldom.js'
import { adviceFor } from './advice.js'
import type { AdmittedCall } from './call.js'
import type { UpstreamFault } from './fault.js'

/**
 * Takes the fault of a call. `begun`: a part of the answer has reached the browser. What the line of that request in a log may say of it; `null` where
 * the fault is the client's: it went, or sent what it should not.
 */
export type UpstreamFailed = (fault: UpstreamFault, call: AdmittedCall, begun: boolean) => LogEntry | null

/** How often the same trouble of an upstream is told of, ms: each call of many may fail. */
const TELL_EVERY = 60_000

/** Makes the one who is told, for one BFF. */
export function createTrouble(edges: Pick<Edges, 'now' | 'metrics'>, log: Log): UpstreamFailed {
  const seldom = createSeldom(edges, TELL_EVERY)
  return (fault, { upstream: { name }, requestId }, begun) => {
    if (fault.code === 'aborted' || fault.code === 'payload_too_large' || fault.code === 'invalid_request')
      return null
    const code = fault.code === 'upstream_timeout' ? fault.code : 'upstream_failed'
    edges.metrics.upstreamFailed(name, code)
    const why = fault.code === 'nonce_required' ? { cause: fault.code } : causeEntry(fault)
    const entry = { upstream: name, code, ...why, ...(begun && { begun }) }
    const due = seldom(JSON.stringify(entry))
    if (due === null) return entry
    const advice = adviceFor(why.root ?? why.cause ?? code, name)
    if (code === 'upstream_timeout')
      log.warn(
        { event: 'upstream_timeout', request: requestId, ...entry, ...due },
        `The upstream "${name}" did not answer in time. ${advice}`,
      )
    else
      log.warn(
        { event: 'upstream_failed', request: requestId, ...entry, ...due },
        `The upstream "${name}" gave no usable answer. ${advice}`,
      )
    return entry
  }
}
