/** The way to the IDP: every request of the protocol library goes through here. */
import type { CustomFetch } from 'openid-client'
import type { Nonces } from '../dpop/nonces.js'
import type { Edges } from '../edges.js'
import type { TokenRequestResult } from '../metrics.js'
import { apiError } from './api-error.js'
import { NoAnswer, NONCE_WANTED, Refused, seen } from './failures.js'
import { judge, parse, retryAfterOf } from './verdict.js'

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
 * specification gives them, and rejects with {@link NoAnswer} or {@link Refused} for everything else. Answers of other addresses are as
 * the specifications have them, too: an error of an API is an OAuth error, and 429 is no answer. What the IDP wants to see in proofs of possession
 * is noted in `nonces`; a first wish for it reaches the library, which asks again (RFC 9449 §8).
 */
export function wire(
  edges: Pick<Edges, 'fetch' | 'now'> & Partial<Pick<Edges, 'metrics'>>,
  tokenEndpoint: string | undefined,
  pushEndpoint?: string,
  nonces?: Nonces,
): CustomFetch {
  const reach = async (url: string, init: RequestInit): Promise<Response> => {
    const answer = await edges.fetch(url, init)
    nonces?.note(new URL(url).origin, answer.headers.get('dpop-nonce'))
    return answer
  }
  return async (url, options) => {
    const init = options as RequestInit
    if (url !== tokenEndpoint) {
      const answer = await standard(await reach(url, init), edges.now())
      // RFC 9126 §2.2 has 201; some say that it is well.
      if (url !== pushEndpoint || answer.status !== 200) return answer
      return new Response(answer.body, { status: 201, headers: answer.headers })
    }
    const asked = edges.now()
    const counted = (result: TokenRequestResult): void =>
      edges.metrics?.tokenRequest(result, Math.max(0, edges.now() - asked) / 1000)
    let answer: Response
    let text: string
    try {
      answer = await reach(url, init)
      text = await answer.text()
    } catch (cause) {
      counted('no_answer')
      throw new NoAnswer('The token endpoint could not be reached.', {
        lost: !neverSent(cause),
        isOutage: true,
        cause,
      })
    }
    const verdict = judge(answer.status, answer.headers.get('content-type'), text)
    // Nothing was decided: what counts is the request that follows.
    if (verdict.kind === 'none' && verdict.error === NONCE_WANTED && isProven(init) && nonceIn(answer))
      return Response.json({ error: NONCE_WANTED }, { status: 400 })
    counted(results[verdict.kind])
    if (verdict.kind === 'refusal') throw new Refused(verdict.error)
    if (verdict.kind === 'none') {
      const { lost, why, error } = verdict
      const retryAfter = retryAfterOf(answer.headers.get('retry-after'), edges.now())
      const isLimited = answer.status === 429
      const fault = { code: 'unusable_answer', found: seen(answer) }
      const details = { lost, error, isLimited, isOutage: answer.status >= 500, retryAfter, fault }
      throw new NoAnswer(`The token endpoint gave no usable answer: ${why}.`, details)
    }
    return new Response(JSON.stringify(verdict.body), { headers: { 'Content-Type': 'application/json' } })
  }
}

const isProven = ({ headers }: RequestInit): boolean => new Headers(headers).has('dpop')
const nonceIn = ({ headers }: Response): boolean => headers.has('dpop-nonce')

const results = { tokens: 'tokens', refusal: 'refused', none: 'no_answer' } as const

/** An answer of another endpoint, whatever dialect it is in. */
async function standard(answer: Response, now: number): Promise<Response> {
  const { status, headers } = answer
  if (status === 429) {
    const retryAfter = retryAfterOf(headers.get('retry-after'), now)
    const fault = { code: 'unusable_answer', found: seen(answer) }
    throw new NoAnswer('The IDP asks to wait.', { lost: false, isLimited: true, retryAfter, fault })
  }
  if (status < 400 || !(headers.get('content-type') ?? '').includes('json')) return answer
  const text = await answer.text()
  const error = apiError(status, parse(text))
  // A challenge would be believed before the body is.
  return error === null ? new Response(text, { status, headers }) : Response.json(error, { status })
}

function neverSent(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && notSent.has(cause.code)) return true
    if (cause instanceof AggregateError && cause.errors.length > 0 && cause.errors.every(neverSent))
      return true
  }
  return false
}
