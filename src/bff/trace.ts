/** What a request says of the trace it belongs to (W3C Trace Context). Pure. */

const SHAPE = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/
const ZEROS = /^0+$/

/**
 * The trace id of a `traceparent` header (§3.2), 32 hexadecimal digits; `null` where the header is absent or invalid, and must be ignored as
 * `tracestate` must be, then. Later versions may add to its end; version 00 has nothing more.
 */
export function traceIdIn(traceparent: string | null | undefined): string | null {
  const [, version, trace, parent, more] = SHAPE.exec(traceparent ?? '') ?? []
  if (trace === undefined || parent === undefined) return null
  if (version === 'ff' || (version === '00' && more !== undefined)) return null
  return ZEROS.test(trace) || ZEROS.test(parent) ? null : trace
}
