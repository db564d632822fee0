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

/** What Node and those that follow it have beside Web Crypto: the same hash without a turn of the thread pool, which takes longer than the hash. */
interface NodeCrypto {
  hash?(algorithm: string, data: string, encoding: 'base64url'): string
}
const runtime = globalThis as { process?: { getBuiltinModule?(name: string): unknown } }
const native = runtime.process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined

/** SHA-256 of a text, base64url. */
export const sha256 = (text: string): string | Promise<string> =>
  native?.hash?.('sha256', text, 'base64url') ??
  crypto.subtle.digest('SHA-256', bytesOf(text)).then(toBase64Url)
