/** Where the IDP is, as far as the options tell. */
import type { ResolvedOptions } from '../options.js'

/** The origins of the issuer and of its metadata, which may be on two hosts. */
export function idpOrigins({ issuer, discoveryUrl }: ResolvedOptions['idp']): readonly string[] {
  const origins = [issuer, discoveryUrl ?? issuer].map((address) => new URL(address).origin)
  return [...new Set(origins)]
}
