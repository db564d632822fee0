/** `/idp-sessions` of the admin listener: `bff.idpSessions` over HTTP. */
import { ConfigurationError, NetworkError, OAuthError } from '../../errors.js'
import { json } from '../answers.js'
import type { IdpSession } from '../idp-sessions/api.js'
import type { IdpSessions, RevocationError } from '../idp-sessions/idp-sessions.js'
import { problem, unavailable } from '../problems.js'

/**
 * Answers GET with `{ "sessions": […] }`, times in ms since the epoch, and DELETE with `{ "revoked": number, "ended": number }`: how many ended at
 * the IDP, and here. 400 where the query does not say whose, 404 where no sessions API is configured, 502 where the IDP refuses, 503 with
 * `Retry-After` where it does not answer; of a revocation these, too, have `revoked` and `ended`, `null` where nobody knows.
 */
export async function administerIdp(
  sessions: IdpSessions,
  method: string,
  query: URLSearchParams,
): Promise<Response> {
  if (method !== 'GET' && method !== 'DELETE')
    return problem('invalid_request', {
      status: 405,
      headers: { Allow: 'GET, DELETE' },
      detail: 'List sessions with GET, revoke them with DELETE.',
    })
  const sub = query.get('sub')
  if (sub === null || sub === '' || [...query.keys()].length > 1)
    return problem('invalid_request', { detail: 'Say whose sessions: sub, once, and nothing else.' })
  try {
    if (method === 'DELETE') return json(await sessions.revoke({ sub }))
    return json({ sessions: (await sessions.list({ sub })).map(shown) })
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): Response {
  if (error instanceof TypeError) return problem('invalid_request', { detail: error.message })
  if (error instanceof ConfigurationError)
    return problem('invalid_request', { status: 404, detail: error.message })
  const counts = Object(error) as Partial<RevocationError>
  const members = 'ended' in counts && { revoked: counts.revoked, ended: counts.ended }
  if (error instanceof OAuthError)
    return problem('idp_unavailable', {
      status: 502,
      detail: error.message,
      members: { error: error.error, ...members },
    })
  if (error instanceof NetworkError)
    return problem('idp_unavailable', {
      detail: error.message,
      headers: { 'Retry-After': String(Math.max(1, Math.ceil((error.retryAfter ?? 5_000) / 1000))) },
      members: { ...members },
    })
  return unavailable('The session store does not answer. Try again later.')
}

const shown = ({ id, sub, clientId, startedAt, expiresAt }: IdpSession): object => ({
  id,
  sub,
  client_id: clientId,
  started_at: startedAt,
  expires_at: expiresAt,
})
