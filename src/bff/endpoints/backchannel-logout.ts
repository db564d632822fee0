/**
 * `POST /backchannel-logout`: the IDP says, server to server, that a session of its own is over (OpenID Connect Back-Channel Logout 1.0 §2.5 to
 * §2.8). No cookie, no CSRF token and no own host is asked for: the token's signature is the proof.
 */
import { readText } from '../body.js'
import type { Door } from '../house.js'
import { NoAnswer } from '../idp/failures.js'
import { LogoutTokenInvalid } from '../logout-token.js'
import type { LogoutToken } from '../logout-token.js'
import { idpUnavailable, problem } from '../problems.js'

/**
 * The door. 200 also where no session of ours was meant: it is over, which is what was asked for, and nobody learns who is signed in here. 400 is final;
 * 503 asks to send the same token again. What the IDP issued to the sessions is its own to revoke: without their cookies it cannot be read here.
 */
export const backchannelLogout: Door = async ({ idp, sessions, log }, visit, request) => {
  const refused = (why: string): Response => {
    log.warn({ event: 'logout_token_invalid', request: visit.id, why }, 'A logout token was refused.')
    return problem('logout_token_invalid', {
      detail: why,
      // As §2.8 would have it.
      members: { error: 'invalid_request', error_description: why },
    })
  }

  const media = visit.head.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (media !== 'application/x-www-form-urlencoded')
    return refused('Send a form (application/x-www-form-urlencoded) with a logout_token.')
  const text = await readText(request)
  if (typeof text !== 'string') return text
  const [given, ...more] = new URLSearchParams(text).getAll('logout_token')
  if (given === undefined || more.length > 0) return refused('Send exactly one logout_token.')

  let token: LogoutToken
  try {
    token = await idp.readLogoutToken(given)
  } catch (error) {
    if (error instanceof NoAnswer) return idpUnavailable(error.retryAfter)
    if (error instanceof LogoutTokenInvalid) return refused(error.message)
    throw error
  }
  const ended = await sessions.takeLogout(token, visit.id)
  if (ended === null) return refused('The logout token was refused: it was taken before.')
  log.info({ event: 'idp_logout', via: 'backchannel', ended, request: visit.id }, 'The IDP told of a logout.')
  return new Response(null)
}
