/** Where a login or logout may lead back to: a path of the app's own origin, and nowhere else (RFC 9700 §4.11.1). */
import { LOGIN_ERROR_PARAM } from '../protocol.js'

/** Longest address to return to, bytes as sent in a header: a login cookie must hold it. */
export const MAX_RETURN_TO = 2048

const BASE = 'http://app.invalid'
// Controls, spaces and what browsers read as a slash.
const unfit = /[\s\\\p{Cc}\p{Cf}\p{Zs}]/u
// The same, and slashes at the start, hidden by encoding.
const hidden = /^\/(?:%2f|%5c)|%(?:0[0-9a-f]|1[0-9a-f]|7f|5c)/i

/**
 * The address to return to, percent-encoded and safe in a `Location`, or `null` where `value` is not a path of this origin, is
 * too long, or leads to a door of the BFF.
 */
export function checkReturnTo(value: string, basePath: string): string | null {
  if (!value.startsWith('/') || value.startsWith('//') || value.length > MAX_RETURN_TO) return null
  if (unfit.test(value) || !URL.canParse(value, BASE)) return null
  const { origin, pathname, search, hash } = new URL(value, BASE)
  const path = pathname + search + hash
  if (origin !== BASE || pathname.startsWith('//') || hidden.test(pathname)) return null
  if (path.length > MAX_RETURN_TO || isDoor(pathname, basePath)) return null
  return path
}

/** The same address with what went wrong at the login in its query; the rest of it stays as it was written. */
export function withLoginError(returnTo: string, code: string): string {
  const [, path = '/', query = '', hash = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/.exec(returnTo) ?? []
  const kept = query.split('&').filter((pair) => pair !== '' && !pair.startsWith(`${LOGIN_ERROR_PARAM}=`))
  return `${path}?${[...kept, `${LOGIN_ERROR_PARAM}=${encodeURIComponent(code)}`].join('&')}${hash}`
}

/** Whether a path is below the BFF's base path, however it is encoded. */
function isDoor(pathname: string, basePath: string): boolean {
  let decoded = pathname
  try {
    decoded = decodeURIComponent(pathname)
  } catch {
    return true
  }
  const path = decoded.toLowerCase()
  const base = basePath.toLowerCase()
  return path === base || path.startsWith(`${base}/`)
}
