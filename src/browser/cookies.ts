/** The cookies a script can read. None of them is a secret, and their values are plain (RFC 6265 §4.1.1 `cookie-octet`). */

import { CSRF_COOKIE, HINT_COOKIE, plainCookieNames } from '../protocol.js'

/** Readable cookies, host-only, for the whole origin, gone with the browser. */
export interface ReadableCookies {
  get(name: string): string | undefined
  set(name: string, value: string): void
  remove(name: string): void
}

/** Names without the prefix that only `Secure` cookies may have, as a BFF sets them for development over http. */
const plain: Readonly<Record<string, string>> = {
  [CSRF_COOKIE]: plainCookieNames.csrf,
  [HINT_COOKIE]: plainCookieNames.hint,
}

const valueOf = (name: string): string | undefined =>
  document.cookie
    .split('; ')
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1)

const attributes = '; Path=/; Secure; SameSite=Lax'

/** The page's own cookies. */
export const pageCookies: ReadableCookies = {
  get(name) {
    const other = location.protocol === 'http:' ? plain[name] : undefined
    return valueOf(name) ?? (other === undefined ? undefined : valueOf(other))
  },
  set(name, value) {
    document.cookie = `${name}=${value}${attributes}`
  },
  remove: (name) => pageCookies.set(name, '; Max-Age=0'),
}
