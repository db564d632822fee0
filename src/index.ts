/**
 * Tandem in the browser: an app's own session kept in step with the user's session at the IDP.
 *
 *     const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) })
 *     const state = await client.start()
 *     if (state.status === 'unauthenticated') await client.login()
 */
export { createSessionClient } from './client/client.js'
export type { SessionClient } from './client/client.js'
export type { LoginOptions, LogoutOptions, SessionClientOptions } from './client/options.js'
export type { StateListener } from './client/runtime.js'

export { bffClient } from './client/bff-client.js'
export type { BffClient, BffClientOptions, MediatedBffClient } from './client/bff-client.js'
export { browserClient } from './client/browser-client.js'
export type { BrowserClient, BrowserClientOptions } from './client/browser-client.js'
export type { OAuthClient, Resource, TokenHolder } from './client/oauth-client.js'

export type {
  Claims,
  Criteria,
  IdpEnd,
  IdpEndPolicy,
  Renewal,
  Session,
  SessionState,
} from './session/session.js'
export type { SessionEvents } from './session/events.js'

export {
  BffError,
  CallbackError,
  ConfigurationError,
  NetworkError,
  OAuthError,
  SessionEndedError,
  SessionError,
} from './errors.js'
export type {
  BffProblemCode,
  CallbackErrorCode,
  EndReason,
  OAuthErrorCode,
  SessionErrorCode,
} from './errors.js'
