import type { ClientMetadata } from 'oidc-provider'

/** Client identifier of pages that hold tokens themselves (a public client). */
export const SPA_CLIENT_ID = 'tandem-spa'
/** Client identifier of the BFF (a confidential client). */
export const BFF_CLIENT_ID = 'tandem-bff'
/** Secret of the BFF's client. For the demo and for tests only: it is published with the source. */
export const BFF_CLIENT_SECRET = 'demo-and-test-secret-not-for-production'

/** Where the applications are sent back to after a login, unless `redirectUris` says otherwise. */
export const REDIRECT_PATHS: readonly string[] = [
  '/bff/callback',
  '/callback',
  '/callback.html',
  '/silent.html',
  '/',
  '/spa/',
  '/react/',
  '/vue/',
]

/** Where the applications are sent back to after a logout at the provider. */
export const POST_LOGOUT_PATHS: readonly string[] = [
  '/',
  '/spa/',
  '/react/',
  '/vue/',
  '/signed-out',
  '/bff/logout/callback',
]

/** Where the BFF of an application takes logout tokens. */
export const BACKCHANNEL_LOGOUT_PATH = '/bff/backchannel-logout'

const onOrigins = (uris: readonly string[], origins: readonly string[]): string[] => {
  const resolved = uris.flatMap((uri) =>
    uri.startsWith('/') ? origins.map((origin) => new URL(uri, origin).href) : [uri],
  )
  return [...new Set(resolved)]
}

/** The two clients of the demo, with their URIs on the applications' origins. */
export const demoClients = (
  origins: readonly string[],
  redirectUris: readonly string[] = REDIRECT_PATHS,
  postLogoutUris: readonly string[] = POST_LOGOUT_PATHS,
): ClientMetadata[] => {
  const [first] = origins
  const shared = {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code' as const],
    redirect_uris: onOrigins(redirectUris, origins),
    post_logout_redirect_uris: onOrigins(postLogoutUris, origins),
  }
  return [
    {
      ...shared,
      client_id: SPA_CLIENT_ID,
      client_name: 'Tandem demo',
      token_endpoint_auth_method: 'none',
    },
    {
      ...shared,
      client_id: BFF_CLIENT_ID,
      client_name: 'Tandem demo',
      client_secret: BFF_CLIENT_SECRET,
      token_endpoint_auth_method: 'client_secret_basic',
      // A client has one such address: that of the first application.
      ...(first !== undefined && {
        backchannel_logout_uri: new URL(BACKCHANNEL_LOGOUT_PATH, first).href,
        backchannel_logout_session_required: true,
      }),
    },
  ]
}
