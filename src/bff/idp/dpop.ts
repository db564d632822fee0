/** Proofs of possession toward the IDP (RFC 9449 §5, §7): made by the protocol library, with the key of a session. */
import * as oidc from 'openid-client'
import { keyPairOf } from '../dpop/key.js'
import type { DpopKey } from '../dpop/key.js'
import type { Provider } from './metadata.js'

/**
 * What makes a request of the protocol library carry a proof; nothing without a key. Where the IDP wants a nonce the library asks once more with
 * it (§8), and what the IDP gave last is used at once by the next request of whatever session.
 */
export async function dpopOptions(
  { client, nonces }: Pick<Provider, 'client' | 'nonces'>,
  key: DpopKey | undefined,
): Promise<oidc.DPoPOptions> {
  if (key === undefined) return {}
  const withNonce: oidc.ModifyAssertionFunction = (_header, payload) => {
    const nonce = nonces.get(new URL(String(payload['htu'])).origin)
    if (nonce !== undefined) payload['nonce'] = nonce
  }
  return { DPoP: oidc.getDPoPHandle(client, await keyPairOf(key), { [oidc.modifyAssertion]: withNonce }) }
}
