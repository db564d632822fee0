/**
 * The certificate a client showed in TLS, as a proxy in front tells it. The forms in use are told apart by their shape: they
 * have nothing in common.
 */
import { fromBase64Url, toBase64Url } from './bytes.js'

/**
 * The SHA-256 thumbprint of the certificate in a header, base64url (RFC 8705 §3.1): of `:DER in base64:` (RFC 9440), of PEM as it is,
 * with blanks in the place of its line breaks, or percent-encoded, and of DER in base64 alone. A thumbprint in hexadecimal digits
 * (20 or 32 bytes, with or without colons) stands for itself, in lower case. `null` where there is none of it.
 */
export async function thumbprintIn(header: string | null): Promise<string | null> {
  const text = header?.trim() ?? ''
  const digits = text.replaceAll(':', '').toLowerCase()
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(digits)) return digits
  const der = derIn(text)
  return der === null ? null : toBase64Url(await crypto.subtle.digest('SHA-256', der))
}

function derIn(text: string): Uint8Array<ArrayBuffer> | null {
  const field = /^:([^:]+):$/.exec(text)?.[1]
  if (field !== undefined) return certificateIn(field)
  const pem = /^-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----$/.exec(unescaped(text))?.[1]
  return certificateIn((pem ?? text).replace(/\s/g, ''))
}

/** Bytes that are as long as a certificate says it is: a DER sequence with a length of two bytes (X.690 §8.1.3, §8.9). */
function certificateIn(base64: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null
  const bytes = fromBase64Url(base64.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_'))
  const [tag, form, high = 0, low = 0] = bytes ?? []
  return tag === 0x30 && form === 0x82 && bytes?.length === high * 256 + low + 4 ? bytes : null
}

function unescaped(text: string): string {
  if (!text.startsWith('-----BEGIN%20')) return text
  try {
    return decodeURIComponent(text).trim()
  } catch {
    return text
  }
}
