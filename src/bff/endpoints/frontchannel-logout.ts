/**
 * `GET /frontchannel-logout?iss&sid`: the logout page of the IDP has this in a frame, so that the browser tells of the logout (OpenID Connect
 * Front-Channel Logout 1.0 §2). Cookies do not come along there; the session is found by `iss` and `sid`, which nobody else can guess.
 */
import type { Door } from '../house.js'
import { idpOrigins } from '../idp/origins.js'
import { problem } from '../problems.js'

/** The door. An empty page whatever there was to end: without parameters, or for another session, nothing is. */
export const frontchannelLogout: Door = async ({ options, sessions, log }, visit) => {
  const params = new URLSearchParams(visit.target.query)
  const [issuers, sids] = [params.getAll('iss'), params.getAll('sid')]
  if (issuers.length !== sids.length || issuers.length > 1)
    return problem('invalid_request', { detail: 'Send iss and sid once each, or neither.' })
  const [iss] = issuers
  const [sid] = sids
  if (iss === options.idp.issuer && sid !== undefined && sid !== '') {
    const ended = await sessions.endAtIdp({ sid }, visit.id)
    log.info(
      { event: 'idp_logout', via: 'frontchannel', ended, request: visit.id },
      'A browser told of a logout.',
    )
  }
  return new Response('<!doctype html><title>Signed out</title>', {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors ${idpOrigins(options.idp).join(' ')}`,
    },
  })
}
