/** `/sessions` of the admin listener: `bff.sessions` over HTTP. */
import type { Administration, SessionSummary } from '../administration.js'
import { json } from '../answers.js'
import { problem, unavailable } from '../problems.js'
import type { UserFilter } from '../sessions/sessions.js'

/**
 * Answers GET with `{ "sessions": […] }`, newest first, times in ms since the epoch, and DELETE with `{ "ended": number }`. 400 where the query
 * does not say whose, 503 where the store does not answer.
 */
export async function administer(
  sessions: Administration,
  method: string,
  query: URLSearchParams,
): Promise<Response> {
  if (method !== 'GET' && method !== 'DELETE')
    return problem('invalid_request', {
      status: 405,
      headers: { Allow: 'GET, DELETE' },
      detail: 'List sessions with GET, end them with DELETE.',
    })
  const whose = filterOf(query)
  try {
    if (whose !== null && method === 'DELETE') return json({ ended: await sessions.end(whose) })
    if (whose !== null && !('id' in whose)) return json({ sessions: (await sessions.list(whose)).map(shown) })
  } catch {
    return unavailable('The session store does not answer. Nothing has changed: try again later.')
  }
  return problem('invalid_request', {
    detail: 'Say whose sessions, once each: sub, sid or both. DELETE also takes the id of one, alone.',
  })
}

/** The filter in a query; `null` where it is none, for nothing but what was named may be ended. */
function filterOf(query: URLSearchParams): UserFilter | { readonly id: string } | null {
  const names = [...query.keys()]
  const values = Object.fromEntries(query)
  if (names.length !== new Set(names).size || Object.values(values).includes('')) return null
  const { sub, sid, id, ...others } = values
  if (Object.keys(others).length > 0) return null
  if (id !== undefined) return names.length === 1 ? { id } : null
  if (sub !== undefined) return { sub, ...(sid !== undefined && { sid }) }
  return sid === undefined ? null : { sid }
}

const shown = ({ id, ref, startedAt, usedAt, expiresAt, userAgent }: SessionSummary): object => ({
  id,
  ref,
  started_at: startedAt,
  used_at: usedAt,
  expires_at: expiresAt,
  user_agent: userAgent,
})
