/** Keyed hashes: proofs that a value is the BFF's own, and indexes that tell nothing about what they index. */
import { bytesOf, fromBase64Url, toBase64Url } from './bytes.js'

/** HMAC-SHA-256 for one purpose. */
export interface Mac {
  /** The hash under the newest secret, base64url. */
  of(value: string): Promise<string>
  /** The hashes under every secret, newest first. */
  all(value: string): Promise<string[]>
  /** Whether `mac` is the hash of `value` under any secret. Takes the same time whatever the answer is. */
  verify(value: string, mac: string): Promise<boolean>
}

/** Makes the keyed hash for `purpose`: its keys are of no use for any other. */
export function createMac(secrets: readonly string[], purpose: string): Mac {
  const keys = secrets.map((secret) => macKey(secret, purpose))
  const hash = async (key: Promise<CryptoKey>, value: string): Promise<string> =>
    toBase64Url(await crypto.subtle.sign('HMAC', await key, bytesOf(value)))
  return {
    async of(value) {
      const [newest] = keys
      if (newest === undefined) throw new TypeError('secrets: at least one is needed')
      return hash(newest, value)
    },
    all: (value) => Promise.all(keys.map((key) => hash(key, value))),
    async verify(value, mac) {
      const signature = fromBase64Url(mac)
      if (signature === null) return false
      const data = bytesOf(value)
      const checks = keys.map(async (key) => crypto.subtle.verify('HMAC', await key, signature, data))
      return (await Promise.all(checks)).includes(true)
    },
  }
}

async function macKey(secret: string, purpose: string): Promise<CryptoKey> {
  const master = await crypto.subtle.importKey('raw', bytesOf(secret), 'HKDF', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: bytesOf(`tandem mac ${purpose}`) },
    master,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign', 'verify'],
  )
}
