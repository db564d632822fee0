/**
 * The key that access tokens are bound to (RFC 9449 §2): an own one for each session, made at its login, kept in the sealed login cookie until
 * the code is exchanged, and with the tokens of the session from then on.
 */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose'
import type { CryptoKey } from 'jose'

/** A private key on P-256 (RFC 7518 §6.2). */
export interface DpopKey {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  /** Its private part. */
  readonly d: string
}

/** How proofs are signed: the algorithm that every provider of proofs of possession knows. */
export const DPOP_ALGORITHM = 'ES256'

/** A new key. Its randomness is the platform's own, as that of every key is. */
export async function createDpopKey(): Promise<DpopKey> {
  const { privateKey } = await generateKeyPair(DPOP_ALGORITHM, { extractable: true })
  const { x = '', y = '', d = '' } = await exportJWK(privateKey)
  return { kty: 'EC', crv: 'P-256', x, y, d }
}

/** The part everybody may see. */
export const publicPartOf = ({ kty, crv, x, y }: DpopKey): Omit<DpopKey, 'd'> => ({ kty, crv, x, y })

/** What names the key: its `jkt` (RFC 9449 §6.1, RFC 7638). */
export const thumbprintOf = (key: DpopKey): Promise<string> => calculateJwkThumbprint(publicPartOf(key))

/** A key as the platform signs with it. */
export interface DpopKeyPair {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

// A session that is open in memory keeps its key at hand with it.
const imported = new WeakMap<DpopKey, Promise<DpopKeyPair>>()

/** The key, ready to sign. */
export function keyPairOf(key: DpopKey): Promise<DpopKeyPair> {
  const known = imported.get(key)
  if (known !== undefined) return known
  const pair = importPair(key)
  imported.set(key, pair)
  return pair
}

async function importPair(key: DpopKey): Promise<DpopKeyPair> {
  const [privateKey, publicKey] = await Promise.all([
    importJWK({ ...key }, DPOP_ALGORITHM, { extractable: false }),
    importJWK(publicPartOf(key), DPOP_ALGORITHM, { extractable: true }),
  ])
  return { privateKey, publicKey }
}

/** Length of a coordinate, and of the private part: 32 bytes, base64url. */
const PART = 43

/** The key as short as can be, for a cookie. */
export const packed = ({ x, y, d }: DpopKey): string => x + y + d

/** The key that was {@link packed}. */
export const unpacked = (text: string): DpopKey => ({
  kty: 'EC',
  crv: 'P-256',
  x: text.slice(0, PART),
  y: text.slice(PART, 2 * PART),
  d: text.slice(2 * PART),
})
