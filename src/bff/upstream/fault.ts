/** What can go wrong between the BFF and an upstream. */

/**
 * `upstream_failed`: no connection, a broken one, or an answer that is none. `upstream_timeout`: it took longer than
 * `timeout`. `payload_too_large` and `invalid_request`: the request's body was too long, or not as long as it said.
 * `nonce_required`: the upstream wants a nonce in the proof (RFC 9449 §9), and the body is not there any more to be sent with it.
 * `aborted`: the client went away; nobody is left to be answered.
 */
export type UpstreamFaultCode =
  | 'upstream_failed'
  | 'upstream_timeout'
  | 'payload_too_large'
  | 'invalid_request'
  | 'nonce_required'
  | 'aborted'

/** A call did not get an answer, or only the beginning of one. Its `cause` is for logs: it never reaches the browser. */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault'
  readonly code: UpstreamFaultCode

  constructor(code: UpstreamFaultCode, options?: { cause?: unknown }) {
    super(`The call ended with ${code}.`, options)
    this.code = code
  }
}

/** The cause of a fault that no library tells: `code` is what logs show. */
export const coded = (code: string): Error => Object.assign(new Error(code), { code })

/** It answered with a status that is between a client and its proxy (407), or with none of HTTP's. */
export const STATUS_NOT_PROXIED = 'STATUS_NOT_PROXIED'

/** Whether a connection broke, by the fault of its call: one that was idle may be closed in the moment it is used again. */
export const isBroken = (fault: unknown): boolean => fault instanceof UpstreamFault && hasBroken(fault.cause)

/** The same by the error of the library that made the call. */
export const hasBroken = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(String(error.code))

/** A call that gets its answer from the BFF itself, as a problem (RFC 9457). */
export interface Refusal {
  readonly status: number
  readonly code: 'invalid_request' | 'payload_too_large' | 'upstream_failed' | 'upstream_timeout'
  readonly detail: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What the browser is told about a fault: nothing of the upstream but its name in the configuration. */
export function refusalOf(fault: UpstreamFault, upstream: string): Refusal {
  switch (fault.code) {
    case 'upstream_timeout':
      return {
        status: 504,
        code: fault.code,
        detail: `The upstream "${upstream}" did not answer in time. Try again later.`,
      }
    case 'payload_too_large':
      return tooLarge(upstream)
    case 'invalid_request':
      return {
        status: 400,
        code: fault.code,
        detail: 'The body is not as long as Content-Length says. Send the request again as a whole.',
      }
    case 'nonce_required':
      return {
        status: 503,
        code: 'upstream_failed',
        detail: `The upstream "${upstream}" asked for a nonce before it took the body, which is too long to be kept for another try. Nothing was executed: send it again.`,
        headers: { 'Retry-After': '0' },
      }
    case 'upstream_failed':
    case 'aborted':
      return {
        status: 502,
        code: 'upstream_failed',
        detail: `The upstream "${upstream}" gave no usable answer. Try again later; the log of the BFF says why.`,
      }
  }
}

/** The body is longer than the upstream's `maxBody`. */
export function tooLarge(upstream: string): Refusal {
  return {
    status: 413,
    code: 'payload_too_large',
    detail: `The body is longer than the upstream "${upstream}" accepts. Send less at once.`,
  }
}
