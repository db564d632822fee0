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

/** How many tokens are remembered, so that a busy session's is not computed at every call. */
const REMEMBERED = 5000

/** `mac` must serve nothing else. */
export function createCsrf(mac: Mac): Csrf {
  // By reference; genuine ones only, so that nobody can fill it.
  const known = new Map<string, string>()
  const remember = (ref: string, token: string): string => {
    for (const oldest of known.keys()) {
      if (known.size < REMEMBERED) break
      known.delete(oldest)
    }
    known.set(ref, token)
    return token
  }

  return {
    tokenOf: async (ref) => known.get(ref) ?? remember(ref, `${ref}.${await mac.of(ref)}`),
    async read(header) {
      if (header === null) return { kind: 'absent' }
      if (header === '1') return { kind: 'constant' }
      const dot = header.indexOf('.')
      if (dot < 1 || header.length > 256) return { kind: 'forged' }
      const ref = header.slice(0, dot)
      if (equal(header, known.get(ref) ?? '')) return { kind: 'genuine', ref }
      return (await mac.verify(ref, header.slice(dot + 1))) ? { kind: 'genuine', ref } : { kind: 'forged' }
    },
  }
}

/** Whether two texts are the same; takes the same time wherever they differ. */
function equal(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  let difference = 0
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i)
  return difference === 0
}
