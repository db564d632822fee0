/** Bytes as text and back (RFC 4648 §5). */
import { base64url } from 'jose'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** UTF-8 of a text. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text)

/** The text of UTF-8 bytes. */
export const textOf = (bytes: Uint8Array | ArrayBuffer): string => decoder.decode(bytes)

/** base64url without padding. */
export const toBase64Url = (bytes: Uint8Array | ArrayBuffer): string =>
  base64url.encode(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes))

/** The bytes of base64url, or `null` where it is none. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return new Uint8Array(base64url.decode(text))
  } catch {
    return null
  }
}

/** SHA-256 of a text, base64url. */
export const sha256 = async (text: string): Promise<string> =>
  toBase64Url(await crypto.subtle.digest('SHA-256', bytesOf(text)))
