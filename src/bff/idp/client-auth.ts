/** How this BFF shows its secret to the IDP (RFC 6749 §2.3.1, OpenID Connect Core §9). */
import * as oidc from 'openid-client'
import type { ClientAuthMethod, ResolvedOptions } from '../options.js'

/** The way to authenticate: as configured, else by the IDP's metadata, whose default is `client_secret_basic`. */
export function clientAuth(
  { clientSecret, tokenEndpointAuthMethod }: ResolvedOptions['idp'],
  supported: readonly string[] = ['client_secret_basic'],
): oidc.ClientAuth {
  const method: ClientAuthMethod =
    tokenEndpointAuthMethod ??
    (!supported.includes('client_secret_basic') && supported.includes('client_secret_post')
      ? 'client_secret_post'
      : 'client_secret_basic')
  return method === 'client_secret_post' ? oidc.ClientSecretPost(clientSecret) : basic(clientSecret)
}

/**
 * `client_secret_basic` with no more escapes than are needed. The protocol library also escapes `-`, `_` and `.`: providers that
 * decode nothing then know neither client nor secret, and the others read both the same.
 */
const basic =
  (secret: string): oidc.ClientAuth =>
  (_metadata, client, _body, headers) =>
    headers.set('authorization', `Basic ${btoa(`${formEncoded(client.client_id)}:${formEncoded(secret)}`)}`)

const formEncoded = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+')
