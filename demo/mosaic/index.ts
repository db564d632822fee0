export type { ApiDoor, ApiRequest, SessionRecord } from './api.js'
export type { BackendTokens } from './backend.js'
export type { Clients, MosaicClient, PkceMode, PromptValue } from './clients.js'
export type { Clock } from './clock.js'
export {
  ADMIN_CLIENT_ID,
  MOSAIC_CLIENT_SECRET,
  ORDERS_RESOURCE,
  OTHER_CLIENT_ID,
  POWERLESS_CLIENT_ID,
  REPORTS_RESOURCE,
  UNATTACHED_RESOURCE,
  WEB_CLIENT_ID,
} from './demo-tenant.js'
export { DAY, LONGEST_SESSION, TWO_WEEKS } from './durations.js'
export type { Door, Limits } from './limits.js'
export { startMosaic, type Mosaic } from './mosaic.js'
export {
  DEFAULT_SETTINGS,
  US_ISSUER,
  type LogoutScope,
  type MosaicOptions,
  type MosaicSettings,
} from './options.js'
export type { MosaicResource, Resources, TokenLifetimes } from './resources.js'
