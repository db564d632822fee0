/** Keys of a client, made for a test. */
import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { PrivateKeyJwk } from '../../src/bff/idp/options.js'

/** A key pair: the private part as the BFF takes it, the public one as it is registered at the IDP. */
export interface ClientKeys {
  readonly jwk: PrivateKeyJwk
  /** PKCS #8. */
  readonly pem: string
  readonly privateKey: KeyObject
  readonly publicJwk: { kty: string } & Record<string, unknown>
}

type Kind = 'P-256' | 'P-384' | 'P-521' | 'RSA' | 'Ed25519'

const pairOf = (kind: Kind) => {
  if (kind === 'RSA') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('ec', { namedCurve: kind })
}

/** A new pair. */
export function clientKeys(kind: Kind = 'P-256', kid?: string): ClientKeys {
  const { privateKey, publicKey } = pairOf(kind)
  const named = kid === undefined ? {} : { kid }
  return {
    jwk: { ...(privateKey.export({ format: 'jwk' }) as PrivateKeyJwk), ...named },
    pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    privateKey,
    publicJwk: {
      ...publicKey.export({ format: 'jwk' }),
      kty: kind === 'RSA' ? 'RSA' : kind === 'Ed25519' ? 'OKP' : 'EC',
      ...named,
    },
  }
}
