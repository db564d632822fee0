/** How this BFF shows the IDP that it is its client (RFC 6749 §2.3, OpenID Connect Core §9): by a secret, or by a key of its own. */
import * as oidc from 'openid-client'
import { signerOf } from './client-key.js'
import type { ClientAuthMethod, PrivateKeyJwk, ResolvedIdpOptions } from './options.js'

type Credentials = Pick<ResolvedIdpOptions, 'clientSecret' | 'privateKey' | 'tokenEndpointAuthMethod'>
type Supported = Pick<
  oidc.ServerMetadata,
  'token_endpoint_auth_methods_supported' | 'token_endpoint_auth_signing_alg_values_supported'
>

/**
 * The way to authenticate, at every endpoint alike: as configured; else by the key where there is no secret; else by the IDP's metadata, whose
 * default is `client_secret_basic`. `now` in ms.
 */
export function clientAuth(
  { clientSecret, privateKey, tokenEndpointAuthMethod }: Credentials,
  metadata: Supported,
  now: () => number,
): oidc.ClientAuth {
  const { token_endpoint_auth_methods_supported: supported = ['client_secret_basic'] } = metadata
  const bySecret: ClientAuthMethod =
    !supported.includes('client_secret_basic') && supported.includes('client_secret_post')
      ? 'client_secret_post'
      : 'client_secret_basic'
  const method = tokenEndpointAuthMethod ?? (clientSecret === null ? 'private_key_jwt' : bySecret)
  // What is missing was refused at start.
  if (method === 'private_key_jwt' && privateKey !== null)
    return byKey(privateKey, metadata.token_endpoint_auth_signing_alg_values_supported, now)
  return method === 'client_secret_post'
    ? oidc.ClientSecretPost(clientSecret ?? '')
    : basic(clientSecret ?? '')
}

/** How long a client assertion is good, s. It is used at once, and once. */
const ASSERTION = { lasts: 60, before: null }

/**
 * `private_key_jwt`: a new assertion for each request, for this IDP alone: its audience is the issuer, whichever endpoint it is shown to, so
 * that nobody who gets it can use it elsewhere (RFC 7523 §3).
 */
const byKey =
  (key: PrivateKeyJwk, supported: readonly string[] | undefined, now: () => number): oidc.ClientAuth =>
  async (server, client, body, headers) => {
    const { key: one, assertion } = await signerOf(key, supported, now, ASSERTION)
    await oidc.PrivateKeyJwt(one, assertion)(server, client, body, headers)
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
