/**
 * `POST /refresh`: renews access, and hears that the user is there. Plain, it does both: the user stays. With `{"if_expires_at": ms}` it is a
 * client's timer: it asks for nothing where access is valid and already lasts longer than that, and moves no idle end. With `{"active": true}` the user did
 * something: the idle end moves, and nothing is renewed, unless it is a timer, too. So an outage of the IDP is not asked about by every movement of the user.
 */
import type { RefreshRequest } from '../../protocol.js'
import { json } from '../answers.js'
import { readMembers } from '../body.js'
import { claimant, refreshCookies, signedOut } from '../holder.js'
import type { Door } from '../house.js'
import { idpUnavailable, problem } from '../problems.js'
import { authenticated } from './session.js'

/** The door. 503 where the IDP does not answer: the session is kept. */
export const refresh: Door = async (house, visit, request, claim) => {
  const { sessions, edges } = house
  const body = await readMembers(request)
  if (body instanceof Response) return body
  const asked = requestIn(body)
  if (asked instanceof Response) return asked
  const { if_expires_at: known, active = known === undefined } = asked

  const holder = await claimant(house, visit, claim)
  if (holder instanceof Response) return holder
  if (active) {
    const became = await sessions.use(holder.open, visit.id)
    if (became !== null && became.state !== 'live') return signedOut(became)
  }
  // What another tab has renewed may have expired since: whoever slept over both needs access that is valid.
  const beyond = known === undefined ? holder.session.access.expiresAt : Math.max(known, edges.now())
  const renewal =
    asked.active === true && known === undefined
      ? await sessions.again(holder.open, visit.id)
      : await sessions.renew(holder.open, { resource: null, beyond, request: visit.id, isPaced: true })
  if (renewal.state === 'unavailable') return idpUnavailable(renewal.retryAfter)
  if (renewal.state !== 'live') return signedOut(renewal)
  await refreshCookies(house, visit, renewal.open)
  return json(authenticated(renewal.session, edges.now()))
}

/** What a body asks for, or the refusal. */
function requestIn({ if_expires_at, active }: Readonly<Record<string, unknown>>): RefreshRequest | Response {
  if (if_expires_at !== undefined && typeof if_expires_at !== 'number')
    return problem('invalid_request', { detail: 'if_expires_at must be a number of milliseconds.' })
  if (active !== undefined && typeof active !== 'boolean')
    return problem('invalid_request', { detail: 'active must be true or false.' })
  return {
    ...(if_expires_at !== undefined && { if_expires_at }),
    ...(active !== undefined && { active }),
  }
}
