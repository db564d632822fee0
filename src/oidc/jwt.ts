/** Reads a JWT (RFC 7519) without believing it: what it says is checked in `claims.ts`, or only shown. */

/** Members of a JSON object, nothing known about them. */
export type Members = Readonly<Record<string, unknown>>

/** Header and claims of a compact JWT, or null where it is none: opaque tokens are not. */
export function decodeJwt(token: string): { readonly header: Members; readonly claims: Members } | null {
  try {
    const [header, claims, signature] = token.split('.')
    if (header === undefined || claims === undefined || signature === undefined) return null
    return { header: members(header), claims: members(claims) }
  } catch {
    return null
  }
}

/** Bytes as base64url without padding (RFC 7515 §2). */
export const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

/** 128 random bits, as text. */
export const randomText = (): string => base64url(crypto.getRandomValues(new Uint8Array(16)))

/** The strings of a claim that may be one string, several in a list, or absent. */
export const strings = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string')

/** The words of such a claim. */
export const words = (value: unknown): string[] =>
  strings(value)
    .flatMap((text) => text.split(' '))
    .filter(Boolean)

function members(part: string): Members {
  const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object')
  return value as Members
}
