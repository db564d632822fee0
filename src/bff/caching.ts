/**
 * What caches may do with an answer from behind a session (RFC 9111, OWASP Session Management "Web Content Caching"). The BFF's own
 * answers are never stored; those of others may be where they say so, but not the cookies that the BFF adds to them.
 */

/** Lets caches keep an answer without the cookies it sets. Some take it for `no-cache`, some for nothing: no secret relies on it. */
const WITHOUT_COOKIES = 'no-cache="Set-Cookie, Set-Cookie2"'

/** The `Cache-Control` of an answer that sets cookies. */
export const withoutCookies = (cacheControl: string): string =>
  isStored(cacheControl) && !cacheControl.includes(WITHOUT_COOKIES)
    ? `${cacheControl}, ${WITHOUT_COOKIES}`
    : cacheControl

/** The `Vary` of an answer that is another one for every session. */
export function varyByCookie(vary: string | null): string {
  const names = (vary ?? '').split(',').map((name) => name.trim().toLowerCase())
  if (names.includes('*') || names.includes('cookie')) return vary ?? ''
  return vary === null || vary.trim() === '' ? 'Cookie' : `${vary}, Cookie`
}

/** Headers of an answer, whatever they are kept in. */
export interface AnswerHeaders {
  get(name: string): string | null
  set(name: string, value: string): void
}

/**
 * Settles what caches may do with the answer of an own route: nothing, where it says nothing of it. What may be kept is kept for the
 * holder of the same cookie alone, and without the cookies that are set.
 */
export function settleCaching(headers: AnswerHeaders, setsCookies: boolean): void {
  const said = headers.get('Cache-Control')
  if (said === null || said.trim() === '') return headers.set('Cache-Control', 'no-store')
  if (!isStored(said)) return
  headers.set('Vary', varyByCookie(headers.get('Vary')))
  if (setsCookies) headers.set('Cache-Control', withoutCookies(said))
}

const isStored = (cacheControl: string): boolean => !/(?:^|,)\s*no-store\s*(?:,|$)/i.test(cacheControl)
