/** The cookies a script can read. None of them is a secret, and their values are plain (RFC 6265 §4.1.1 `cookie-octet`). */

/** Readable cookies, host-only, for the whole origin, gone with the browser. */
export interface ReadableCookies {
  get(name: string): string | undefined
  set(name: string, value: string): void
  remove(name: string): void
}

const attributes = '; Path=/; Secure; SameSite=Lax'

/** The page's own cookies. */
export const pageCookies: ReadableCookies = {
  get: (name) =>
    document.cookie
      .split('; ')
      .find((pair) => pair.startsWith(`${name}=`))
      ?.slice(name.length + 1),
  set(name, value) {
    document.cookie = `${name}=${value}${attributes}`
  },
  remove: (name) => pageCookies.set(name, '; Max-Age=0'),
}
