/** The nonces servers want to see in proofs (RFC 9449 §8, §9), each remembered for whoever gave it. */

/** Nonces by origin. */
export interface Nonces {
  /** The newest one an origin has given. */
  get(origin: string): string | undefined
  /** Takes note of a `DPoP-Nonce` header, where there is one. What is no nonce is passed over. */
  note(origin: string, header: string | null | undefined): void
}

/** Of how many origins nonces are remembered; the one that was heard of longest ago is forgotten first. */
const MOST = 100

/** RFC 9449 §8.1, and no longer than what fits into a head with everything else. */
const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/

/** Makes the memory. Nonces of the IDP and of APIs do not belong into the same one: each server knows its own alone. */
export function createNonces(): Nonces {
  const known = new Map<string, string>()
  return {
    get: (origin) => known.get(origin),
    note(origin, header) {
      if (typeof header !== 'string' || !NONCE.test(header)) return
      known.delete(origin)
      known.set(origin, header)
      for (const oldest of known.keys()) {
        if (known.size <= MOST) break
        known.delete(oldest)
      }
    },
  }
}
