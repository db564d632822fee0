import { BACKCHANNEL_LOGOUT_PATH, POST_LOGOUT_PATHS, REDIRECT_PATHS } from '../idp/clients.js'
import type { MosaicClient } from './clients.js'
import type { MosaicResource } from './resources.js'

/** The confidential web client of the BFF. */
export const WEB_CLIENT_ID = 'mosaic-web'
/** Another application of the same tenant. */
export const OTHER_CLIENT_ID = 'mosaic-other'
/** A client that signs nobody in, with the permissions for the sessions API. */
export const ADMIN_CLIENT_ID = 'mosaic-admin'
/** The same, without any permission. */
export const POWERLESS_CLIENT_ID = 'mosaic-powerless'
/** Secret of each of them. For the demo and for tests only: it is published with the source. */
export const MOSAIC_CLIENT_SECRET = 'mosaic-demo-and-test-secret-not-for-production'

/** The demo's API, attached to both web clients. */
export const ORDERS_RESOURCE = 'urn:tandem:demo-api'
/** A second resource, attached to both. */
export const REPORTS_RESOURCE = 'https://reports.example'
/** One that exists and is attached to nobody. */
export const UNATTACHED_RESOURCE = 'https://payroll.example'

/** The resources of the demo's tenant. */
export const demoResources = (): MosaicResource[] => [
  { name: 'Orders', uri: ORDERS_RESOURCE },
  { name: 'Reports', uri: REPORTS_RESOURCE },
  { name: 'Payroll', uri: UNATTACHED_RESOURCE },
]

/** The redirect URIs of the demo clients on these origins. */
export const redirectUrisOn = (origins: readonly string[]): string[] => [
  ...new Set(
    origins.flatMap((origin) =>
      [...REDIRECT_PATHS, ...POST_LOGOUT_PATHS].map((path) => new URL(path, origin).href),
    ),
  ),
]

/** The four clients of the demo's tenant. */
export const demoTenantClients = (origins: readonly string[]): MosaicClient[] => {
  const [first] = origins
  const web = {
    client_secret: MOSAIC_CLIENT_SECRET,
    redirect_uris: redirectUrisOn(origins),
    resources: [ORDERS_RESOURCE, REPORTS_RESOURCE],
    ...(first === undefined ? {} : { backchannel_logout_uri: new URL(BACKCHANNEL_LOGOUT_PATH, first).href }),
  }
  const administration = {
    client_secret: MOSAIC_CLIENT_SECRET,
    response_types: [],
    app_id: 'app-admin',
    app_name: 'Administration',
  }
  const allowed = ['apps', 'app-admin', 'sessions'].flatMap((name) => [`${name}:read`, `${name}:delete`])
  return [
    { ...web, client_id: WEB_CLIENT_ID, app_id: 'app-web', app_name: 'Tandem demo' },
    { ...web, client_id: OTHER_CLIENT_ID, app_id: 'app-other', app_name: 'Another application' },
    { ...administration, client_id: ADMIN_CLIENT_ID, permissions: allowed, roles: ['session-administrator'] },
    { ...administration, client_id: POWERLESS_CLIENT_ID },
  ]
}
