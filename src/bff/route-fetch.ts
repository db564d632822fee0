/** Calls of own routes to APIs in the user's name (RFC 6750 §2.1, RFC 9449 §7). */
import type { Proofs } from './dpop/proofs.js'
import type { AccessToken } from './idp/access-token.js'

/**
 * `fetch` with the access token of the user: as Bearer, or with a proof of its key made for this very request. An API that wants a nonce in the proof
 * is asked once more, unless the body is a stream, which can be sent once. Any other answer is returned as it is.
 */
export async function fetchWith(
  { value, dpopKey }: AccessToken,
  proofs: Proofs,
  fetch: typeof globalThis.fetch,
  input: Request | URL | string,
  init: RequestInit = {},
): Promise<Response> {
  const request = new Request(input, init)
  request.headers.delete('dpop')
  if (dpopKey === undefined) return fetch(withHeaders(request, ['authorization', `Bearer ${value}`]))
  const { origin, pathname: path } = new URL(request.url)
  const bound = await proofs.begin({ value, dpopKey }, { method: request.method, origin, path })
  const answer = await fetch(withHeaders(request, bound.headers))
  const { status, headers } = answer
  const wantsNonce = bound.heard(status, headers.get('dpop-nonce'), headers.get('www-authenticate'))
  if (!wantsNonce || isStream(init.body ?? (input instanceof Request ? input.body : null))) return answer
  await answer.body?.cancel()
  return fetch(withHeaders(new Request(input, init), await bound.again()))
}

/** With these headers, names and values in turn, in the place of any of these names. */
function withHeaders(request: Request, headers: readonly string[]): Request {
  for (let i = 0; i + 1 < headers.length; i += 2) request.headers.set(headers[i] ?? '', headers[i + 1] ?? '')
  return request
}

const isStream = (body: unknown): boolean =>
  body instanceof ReadableStream || Symbol.asyncIterator in Object(body)
