/** Where the user comes back to. */
import { LOGIN_ERROR_PARAM } from '../protocol.js'

/**
 * `returnTo` as a path of this origin, with query and fragment, without a login error of an earlier try.
 * @throws TypeError for an address of another origin
 */
export function returnPath(returnTo: string | undefined, address: URL): string {
  const url = new URL(returnTo ?? address.href, address)
  if (url.origin !== address.origin) {
    throw new TypeError(`returnTo must be an address of ${address.origin}, not of ${url.origin}.`)
  }
  url.searchParams.delete(LOGIN_ERROR_PARAM)
  return url.pathname + url.search + url.hash
}
