import { startIdp, type Idp, type IdpOptions } from '../../demo/idp/index.js'

export {
  BFF_CLIENT_ID,
  BFF_CLIENT_SECRET,
  DEMO_RESOURCE,
  SPA_CLIENT_ID,
  type Fault,
  type Idp,
  type IdpOptions,
  type TokenRequest,
} from '../../demo/idp/index.js'

/** The application's origin where a test names none. */
export const APP_ORIGIN = 'https://app.test'

/**
 * The demo's provider for a test: on a free port, keys in memory, lifetimes that do not run out during a
 * test unless it shortens them. `await idp.close()` when done.
 */
export const startTestIdp = (options: IdpOptions = {}): Promise<Idp> =>
  startIdp({
    appOrigins: [APP_ORIGIN],
    ...options,
    lifetimes: { accessToken: 300, ...options.lifetimes },
  })
