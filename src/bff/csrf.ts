/**
 * The signed double-submit token (OWASP CSRF cheat sheet): `<ref>.<HMAC>`. It is bound to one session, so it also says for which
 * session a call was made.
 */
import type { Mac } from './mac.js'

/** What a `X-CSRF-Token` header says. */
export type CsrfClaim =
  /** Genuine: the call was made for the session with this reference. */
  | { readonly kind: 'genuine'; readonly ref: string }
  /** The constant `1`: made by a page, for no session in particular. */
  | { readonly kind: 'constant' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'forged' }

/** Makes and reads tokens. */
export interface Csrf {
  /** The token of the session with this reference. */
  tokenOf(ref: string): Promise<string>
  /** Reads the header; `null` where there is none. */
  read(header: string | null): Promise<CsrfClaim>
}

/** `mac` must serve nothing else. */
export const createCsrf = (mac: Mac): Csrf => ({
  tokenOf: async (ref) => `${ref}.${await mac.of(ref)}`,
  async read(header) {
    if (header === null) return { kind: 'absent' }
    if (header === '1') return { kind: 'constant' }
    const dot = header.indexOf('.')
    if (dot < 1 || header.length > 256) return { kind: 'forged' }
    const ref = header.slice(0, dot)
    return (await mac.verify(ref, header.slice(dot + 1))) ? { kind: 'genuine', ref } : { kind: 'forged' }
  },
})
