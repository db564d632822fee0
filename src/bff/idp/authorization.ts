/** How an authorization request gets to the IDP: in the address, as a signed request object (RFC 9101), pushed before (RFC 9126). */
import * as oidc from 'openid-client'
import type { Edges } from '../edges.js'
import { signerOf } from './client-key.js'
import { failureIn, NoAnswer } from './failures.js'
import type { Provider } from './metadata.js'
import type { ResolvedIdpOptions } from './options.js'

type Protection = Pick<ResolvedIdpOptions, 'privateKey' | 'pushedAuthorization' | 'signedRequestObject'>

/** How long a request object is good, s: the browser goes with it at once, but whose clock is right nobody knows. */
const REQUEST_OBJECT = { lasts: 300, before: 10 }

/**
 * The address to send the browser to with a request. Protected as its options say, else as the IDP's metadata has it: signed where that is required,
 * pushed where it is offered. Rejects with {@link NoAnswer}: a request is never sent with less protection than is due.
 */
export async function authorizationAddress(
  { client, metadata }: Pick<Provider, 'client' | 'metadata'>,
  request: URLSearchParams,
  { privateKey, pushedAuthorization, signedRequestObject }: Protection,
  edges: Pick<Edges, 'now'>,
): Promise<string> {
  let parameters = request
  if (signedRequestObject ?? metadata['require_signed_request_object'] === true) {
    if (privateKey === null)
      throw refused(
        'request_object_unsigned',
        'The IDP takes signed request objects only (require_signed_request_object), and there is no key to sign them with. Set idp.privateKey.',
        'invalid_request_object',
      )
    parameters = await signed(privateKey)
  }
  // Without it the IDP would refuse, whatever was configured.
  const isRequired = metadata['require_pushed_authorization_requests'] === true
  const isOffered = metadata.pushed_authorization_request_endpoint !== undefined
  if (!(isRequired || (pushedAuthorization ?? isOffered)))
    return oidc.buildAuthorizationUrl(client, parameters).href
  if (!isOffered)
    throw refused(
      'pushed_authorization_unknown',
      'The IDP’s metadata has no pushed_authorization_request_endpoint. Remove idp.pushedAuthorization, or ask the IDP for it.',
    )
  try {
    return (await oidc.buildAuthorizationUrlWithPAR(client, parameters)).href
  } catch (cause) {
    throw (
      failureIn(cause) ??
      refused(
        'pushed_authorization_failed',
        'The IDP did not take the authorization request that was pushed to it. Check how idp authenticates its client, or set idp.pushedAuthorization to false.',
        errorIn(cause),
        cause,
      )
    )
  }

  async function signed(key: NonNullable<Protection['privateKey']>): Promise<URLSearchParams> {
    const supported = metadata.request_object_signing_alg_values_supported
    try {
      const signer = await signerOf(key, supported, edges.now, REQUEST_OBJECT)
      const address = await oidc.buildAuthorizationUrlWithJAR(client, request, signer.key, signer.assertion)
      return new URLSearchParams({ request: address.searchParams.get('request') ?? '' })
    } catch (cause) {
      throw refused(
        'request_object_failed',
        'The authorization request could not be signed. Check idp.privateKey, and that idp.authorizationParams.claims is JSON.',
        'invalid_request_object',
        cause,
      )
    }
  }
}

/** Nobody's session is to blame. The log shows `code`, the user's address `error`. */
function refused(code: string, message: string, error?: string, cause?: unknown): NoAnswer {
  const why = Object.assign(new TypeError(message, { cause }), { code })
  return new NoAnswer(message, { lost: false, error, cause: why })
}

/** The OAuth error of an endpoint: in its body, or a challenge of the client's authentication (RFC 6749 §5.2). */
function errorIn(cause: unknown): string | undefined {
  if (cause instanceof oidc.WWWAuthenticateChallengeError) return 'invalid_client'
  if (!(cause instanceof oidc.ResponseBodyError)) return undefined
  return /^[\w.-]{1,64}$/.test(cause.error) ? cause.error : 'oauth_error'
}
