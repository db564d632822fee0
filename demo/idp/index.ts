export { AUTHENTICATION_CLASSES } from './acr.js'
export {
  BFF_CLIENT_ID,
  BFF_CLIENT_SECRET,
  POST_LOGOUT_PATHS,
  REDIRECT_PATHS,
  SPA_CLIENT_ID,
  demoClients,
} from './clients.js'
export { createFaults, type Fault, type Faults } from './faults.js'
export { createKeys, loadKeys, type IdpKeys } from './keys.js'
export { startIdp, type Idp } from './idp.js'
export {
  DEFAULT_LIFETIMES,
  DEMO_RESOURCE,
  type IdpOptions,
  type Lifetimes,
  type Serve,
  type Settings,
} from './options.js'
export type { Endpoint, IdpRequest, TokenRequest } from './traffic.js'
export { demoUsers, type IdpUser } from './users.js'
