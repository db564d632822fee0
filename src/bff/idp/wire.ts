/** The way to the IDP: every request of the protocol library goes through here. */
import type { CustomFetch } from 'openid-client'
import type { Edges } from '../edges.js'
import { NoAnswer, Refused } from './failures.js'
import { judge, retryAfterOf } from './verdict.js'

// The request cannot have reached anybody.
const notSent: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/**
 * A `fetch` for the protocol library that knows what answers of `tokenEndpoint` mean: it resolves with tokens in the form the
 * specification gives them, and rejects with {@link NoAnswer} or {@link Refused} for everything else.
 */
export function wire(edges: Pick<Edges, 'fetch' | 'now'>, tokenEndpoint: string | undefined): CustomFetch {
  return async (url, options) => {
    const init = options as RequestInit
    if (url !== tokenEndpoint) return edges.fetch(url, init)
    let answer: Response
    let text: string
    try {
      answer = await edges.fetch(url, init)
      text = await answer.text()
    } catch (cause) {
      throw new NoAnswer('The token endpoint could not be reached.', { lost: !neverSent(cause), cause })
    }
    const verdict = judge(answer.status, answer.headers.get('content-type'), text)
    if (verdict.kind === 'refusal') throw new Refused(verdict.error)
    if (verdict.kind === 'none') {
      const { lost, why, error } = verdict
      const retryAfter = retryAfterOf(answer.headers.get('retry-after'), edges.now())
      throw new NoAnswer(`The token endpoint gave no usable answer: ${why}.`, { lost, error, retryAfter })
    }
    return new Response(JSON.stringify(verdict.body), { headers: { 'Content-Type': 'application/json' } })
  }
}

function neverSent(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && notSent.has(cause.code)) return true
    if (cause instanceof AggregateError && cause.errors.length > 0 && cause.errors.every(neverSent))
      return true
  }
  return false
}
