/**
 * Path rules of the proxy (RFC 10017 §6.1.3.6): what may be asked of an upstream, and where its answers may point.
 * A path is never repaired: it is either sent on byte for byte, or refused.
 */

/** What to ask the upstream for, or why the path was refused. */
export type UpstreamTarget = { readonly target: string } | { readonly refused: string }

// Names and slashes only: nothing that could mean something else after decoding. Most calls are of this kind.
const plain = /^(?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]*(?:\?[\x21\x22\x24-\x7e]*)?$/
const printable = /^[\x21\x22\x24-\x7e]*$/
const encoded = /(?:%[0-9a-f]{2})+/gi
const encodedDelimiter = /%(?:2e|2f|5c|0[0-9a-f]|1[0-9a-f]|7f)/i
const absolute = /^(?:@|[^/@:]*:[^/@]*@|(?:https?|wss?|ftp|file|data|javascript):)/i
/** How often a path is decoded in search of something hidden. */
const DECODINGS = 4

/**
 * The request target at the upstream for `path` (what follows `/api/{upstream}/`, raw, with its query). It stays under
 * `base`: dot segments, empty segments, encoded delimiters however often encoded, absolute forms and anything that is not
 * printable ASCII are refused. `base` ends with `/`. Letter case matters.
 */
export function upstreamTarget(base: URL, path: string): UpstreamTarget {
  if (!plain.test(path)) {
    const refused = fault(path)
    if (refused !== null) return { refused }
  }
  return { target: base.pathname + path }
}

function fault(path: string): string | null {
  if (!printable.test(path)) return 'it has characters other than printable ASCII'
  const query = path.indexOf('?')
  let decoded = query === -1 ? path : path.slice(0, query)
  if (/%(?![0-9a-f]{2})/i.test(decoded)) return 'it has a malformed percent-encoding'
  if (decoded.startsWith('/') || decoded.includes('//')) return 'it has an empty segment'
  for (let round = 0; ; round++) {
    if (absolute.test(decoded)) return 'it looks like an address of its own'
    if (decoded.includes('\\')) return 'it has a backslash'
    if (encodedDelimiter.test(decoded)) return 'it has an encoded dot, slash, backslash or control character'
    // Compatibility forms, such as the full-width ones, are dots and slashes to a server that normalises.
    if (decoded.normalize('NFKC').split('/').some(isDots)) return 'it has a dot segment'
    if (decoded.search(encoded) === -1) return null
    if (round === DECODINGS) return 'it is encoded too often'
    try {
      decoded = decoded.replace(encoded, decodeURIComponent)
    } catch {
      return 'its percent-encoding is not UTF-8'
    }
  }
}

// Servers differ in whether `..;v=1`, `.. ` and `. .` are dot segments: here they are.
const isDots = (segment: string): boolean => /^\.[.\s]*$/.test((segment.split(';')[0] ?? '').trim())

/** The path that stands for the upstream at the BFF (`/bff/api/orders/`), out of the whole target and what follows it. */
export function mountOf(target: string, path: string): string {
  const mount = target.endsWith(path) ? target.slice(0, target.length - path.length) : target
  return mount.endsWith('/') ? mount : `${mount}/`
}

/**
 * The address under the BFF for a `Location` an upstream answered with, or `null` where it leads out of the upstream: the
 * page is not sent where only the BFF's configuration may lead. `requested` is the address that was asked, `mount` the path
 * that stands for `base` at the BFF (`/bff/api/orders/`), `origin` the app's own.
 */
export function publicLocation(
  location: string,
  context: { readonly requested: URL; readonly base: URL; readonly mount: string; readonly origin: string },
): string | null {
  const { requested, base, mount, origin } = context
  if (!URL.canParse(location, requested)) return null
  const url = new URL(location, requested)
  if (url.username !== '' || url.password !== '') return null
  const own = url.origin === origin
  // Frameworks build it from `X-Forwarded-Host`, some with the path they know of, some with the one the browser sees.
  if (own && url.pathname.startsWith(mount)) return url.pathname + url.search + url.hash
  if (!own && url.origin !== base.origin) return null
  if (!url.pathname.startsWith(base.pathname)) return null
  const path = url.pathname.slice(base.pathname.length) + url.search
  return 'refused' in upstreamTarget(base, path) ? null : mount + path + url.hash
}
