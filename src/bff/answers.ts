/** What all answers have in common. */
import { withoutCookies } from './caching.js'
import { REQUEST_ID_HEADER, TANDEM_HEADER } from '../protocol.js'

const own: readonly (readonly [string, string])[] = [
  [TANDEM_HEADER, '1'],
  ['Cache-Control', 'no-store'],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Vary', 'Cookie, Origin, Sec-Fetch-Site'],
]

/** Nothing may be loaded by, or framed in, what the BFF itself answers. */
const POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** A JSON answer. */
export const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })

/** A redirect that turns every method into GET (RFC 9700 §4.12). `to` must be safe in a header. */
export const seeOther = (to: string): Response =>
  new Response(null, { status: 303, headers: { Location: to } })

/** Marks an answer as the BFF's own, and makes it safe to receive. */
export function finishOwn(answer: Response, requestId: string, cookies: readonly string[] = []): Response {
  const { headers } = answer
  for (const [name, value] of own) if (!headers.has(name)) headers.set(name, value)
  // Who has a policy of his own says there who may frame him.
  if (!headers.has('Content-Security-Policy')) {
    headers.set('Content-Security-Policy', POLICY)
    headers.set('X-Frame-Options', 'DENY')
  }
  return finish(answer, requestId, cookies)
}

/** Puts the BFF's request id, and its cookies, on an answer that is another's: an upstream's, or an own route's. */
export function finish(answer: Response, requestId: string, cookies: readonly string[] = []): Response {
  const finished = writable(answer)
  finished.headers.set(REQUEST_ID_HEADER, requestId)
  const kept = finished.headers.get('Cache-Control')
  if (cookies.length > 0 && kept !== null) finished.headers.set('Cache-Control', withoutCookies(kept))
  for (const cookie of cookies) finished.headers.append('Set-Cookie', cookie)
  return finished
}

/** The same answer, with headers that can be changed: those of a fetched one cannot. */
export function writable(answer: Response): Response {
  try {
    answer.headers.delete(REQUEST_ID_HEADER)
    return answer
  } catch {
    return new Response(answer.body, answer)
  }
}
