/**
 * The entry `tandem-session/bff`: the backend-for-frontend. Runs wherever there are `Request` and `Response`; the SQLite store and the
 * adapter for node:http are loaded only where they are used.
 */
export { createBff } from './bff.js'
export type { Bff, FetchHandler, RequestOrigin, RouteHandler } from './bff.js'
export type { Administration, SessionSummary } from './administration.js'
export type { IdpSession, IdpSessionFilter } from './idp-sessions/api.js'
export type { IdpSessions, RevocationError, Revoked } from './idp-sessions/idp-sessions.js'
export type { Edges } from './edges.js'
export type { Log, LogEntry } from './log.js'
export type {
  NodeAdapter,
  NodeHandler,
  NodeMiddleware,
  NodeNext,
  NodeRequest,
  NodeResponse,
} from './node/adapter.js'
export type { Timeouts } from './node/options.js'
export type {
  ClientAuthMethod,
  IdpOptions,
  PrivateKeyJwk,
  PrivateKeyPem,
  ResponseMode,
} from './idp/options.js'
export type {
  AcceptTokensOptions,
  BffConfiguration,
  BffOptions,
  BindingOptions,
  BoundProperty,
  ClientAddressHeader,
  CookieOptions,
  MismatchPolicy,
  PresetBffConfiguration,
  PresetBffOptions,
  ServerOptions,
  SessionOptions,
  UpstreamOptions,
} from './options.js'
export type { RateLimitOptions, RateOptions } from './rate-limit/options.js'
export type { Rate } from './rate-limit/rate.js'
export type { RouteContext } from './route.js'
export type { UserFilter } from './sessions/sessions.js'
export type { PolicyOptions, StaticOptions } from './static/options.js'
export { memoryStore } from './stores/memory.js'
export type {
  Found,
  News,
  NewsListener,
  SessionFilter,
  SessionRecord,
  SessionStore,
  Tombstone,
} from './stores/store.js'
export * from '../errors.js'
export type { Claims, Criteria, IdpEnd, IdpEndPolicy, Session } from '../session/session.js'
