/** Where the user comes back to. */
import { LOGIN_ERROR_PARAM } from '../protocol.js'

/**
 * `returnTo` as a path of this origin, with query and fragment, without a login error of an earlier try.
 * @throws TypeError for an address of another origin
 */
export function returnPath(returnTo: string | undefined, address: URL): string {
  const url = new URL(returnTo ?? address.href, address)
  if (!url.href.startsWith(`${address.origin}/`)) {
    throw new TypeError(`returnTo must be an address of ${address.origin}, not ${url.href}.`)
  }
  return pathOf(url)
}

/** The path of `url` with query and fragment, without a login error. A path of two slashes would name another host. */
export function pathOf(url: URL): string {
  if (url.searchParams.has(LOGIN_ERROR_PARAM)) url.searchParams.delete(LOGIN_ERROR_PARAM)
  return url.pathname.replace(/^\/+/, '/') + url.search + url.hash
}
