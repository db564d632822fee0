/**
 * Tandem keeps an app's own session and the user's session at the identity provider in step.
 * The browser entry: `createSessionClient`, and the two ways to hold tokens. Re-exports only.
 */
export { createSessionClient } from './client/client.js'
export type { SessionClient } from './client/client.js'
export type { LoginOptions, LogoutOptions, SessionClientOptions } from './client/options.js'
export { bffClient } from './client/bff-client.js'
export type { BffClient, BffClientOptions, MediatedBffClient } from './client/bff-client.js'
export type { OAuthClient, Resource, TokenHolder } from './client/oauth-client.js'
export type { StateListener } from './client/runtime.js'
export type { SessionEvents } from './session/events.js'
export type {
  Claims,
  Criteria,
  IdpEnd,
  IdpEndPolicy,
  Renewal,
  Session,
  SessionState,
} from './session/session.js'
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
