/**
 * What the BFF keeps is sealed with AES-256-GCM. The key comes from a server secret *and*, for a session, from its cookie: so
 * neither a stolen store nor a stolen secret, nor both, opens one. What it was sealed for is authenticated with it.
 */
import { bytesOf, fromBase64Url, textOf, toBase64Url } from './bytes.js'
import type { Edges } from './edges.js'

/** What something is sealed for: only the same opens it again. */
export interface SealPurpose {
  /** What it is, e.g. `session`. */
  readonly purpose: string
  /** Where it is kept, e.g. the record's key; authenticated, so that sealed texts cannot be swapped. */
  readonly place: string
  /** What must be known beside the server's secret: the session cookie's value. Empty: the secret is enough. */
  readonly with: string
}

/** Seals and opens texts. The first secret seals; every one opens, so that secrets can be rotated. */
export interface Sealing {
  seal(text: string, purpose: SealPurpose): Promise<string>
  /** The text, or `null` where it was changed, sealed for something else, or with a secret no longer there. */
  open(sealed: string, purpose: SealPurpose): Promise<string | null>
}

const VERSION = '1.'
const IV_LENGTH = 12

/** Makes the sealing of `secrets` (at least one). */
export function createSealing(secrets: readonly string[], { random }: Pick<Edges, 'random'>): Sealing {
  const masters = secrets.map((secret) =>
    crypto.subtle.importKey('raw', bytesOf(secret), 'HKDF', false, ['deriveKey']),
  )

  const keyFrom = async (master: Promise<CryptoKey>, { purpose, with: cookie }: SealPurpose) =>
    crypto.subtle.deriveKey(
      { name: 'HKDF', hash: 'SHA-256', salt: bytesOf(cookie), info: bytesOf(`tandem ${purpose}`) },
      await master,
      { name: 'AES-GCM', length: 256 },
      false,
      ['encrypt', 'decrypt'],
    )
  const algorithm = (iv: Uint8Array<ArrayBuffer>, { purpose, place }: SealPurpose) => ({
    name: 'AES-GCM',
    iv,
    additionalData: bytesOf(`${purpose}\n${place}`),
  })

  return {
    async seal(text, purpose) {
      const [newest] = masters
      if (newest === undefined) throw new TypeError('secrets: at least one is needed')
      const iv = random(IV_LENGTH)
      const key = await keyFrom(newest, purpose)
      const sealed = await crypto.subtle.encrypt(algorithm(iv, purpose), key, bytesOf(text))
      const whole = new Uint8Array(IV_LENGTH + sealed.byteLength)
      whole.set(iv)
      whole.set(new Uint8Array(sealed), IV_LENGTH)
      return VERSION + toBase64Url(whole)
    },
    async open(sealed, purpose) {
      const whole = sealed.startsWith(VERSION) ? fromBase64Url(sealed.slice(VERSION.length)) : null
      if (whole === null || whole.byteLength <= IV_LENGTH) return null
      const iv = whole.slice(0, IV_LENGTH)
      const content = whole.slice(IV_LENGTH)
      for (const master of masters) {
        const key = await keyFrom(master, purpose)
        try {
          return textOf(await crypto.subtle.decrypt(algorithm(iv, purpose), key, content))
        } catch {
          // Sealed with another secret, or changed.
        }
      }
      return null
    },
  }
}
