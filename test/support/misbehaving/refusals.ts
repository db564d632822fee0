/** An answer of the token endpoint that is no token. */
export interface Refusal {
  status: number
  body: string
  contentType?: string
  headers?: Record<string, string>
}

const json = (status: number, body: unknown, headers?: Record<string, string>): Refusal => ({
  status,
  body: JSON.stringify(body),
  contentType: 'application/json',
  ...(headers ? { headers } : {}),
})

const html = (status: number): Refusal => ({
  status,
  body: `<!doctype html><title>${status}</title><h1>Something happened</h1>`,
  contentType: 'text/html; charset=utf-8',
})

/** The shapes in which providers and the proxies before them have been seen to refuse, by name. */
export const REFUSALS = {
  /** The standard's own (RFC 6749 §5.2). */
  invalid_grant: json(400, { error: 'invalid_grant', error_description: 'the refresh token is not known' }),
  /** The same, as an HTTP 401 (some providers). */
  invalid_grant_401: json(401, { error: 'invalid_grant' }),
  /** 400 and nothing else. */
  empty_400: { status: 400, body: '' },
  empty_401: { status: 401, body: '' },
  /** The same, with a status that says all is well (some providers). */
  invalid_grant_200: json(200, { error: 'invalid_grant' }),
  /** A code of the provider's own invention. */
  other_code: json(400, { error: 'session_expired', error_description: 'log in again' }),
  /** Not the standard's member names. */
  message_and_code: json(400, { message: 'Session not found', error_code: 400 }),
  message_and_code_401: json(401, { message: 'Invalid token', error_code: 401 }),
  /** Login pages and error pages of a proxy. */
  html_200: html(200),
  html_400: html(400),
  html_502: html(502),
  /** JSON that says nothing, with a status that says all is well. */
  empty_object_200: json(200, {}),
  not_json_200: { status: 200, body: '{"access_token":', contentType: 'application/json' },
  /** The client, not the user's session, is refused. */
  invalid_client: json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic realm="token"' }),
  invalid_request: json(400, { error: 'invalid_request' }),
  unauthorized_client: json(400, { error: 'unauthorized_client' }),
  /** Come back later. */
  rate_limited: json(429, { error: 'temporarily_unavailable' }, { 'retry-after': '2' }),
  server_error: json(500, { error: 'server_error' }),
  unavailable: { status: 503, body: '', headers: { 'retry-after': '2' } },
} as const satisfies Record<string, Refusal>

export type RefusalName = keyof typeof REFUSALS
