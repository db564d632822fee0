/** The IDP's public keys (`jwks_uri`): fetched when first needed, now and then again, and at once where a token names one that is not among them. */
import { createRemoteJWKSet, customFetch, errors } from 'jose'
import type { JWTVerifyGetKey } from 'jose'
import type { Edges } from '../edges.js'

/** How soon after an unknown key another one may make the keys be fetched again, ms: forged tokens do not make the BFF a burden to the IDP. */
const COOLDOWN = 30_000

/** The keys at an address, `timeout` in seconds. Fetches nothing yet. */
export function createKeys(
  address: string,
  timeout: number,
  edges: Pick<Edges, 'fetch' | 'now'>,
): JWTVerifyGetKey {
  const known = createRemoteJWKSet(new URL(address), {
    [customFetch]: (url, init) => edges.fetch(url, init as RequestInit),
    timeoutDuration: timeout * 1000,
    // It counts from any fetch: a key that was changed right after one would be refused.
    cooldownDuration: Infinity,
  })
  let coolUntil = -Infinity
  let reloading: Promise<void> | undefined
  return async (header, token) => {
    try {
      return await known(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (reloading === undefined) {
        if (edges.now() < coolUntil) throw error
        coolUntil = edges.now() + COOLDOWN
        reloading = known.reload().finally(() => (reloading = undefined))
      }
      await reloading
      return known(header, token)
    }
  }
}
