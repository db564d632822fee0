/** The key that this BFF signs with as the IDP's client: client assertions (RFC 7523) and request objects (RFC 9101). */
import { importJWK } from 'jose'
import type { CryptoKey } from 'jose'
import * as oidc from 'openid-client'
import type { PrivateKeyJwk } from './options.js'

/** What signs, and how, for the protocol library. */
export interface Signer {
  readonly key: oidc.PrivateKey
  /** The algorithm as the IDP calls it, and times by the clock given. */
  readonly assertion: oidc.ModifyAssertionOptions
}

/** How long something that was signed is good, s, and how long before now it may be used already: the IDP's clock may be behind. */
export interface Validity {
  readonly lasts: number
  /** `null`: it does not say (RFC 7523 §3, 6). */
  readonly before: number | null
}

// Most common first: a key says nothing of the scheme it is registered for.
const RSA = ['RS256', 'PS256', 'RS384', 'PS384', 'RS512', 'PS512']
const byCurve: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  // RFC 8037's name, and RFC 9864's for the same.
  Ed25519: ['EdDSA', 'Ed25519'],
}

/** The algorithms a key can sign with, the one it is to be used with first. Empty: it is of no use here. */
export const algorithmsOf = ({ kty, crv }: PrivateKeyJwk): readonly string[] =>
  kty === 'RSA' ? RSA : (byCurve[crv ?? ''] ?? [])

/** The algorithm to sign with: the key's own `alg`, else the first of its type that the IDP's metadata lists. */
export function algorithmOf(key: PrivateKeyJwk, supported: unknown): string {
  const [first = '', ...others] = algorithmsOf(key)
  const takes = (alg: string): boolean => Array.isArray(supported) && supported.includes(alg)
  return key.alg ?? [first, ...others].find(takes) ?? first
}

const imported = new WeakMap<PrivateKeyJwk, Map<string, Promise<CryptoKey>>>()

/** The key, ready to sign with an algorithm of `supported`; `now` in ms. */
export async function signerOf(
  key: PrivateKeyJwk,
  supported: unknown,
  now: () => number,
  { lasts, before }: Validity,
): Promise<Signer> {
  const alg = algorithmOf(key, supported)
  return {
    key: { key: await cryptoKey(key, alg), ...(key.kid !== undefined && { kid: key.kid }) },
    assertion: {
      [oidc.modifyAssertion](header, payload) {
        const issued = Math.floor(now() / 1000)
        header['alg'] = alg
        Object.assign(payload, { iat: issued, exp: issued + lasts })
        if (before === null) delete payload['nbf']
        else payload['nbf'] = issued - before
      },
    },
  }
}

function cryptoKey(key: PrivateKeyJwk, alg: string): Promise<CryptoKey> {
  const known = imported.get(key) ?? new Map<string, Promise<CryptoKey>>()
  imported.set(key, known)
  const one = known.get(alg) ?? importKey(key, alg)
  known.set(alg, one)
  return one
}

async function importKey(jwk: PrivateKeyJwk, alg: string): Promise<CryptoKey> {
  const { use: _use, key_ops: _operations, ...key } = jwk
  const made = await importJWK({ ...key, kty: key.kty ?? '' }, alg, { extractable: false })
  if (made instanceof Uint8Array) throw new TypeError('A symmetric key signs nothing here.')
  return made
}
