/** Bytes as text and back (RFC 4648 §5). */
import { base64url } from 'jose'

/** What Node, and those that follow it, have beside Web standards: the same, several times as fast. */
const runtime = globalThis as {
  readonly Buffer?: {
    from(buffer: ArrayBufferLike, start: number, length: number): { toString(encoding: 'base64url'): string }
  }
  readonly process?: { getBuiltinModule?(name: string): unknown }
}
/** A hash without a turn of the thread pool, which takes longer than the hash. */
const native = runtime.process?.getBuiltinModule?.('node:crypto') as
  { hash?(algorithm: string, data: string, encoding: 'base64url'): string } | undefined

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** UTF-8 of a text. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text)

/** The text of UTF-8 bytes. */
export const textOf = (bytes: Uint8Array | ArrayBuffer): string => decoder.decode(bytes)

/** base64url without padding. */
export function toBase64Url(given: Uint8Array | ArrayBuffer): string {
  const bytes = given instanceof Uint8Array ? given : new Uint8Array(given)
  return runtime.Buffer === undefined
    ? base64url.encode(bytes)
    : runtime.Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** The bytes of base64url, or `null` where it is none. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return new Uint8Array(base64url.decode(text))
  } catch {
    return null
  }
}

/** SHA-256 of a text, base64url. */
export const sha256 = (text: string): string | Promise<string> =>
  native?.hash?.('sha256', text, 'base64url') ??
  crypto.subtle.digest('SHA-256', bytesOf(text)).then(toBase64Url)
