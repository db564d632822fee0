/**
 * Where a request comes from (OWASP CSRF cheat sheet, Fetch Metadata; RFC 10017 §6.1.3.3). Denies by default, and stands in
 * front of routing, so that no door can be forgotten.
 */
import { isSafe } from './request.js'
import type { RequestHead } from './request.js'

/** Whether anything says where a request comes from. Browsers send one of these with everything but a plain GET. */
export const tellsOrigin = ({ headers }: RequestHead): boolean =>
  ['sec-fetch-site', 'origin', 'referer'].some((name) => headers.get(name) !== null)

const frames = new Set(['iframe', 'frame', 'embed', 'object', 'fencedframe'])

/** Whether a document is loaded into a frame. */
export const isFramed = ({ headers }: RequestHead): boolean => frames.has(headers.get('sec-fetch-dest') ?? '')

/**
 * Whether a browser's tab goes to this address. Where the browser says nothing of what it fetches for, an address that is
 * asked for HTML is taken for one a tab goes to. `Sec-Fetch-Mode` alone says nothing: some HTTP clients send it always.
 */
export function isNavigation({ headers }: RequestHead): boolean {
  const destination = headers.get('sec-fetch-dest')
  if (destination !== null) return destination === 'document'
  return headers.get('sec-fetch-mode') === 'navigate' || (headers.get('accept') ?? '').includes('text/html')
}

/**
 * Why the request was not made by a page of `origin`, or `null` where it was: by `Sec-Fetch-Site`, without it by `Origin`,
 * without that by `Referer`. Nothing of it: refused.
 */
export function foreign(request: RequestHead, origin: string): string | null {
  const { headers } = request
  const site = headers.get('sec-fetch-site')
  const from = headers.get('origin')
  if (from !== null && from !== origin)
    return `it comes from ${from === 'null' ? 'an opaque origin' : 'another origin'}`
  switch (site) {
    case 'same-origin':
      return null
    case 'none':
      return isSafe(request.method) && isNavigation(request)
        ? null
        : 'it was made by no page, and is not a visit of the user'
    case null:
      break
    default:
      return `it comes from another ${site === 'same-site' ? 'origin of this site' : 'site'}`
  }
  if (from === origin) return null
  if (headers.get('referer') === null) return 'nothing says where it comes from'
  return isFrom(request, origin) ? null : 'it comes from another origin'
}

/** Whether the page that made the request, or linked to it, was one of `origin`, by its `Referer`. */
export function isFrom({ headers }: RequestHead, origin: string): boolean {
  const referrer = headers.get('referer') ?? ''
  return URL.canParse(referrer) && new URL(referrer).origin === origin
}

/**
 * Why a page may not be shown for this request, or `null` where it may: own routes that only read may be visited from
 * everywhere (the session cookie does not come along), but are framed and fetched by pages of `origin` alone.
 */
export function foreignVisit(request: RequestHead, origin: string): string | null {
  if (isNavigation(request)) return null
  // Browsers without fetch metadata send neither of the others with a plain GET.
  return tellsOrigin(request) ? foreign(request, origin) : null
}
