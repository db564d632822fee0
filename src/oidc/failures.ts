/** What an answer of the IDP comes to when it is not what was asked for. Only a refusal ends anything. */
import { CallbackError, ConfigurationError, NetworkError, OAuthError } from '../errors.js'
import type { CallbackErrorCode, SessionError, SessionErrorCode } from '../errors.js'
import type { Answer } from './http.js'
import { strings } from './jwt.js'
import type { Members } from './jwt.js'

/** Codes that say something about the client or the server, nothing about the user's session. */
const aboutClient = ['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope']
const aboutServer = ['server_error', 'temporarily_unavailable', 'slow_down']

/**
 * The tokens in an answer of the token endpoint (RFC 6749 §5).
 * A refusal: an OAuth error at 400, 401 or 403, or even 200, that is about the grant, or 400 or 401 with an empty body or with JSON
 * that names no error. No answer: everything else, such as 5xx, 429, 404, and HTML whatever the status.
 * @throws OAuthError for a refusal; NetworkError for no answer, with `retryable: false` where it is about the client; CallbackError
 *   for tokens of a type that is not known here: they are not to be used (RFC 6749 §7.1)
 */
export function tokensIn({ status, text, json, headers }: Answer, now: number): Members {
  if (status < 300 && typeof json?.['access_token'] === 'string') {
    const type = json['token_type'] || 'Bearer'
    if (/^bearer$/i.test(String(type))) return json
    const message = `The identity provider issued a token of type ${type}. Register this client for Bearer tokens.`
    throw new CallbackError('callback_invalid', message)
  }
  const refused = status < 300 || [400, 401, 403].includes(status)
  const wire = refused ? refusalIn(json, status) : undefined
  const error = wire && oauthError(wire)
  if (error !== undefined && ![...aboutClient, ...aboutServer].includes(error.error)) throw error
  if (
    error === undefined &&
    (status === 400 || status === 401) &&
    (json !== undefined || text.trim() === '')
  ) {
    throw new OAuthError({ error: 'refused', error_description: `HTTP ${status} without an error code` })
  }
  throw new NetworkError('idp_unavailable', `The token endpoint gave no usable answer (HTTP ${status}).`, {
    cause: error ?? { status },
    retryable: error === undefined || !aboutClient.includes(error.error),
    retryAfter: retryAfter(headers.get('Retry-After'), now),
  })
}

/**
 * The refusal in an answer: an OAuth error, or an error of Mosaic's API (`{ message, error_code }`; the message may be a list) as the
 * OAuth error it comes to: about the client where it speaks of it, else about the grant.
 */
function refusalIn(json: Members | undefined, status: number): Members | undefined {
  if (typeof json?.['error'] === 'string') return json
  if (json?.['error_code'] === undefined || (status !== 400 && status !== 401)) return undefined
  const said = strings(json['message']).join('; ').slice(0, 200)
  return { error: /client/i.test(said) ? 'invalid_client' : 'refused', error_description: said }
}

/** Whether the IDP may have acted on the request although its answer got lost: a rotated token may be gone with it. */
export function mayHaveActed({ cause }: NetworkError): boolean {
  return !(cause instanceof OAuthError) && (cause as { status?: unknown } | undefined)?.status !== 429
}

/** What the library throws is a plain `Error`. With checked settings it means that this page cannot log in at all. */
export function ofEngine(cause: unknown): ConfigurationError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ConfigurationError('browserClient', `no login can begin on this page: ${why}`, { cause })
}

/** Why a login failed, as JSON: so that it outlives the page. */
export interface KeptError extends Partial<Pick<OAuthError, 'error' | 'error_description' | 'error_uri'>> {
  readonly code: SessionErrorCode
  readonly message: string
}

/** The error, to be kept. */
export const kept = (error: SessionError): KeptError => ({ ...error, message: error.message })

/** A kept error again. */
export const revived = (error: KeptError): SessionError =>
  error.error === undefined
    ? new CallbackError(error.code as CallbackErrorCode, error.message)
    : oauthError({ ...error })

const oauthError = ({ error, error_description, error_uri }: Members): OAuthError =>
  new OAuthError({
    error: String(error),
    error_description: typeof error_description === 'string' ? error_description : undefined,
    error_uri: typeof error_uri === 'string' ? error_uri : undefined,
  })

/** `Retry-After` in ms (RFC 9110 §10.2.3): seconds or a date. */
function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return ms > 0 ? ms : undefined
}
