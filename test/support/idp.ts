import { createKeys, startIdp, type Idp, type IdpKeys, type IdpOptions } from '../../demo/idp/index.js'

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

let keys: Promise<IdpKeys> | null = null

/**
 * The demo's provider for a test: on a free port, with keys made once per test file, lifetimes that do not run out during a
 * test unless it shortens them. `await idp.close()` when done.
 */
export const startTestIdp = async (options: IdpOptions = {}): Promise<Idp> => {
  keys ??= createKeys()
  return startIdp({
    appOrigins: [APP_ORIGIN],
    keys: await keys,
    ...options,
    lifetimes: { accessToken: 300, ...options.lifetimes },
  })
}

/** A provider that keeps to OpenID Connect Core §5.4: its ID tokens say who the user is, and its UserInfo endpoint the rest. */
export const TELLS_AT_USERINFO: IdpOptions = {
  resource: null,
  configure: ({ claims, ...configuration }) => ({
    ...configuration,
    claims: { ...claims, openid: ['sub', 'auth_time'] },
    conformIdTokenClaims: true,
  }),
}
