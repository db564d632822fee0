/**
 * The entry `tandem-session/mosaic`: a Mosaic tenant as options for `browserClient` and `createBff`.
 *
 *     const tenant = mosaic({ region: 'eu', clientId: 'app', clientSecret })
 *     createBff({ ...tenant.bff, origin, secrets })
 *     browserClient({ ...tenant.browser, redirectUri })
 */
import { faultsIn, mosaicBff, requestOf } from './mosaic-bff.js'
import type { MosaicBff, MosaicRequest } from './mosaic-bff.js'
import { refuseAll } from './mosaic-faults.js'
import { settingNames } from './mosaic-options.js'
import type { MosaicOptions, MosaicSettings } from './mosaic-options.js'
import { endpointsAt, placeOf } from './mosaic-place.js'
import type { Place } from './mosaic-place.js'

export type { MosaicBff } from './mosaic-bff.js'
export { mosaicAcr } from './mosaic-options.js'
export type {
  MosaicAcr,
  MosaicClaims,
  MosaicOptions,
  MosaicPrompt,
  MosaicRegion,
  MosaicSettings,
} from './mosaic-options.js'

/** A tenant's options for `browserClient`. */
export interface MosaicBrowser extends MosaicRequest {
  readonly authority: string
  readonly clientId: string
  readonly metadata: { readonly issuer: string; readonly [name: string]: string }
  readonly revokeAccessToken: true
  readonly checkSession: false
}

/**
 * A tenant's options for both houses. What is written after them wins, but mind that `authorizationParams` is one object.
 * @throws ConfigurationError naming every option that is wrong, and the fix
 */
export function mosaic(options: MosaicOptions): { readonly browser: MosaicBrowser; readonly bff: MosaicBff } {
  const { clientId, clientSecret, ...settings } = options ?? {}
  const unknown = Object.keys(settings).filter((name) => !settingNames.some((known) => known === name))
  const fix = `is not an option here. Remove it, or use one of: ${settingNames.join(', ')}.`
  const isNamed = typeof clientId === 'string' && clientId !== ''
  refuseAll([
    ...unknown.map((option) => ({ option, message: fix })),
    ...(isNamed ? [] : [{ option: 'clientId', message: 'must be the client’s ID at Mosaic.' }]),
    ...faultsIn(settings),
  ])
  const { idp, session } = mosaicBff(settings)
  return {
    browser: browserOf(settings, clientId),
    // A client may have a key instead: what is missing is for the BFF to say.
    bff: { idp: { ...idp, clientId, ...(clientSecret !== undefined && { clientSecret }) }, session },
  }
}

function browserOf(settings: MosaicSettings, clientId: string): MosaicBrowser {
  const { issuer, authority, isApiHost } = placeOf(settings) as Place
  return {
    authority,
    clientId,
    ...requestOf(settings),
    // Whether pages may read the metadata is not known; where its endpoints are is.
    metadata: isApiHost ? { issuer, ...endpointsAt(authority) } : { issuer },
    revokeAccessToken: true,
    // Mosaic documents no check_session_iframe.
    checkSession: false,
  }
}
