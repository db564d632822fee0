/** A Mosaic tenant as options of a BFF, and what every login at it asks for. */
import { faultsOf } from './mosaic-faults.js'
import type { MosaicFault } from './mosaic-faults.js'
import { settingChecks } from './mosaic-options.js'
import type { MosaicPrompt, MosaicSettings } from './mosaic-options.js'
import { issuerCheck, placeOf } from './mosaic-place.js'
import type { Place } from './mosaic-place.js'

/** What every authorization request has. */
export interface MosaicRequest {
  readonly scope: string
  readonly authorizationParams: Readonly<Record<string, string>>
  readonly singleResource: true
  readonly supportedPrompts?: readonly MosaicPrompt[]
}

/** A tenant's options for `createBff`. */
export interface MosaicBff {
  readonly idp: MosaicRequest & {
    readonly issuer: string
    readonly discoveryUrl: string
    readonly clientId: string
    /** As it was given. */
    readonly clientSecret?: string
    readonly tokenEndpointAuthMethod: 'client_secret_post'
    readonly revokeAccessToken: true
    /** Its metadata offers it; that every client may is not said. */
    readonly pushedAuthorization: false
    /** Not for a custom domain: give `url` the API host there. */
    readonly sessionsApi?: { readonly url: string }
  }
  readonly session: { readonly idpLifetime: number }
}

/** How long a session lasts where its client says nothing, s: 14 days. */
const TWO_WEEKS = 1_209_600

/** Everything that is wrong with what is told of a tenant. */
export function faultsIn(settings: MosaicSettings): readonly MosaicFault[] {
  const place = placeOf(settings)
  return [...('option' in place ? [place] : []), ...faultsOf(settings, { ...issuerCheck, ...settingChecks })]
}

/** The options of a BFF, but for its client. `settings`: nothing is wrong with them, unless the place is told beside them. */
export function mosaicBff(
  settings: MosaicSettings,
  { issuer, authority, discoveryUrl, isApiHost } = placeOf(settings) as Place,
): {
  readonly idp: Omit<MosaicBff['idp'], 'clientId' | 'clientSecret'>
  readonly session: MosaicBff['session']
} {
  return {
    idp: {
      issuer,
      discoveryUrl,
      tokenEndpointAuthMethod: 'client_secret_post',
      ...requestOf(settings),
      revokeAccessToken: true,
      pushedAuthorization: false,
      ...(isApiHost && { sessionsApi: { url: new URL(authority).origin } }),
    },
    session: { idpLifetime: settings.sessionExpiration ?? TWO_WEEKS },
  }
}

/** What every authorization request asks for. */
export function requestOf(settings: MosaicSettings): MosaicRequest {
  const { scope, resource, claims, acrValues = [], supportedPrompts } = settings
  const canConsent = supportedPrompts?.includes('consent') ?? true
  const asked = scope ?? (canConsent ? 'openid offline_access' : 'openid')
  const acr = [acrValues].flat().join(' ')
  return {
    scope: asked,
    authorizationParams: {
      // Without it there is no refresh token, and no error either.
      ...(asked.split(' ').includes('offline_access') && { prompt: 'consent' }),
      ...(resource !== undefined && { resource }),
      ...(claims !== undefined && { claims: JSON.stringify(claims) }),
      ...(acr !== '' && { acr_values: acr }),
    },
    singleResource: true,
    ...(supportedPrompts !== undefined && { supportedPrompts }),
  }
}
