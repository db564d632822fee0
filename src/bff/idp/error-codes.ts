/** OAuth error codes that logs and metrics show as they are. Nothing that somebody else wrote gets there: what is not among these is `other`. */

/** Those of the IANA registry (OAuth Extensions Error), by the specification that has them, and what this project and its providers add. */
const codes = [
  // RFC 6749 §4.1.2.1, §5.2
  'invalid_request unauthorized_client access_denied unsupported_response_type invalid_scope server_error temporarily_unavailable',
  'invalid_client invalid_grant unsupported_grant_type',
  // RFC 6750 §3.1, RFC 7009 §2.2.1, RFC 9470 §3
  'invalid_token insufficient_scope unsupported_token_type insufficient_user_authentication',
  // OpenID Connect Core §3.1.2.6, Initiating User Registration, Unmet Authentication Requirements
  'interaction_required login_required account_selection_required consent_required invalid_request_uri invalid_request_object',
  'request_not_supported request_uri_not_supported registration_not_supported unmet_authentication_requirements',
  // OAuth 2.0 Multiple Response Types, JARM
  'unsupported_response_mode',
  // RFC 7591 §3.2.2
  'invalid_redirect_uri invalid_client_metadata invalid_software_statement unapproved_software_statement',
  // RFC 8628 §3.5, RFC 8707 §2, RFC 9396 §5, RFC 9449 §5, §8
  'authorization_pending slow_down expired_token invalid_target invalid_authorization_details invalid_dpop_proof use_dpop_nonce',
  // CIBA §11, §13, UMA 2.0 §3.3.6
  'transaction_failed expired_login_hint_token unknown_user_id missing_user_code invalid_user_code invalid_binding_message',
  'need_info request_denied request_submitted',
  // OpenID Federation §8.9
  'invalid_issuer invalid_subject invalid_trust_anchor invalid_trust_chain invalid_metadata not_found unsupported_parameter',
  // Mosaic's own, and a refusal that names none
  'mfa_required oauth_error',
].flatMap((line) => line.split(' '))

/** Every code that is known. */
export const oauthErrorCodes: ReadonlySet<string> = new Set(codes)

/** The code, or `other`. */
export const knownOAuthError = (code: string): string => (oauthErrorCodes.has(code) ? code : 'other')
