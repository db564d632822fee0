/** Proofs for requests to APIs with an access token that is bound to a key (RFC 9449 §4.2, §7). Those for the IDP are the protocol library's. */
import { SignJWT } from 'jose'
import { sha256, toBase64Url } from '../bytes.js'
import type { Edges } from '../edges.js'
import { challengesIn, wantsNonce } from '../upstream/challenges.js'
import { DPOP_ALGORITHM, keyPairOf, publicPartOf } from './key.js'
import type { DpopKey } from './key.js'
import { createNonces } from './nonces.js'

/** An access token and the key it is bound to. */
export interface BoundToken {
  readonly value: string
  readonly dpopKey: DpopKey
}

/** Where a request goes. */
export interface ProofTarget {
  readonly method: string
  readonly origin: string
  /** Its path as it is sent, without query and fragment. */
  readonly path: string
}

/** One request with a bound token, sent once, or twice where its server asks for a nonce. */
export interface BoundCall {
  /** `Authorization` and `DPoP` for the first try: names and values in turn. */
  readonly headers: readonly string[]
  /** The same for another try: no proof is sent twice (RFC 9449 §7.3). */
  again(): Promise<readonly string[]>
  /**
   * Hears an answer, by its status and its `DPoP-Nonce` and `WWW-Authenticate`: the nonce is remembered for all that follows. Whether the request is
   * to be sent again with it (§9): nothing of it was executed then.
   */
  heard(status: number, nonce: string | null, challenge: string | null): boolean
}

/** Makes proofs. */
export interface Proofs {
  begin(token: BoundToken, target: ProofTarget): Promise<BoundCall>
}

/** 128 random bits: none is ever made twice (§4.2 wants 96). */
const ID_BYTES = 16

/** Makes them. Nonces are remembered by the origin that gave them, for the tokens of everybody. */
export function createProofs({ now, random }: Pick<Edges, 'now' | 'random'>): Proofs {
  const nonces = createNonces()

  return {
    async begin({ value, dpopKey }, { method, origin, path }) {
      const { privateKey } = await keyPairOf(dpopKey)
      const ath = await sha256(value)
      const again = async (): Promise<readonly string[]> => {
        const nonce = nonces.get(origin)
        const claims = { htm: method, htu: origin + path, ath, ...(nonce !== undefined && { nonce }) }
        const proof = await new SignJWT(claims)
          .setProtectedHeader({ alg: DPOP_ALGORITHM, typ: 'dpop+jwt', jwk: publicPartOf(dpopKey) })
          .setJti(toBase64Url(random(ID_BYTES)))
          .setIssuedAt(Math.floor(now() / 1000))
          .sign(privateKey)
        return ['authorization', `DPoP ${value}`, 'dpop', proof]
      }
      return {
        headers: await again(),
        again,
        heard(status, nonce, challenge) {
          nonces.note(origin, nonce)
          return status === 401 && nonce !== null && challengesIn(challenge ?? '').some(wantsNonce)
        },
      }
    },
  }
}
