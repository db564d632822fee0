/** `Sec-Fetch-Site` of a request (Fetch Metadata §2.1). */
export type FetchSite = 'same-origin' | 'same-site' | 'cross-site' | 'none'

/**
 * Site of an origin: scheme and registrable host, here the last two labels; an IP address, `localhost` and
 * other single labels are a site of their own. The port is no part of it.
 */
export const siteOf = (url: URL): string => {
  const labels = url.hostname.split('.')
  const address = url.hostname.startsWith('[') || labels.every((label) => /^\d+$/.test(label))
  return `${url.protocol}//${address ? url.hostname : labels.slice(-2).join('.')}`
}

export const sameSite = (one: URL, other: URL): boolean => siteOf(one) === siteOf(other)

/** https, or this very machine: where browsers send `Sec-Fetch-*` and accept `Secure` cookies. */
export const trustworthy = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' ||
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname.startsWith('127.') ||
  hostname === '[::1]'

/**
 * How a request's whole list of URLs (the first, and where redirects led) relates to who started it; null is
 * the user, by the address bar or a bookmark.
 */
export const fetchSite = (initiator: URL | null, chain: readonly URL[]): FetchSite => {
  if (initiator === null) return 'none'
  if (!chain.every((url) => sameSite(url, initiator))) return 'cross-site'
  return chain.every((url) => url.origin === initiator.origin) ? 'same-origin' : 'same-site'
}
