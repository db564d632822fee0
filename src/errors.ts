/**
 * The whole error vocabulary, for both houses. Every error has a literal `code` to switch on, a message that says
 * what happened and what to do, and the `cause` it came from.
 */

/** Codes of problems the BFF answers with (RFC 9457 `code` member). */
export type BffProblemCode =
  | 'csrf_failed'
  | 'login_required'
  | 'criteria_unmet'
  | 'session_conflict'
  | 'upstream_unknown'
  | 'upstream_failed'
  | 'upstream_timeout'
  | 'idp_unavailable'
  | 'logout_token_invalid'
  | 'token_not_accepted'
  | 'invalid_request'
  | 'payload_too_large'
  | 'cookie_conflict'
  | 'login_loop'
  | 'stale_callback'
  | 'session_unknown'

/** What can be wrong with an answer at the redirect URI or with the ID token that came with it. */
export type CallbackErrorCode =
  | 'stale_callback'
  | 'login_loop'
  | 'state_mismatch'
  | 'issuer_mismatch'
  | 'id_token_invalid'
  | 'callback_invalid'

/** Error codes of RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6, RFC 8707 and RFC 9470, and Mosaic's `mfa_required`. A provider may send others. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'access_denied'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'interaction_required'
  | 'login_required'
  | 'account_selection_required'
  | 'consent_required'
  | 'unmet_authentication_requirements'
  | 'mfa_required'

/** Every literal `code` of a {@link SessionError}. */
export type SessionErrorCode =
  | 'configuration_invalid'
  | 'network_failed'
  | 'timeout'
  | 'session_ended'
  | 'not_started'
  | 'gesture_required'
  | BffProblemCode
  | CallbackErrorCode
  | OAuthErrorCode

/** End of an app session, the same words everywhere: `reason`, `ended_by`, tombstones, logs (DESIGN §3). */
export type EndReason =
  | 'logout'
  | 'idp_session_over'
  | 'app_session_over'
  | 'user_changed'
  | 'replaced'
  | 'revoked'
  | 'binding'
  | 'refresh_lost'
  | 'unknown'

/** Base of every error of ours. Programmer mistakes in calling a function are plain `TypeError`s instead. */
export class SessionError extends Error {
  override readonly name: string = 'SessionError'
  declare readonly code: SessionErrorCode

  constructor(code: SessionErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** An option is missing or wrong. Names the option and the fix; thrown when the client or BFF is made, or criteria are given, never later. */
export class ConfigurationError extends SessionError {
  override readonly name = 'ConfigurationError'
  declare readonly code: 'configuration_invalid'
  /** The option, as written in code or in the configuration file, e.g. `idp.issuer`. */
  declare readonly option: string

  constructor(option: string, message: string, options?: { cause?: unknown }) {
    super('configuration_invalid', `${option}: ${message}`, options)
    this.option = option
  }
}

/** The answer at the redirect URI, or the ID token it led to, did not pass a check (OpenID Connect Core §3.1.3.7, RFC 9207). */
export class CallbackError extends SessionError {
  override readonly name = 'CallbackError'
  declare readonly code: CallbackErrorCode

  constructor(code: CallbackErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options)
  }
}

/** The IDP answered with an OAuth error. `error`, `error_description` and `error_uri` keep their wire names (RFC 6749 §5.2). */
export class OAuthError extends SessionError {
  override readonly name = 'OAuthError'
  declare readonly code: OAuthErrorCode
  declare readonly error: string
  declare readonly error_description: string | undefined
  declare readonly error_uri: string | undefined

  constructor(
    wire: { error: string; error_description?: string | undefined; error_uri?: string | undefined },
    options?: { cause?: unknown },
  ) {
    const detail = wire.error_description === undefined ? '' : ` (${wire.error_description})`
    super(
      wire.error as OAuthErrorCode,
      `The identity provider answered "${wire.error}"${detail}. Let the user try again, or check the client's registration.`,
      options,
    )
    this.error = wire.error
    this.error_description = wire.error_description
    this.error_uri = wire.error_uri
  }
}

/** No usable answer came: offline, time-out, 5xx, HTML instead of JSON. Never the end of a session. */
export class NetworkError extends SessionError {
  override readonly name = 'NetworkError'
  declare readonly code: 'network_failed' | 'timeout' | 'idp_unavailable'
  /** Whether trying the same again can help. */
  declare readonly retryable: boolean
  /** What a `Retry-After` header asked for, in ms. */
  declare readonly retryAfter: number | undefined

  constructor(
    code: 'network_failed' | 'timeout' | 'idp_unavailable',
    message: string,
    options: { cause?: unknown; retryable?: boolean; retryAfter?: number | undefined } = {},
  ) {
    super(code, message, options)
    this.retryable = options.retryable ?? true
    this.retryAfter = options.retryAfter
  }
}

/** The session this call was made for is over; `reason` says why. */
export class SessionEndedError extends SessionError {
  override readonly name = 'SessionEndedError'
  declare readonly code: 'session_ended'
  declare readonly reason: EndReason

  constructor(reason: EndReason, message?: string, options?: { cause?: unknown }) {
    super('session_ended', message ?? `There is no session (${reason}). Send the user to log in.`, options)
    this.reason = reason
  }
}

/** The BFF answered with a problem (RFC 9457). `problem` is its body. */
export class BffError extends SessionError {
  override readonly name = 'BffError'
  declare readonly code: BffProblemCode
  declare readonly status: number
  declare readonly problem: { readonly [member: string]: unknown }

  constructor(
    code: BffProblemCode,
    status: number,
    problem: { readonly [member: string]: unknown },
    options?: { cause?: unknown },
  ) {
    const detail =
      typeof problem['detail'] === 'string'
        ? problem['detail']
        : `The BFF answered ${status} ${code}; its log says why.`
    super(code, detail, options)
    this.status = status
    this.problem = problem
  }
}
