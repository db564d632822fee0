/** What an answer of the token endpoint means, whatever shape it has (RFC 6749 §5, and what providers really send). Pure. */
import { apiError } from './api-error.js'

/** Tokens, an answer that is no, or none. */
export type Verdict =
  | { readonly kind: 'tokens'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refusal'; readonly error: string }
  | {
      readonly kind: 'none'
      /** Whether the request may have taken effect all the same. */
      readonly lost: boolean
      readonly why: string
      /** The OAuth error code, where there was one. */
      readonly error?: string
    }

// About the client or the moment, and not about the user's session.
const notAnswers: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'server_error',
  'temporarily_unavailable',
  'slow_down',
  // RFC 9449 §5, §8
  'use_dpop_nonce',
  'invalid_dpop_proof',
])

/** Judges an answer of the token endpoint by its status and body. */
export function judge(status: number, contentType: string | null, text: string): Verdict {
  const none = (lost: boolean, why: string, error?: string): Verdict => ({
    kind: 'none',
    lost,
    why,
    ...(error !== undefined && { error }),
  })
  const body = parse(text)
  const error = typeof body?.['error'] === 'string' ? body['error'].slice(0, 64) : undefined
  if (status === 429) return none(false, 'it asks to wait', error)
  if (status >= 500) return none(true, `it answered ${status}`, error)
  if ((contentType ?? '').includes('html') || text.trimStart().startsWith('<'))
    return none(true, `it answered ${status} with a page`)
  if (status >= 200 && status < 300) {
    if (typeof body?.['access_token'] === 'string' && body['access_token'] !== '')
      return { kind: 'tokens', body: tidy(body) }
    return error === undefined ? none(true, 'its answer has no access token') : refusal(error)
  }
  if (status !== 400 && status !== 401 && status !== 403) return none(false, `it answered ${status}`, error)
  if (error !== undefined) return refusal(error)
  const api = status === 403 ? null : apiError(status, body)
  if (api !== null) return refusal(api.error === 'invalid_client' ? api.error : 'oauth_error')
  const silent = text.trim() === '' || body !== null
  return silent && status !== 403
    ? { kind: 'refusal', error: 'oauth_error' }
    : none(false, `it answered ${status} with no OAuth error`)
}

const refusal = (error: string): Verdict =>
  notAnswers.has(error)
    ? { kind: 'none', lost: error === 'server_error', why: `it answered ${error}`, error }
    : { kind: 'refusal', error }

/** The members as the specification has them, whatever the provider made of them; what is empty is absent. */
function tidy(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { expires_in, scope, token_type, ...rest } = body
  const filled = Object.entries(rest).filter(([, value]) => value !== null && value !== '')
  const lifetime = Number(expires_in ?? Number.NaN)
  const scopes = Array.isArray(scope) ? scope.join(' ') : scope
  return {
    ...Object.fromEntries(filled),
    token_type: typeof token_type === 'string' && token_type !== '' ? token_type : 'Bearer',
    ...(Number.isFinite(lifetime) && lifetime > 0 && { expires_in: lifetime }),
    ...(typeof scopes === 'string' && scopes !== '' && { scope: scopes }),
  }
}

/** The object that a text is as JSON, or `null`. */
export function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

/** `Retry-After` in ms (RFC 9110 §10.2.3), seconds or a date; at most an hour. `now` in ms. */
export function retryAfterOf(value: string | null, now: number): number | undefined {
  if (value === null) return undefined
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, 3_600_000) : undefined
}
