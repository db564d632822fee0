/**
 * `POST /refresh`: renews access. Plain, it says that the user stays, and moves the idle end; with `{"if_expires_at": ms}` it is a
 * client's timer, and asks for nothing where access already lasts longer than that.
 */
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
  const { if_expires_at: known } = body
  if (known !== undefined && typeof known !== 'number')
    return problem('invalid_request', { detail: 'if_expires_at must be a number of milliseconds.' })

  const holder = await claimant(house, visit, claim)
  if (holder instanceof Response) return holder
  if (known === undefined) {
    const became = await sessions.use(holder.open, visit.id)
    if (became !== null && became.state !== 'live') return signedOut(became)
  }
  const renewal = await sessions.renew(holder.open, {
    resource: null,
    beyond: known ?? holder.session.access.expiresAt,
    request: visit.id,
  })
  if (renewal.state === 'unavailable') return idpUnavailable(renewal.retryAfter)
  if (renewal.state !== 'live') return signedOut(renewal)
  await refreshCookies(house, visit, renewal.open)
  return json(authenticated(renewal.session, edges.now()))
}
