/** The cookies a script can read. None of them is a secret. */
import Cookies from 'js-cookie'

/** Readable cookies, host-only, for the whole origin, gone with the browser. */
export interface ReadableCookies {
  get(name: string): string | undefined
  set(name: string, value: string): void
  remove(name: string): void
}

const attributes = { path: '/', secure: true, sameSite: 'Lax' } as const

/** The page's own cookies. */
export const pageCookies: ReadableCookies = {
  get: (name) => Cookies.get(name),
  set: (name, value) => void Cookies.set(name, value, attributes),
  remove: (name) => Cookies.remove(name, attributes),
}
