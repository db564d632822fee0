/** `POST /session`: a browser-based client's access token becomes a hardened cookie, for calls that need one. */
import { json } from '../answers.js'
import { HINT, holderOf } from '../holder.js'
import type { Door, House } from '../house.js'
import type { AcceptedToken } from '../idp/acceptance.js'
import { TokenNotAccepted } from '../idp/acceptance.js'
import { NoAnswer } from '../idp/failures.js'
import { idpUnavailable, problem } from '../problems.js'
import { clientOf } from '../properties.js'
import { contentOfToken, sessionOf } from '../sessions/content.js'
import type { OpenSession } from '../sessions/parts.js'
import type { Visit } from '../visit.js'
import { authenticated } from './session.js'

/**
 * The door. The header that carries the token cannot be sent from elsewhere without asking first, which is never allowed: so it
 * stands in for the CSRF header, that no session has given out yet.
 */
export const postSession: Door = async (house, visit) => {
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(visit.head.headers.get('authorization') ?? '')?.[1]
  if (token === undefined)
    return problem('token_not_accepted', { detail: 'Send an access token: "Authorization: Bearer …".' })
  let accepted: AcceptedToken
  try {
    accepted = await house.idp.accept(token)
  } catch (error) {
    if (error instanceof NoAnswer) return idpUnavailable(error.retryAfter)
    if (!(error instanceof TokenNotAccepted)) throw error
    return problem('token_not_accepted', {
      detail: `${error.message} Send an access token of a client and audience this BFF accepts.`,
      headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
    })
  }
  const open = await openedWith(house, visit, accepted)
  if (open === null)
    return problem('token_not_accepted', {
      detail: 'The session at the identity provider that this token belongs to is over. Sign in.',
    })
  visit.setCookies.push(
    house.cookies.set('session', open.cookie),
    house.cookies.set('csrf', await house.csrf.tokenOf(open.record.ref)),
    house.cookies.set('hint', HINT),
  )
  const now = house.edges.now()
  return json(authenticated(sessionOf(open.record, open.content, house.options.session, now), now), 201)
}

/**
 * The session that is there, with the newer token, where it was begun by a token of the same authentication: its absolute end must not
 * move with every token. Else a new one, in the place of what was there.
 */
async function openedWith(house: House, visit: Visit, accepted: AcceptedToken): Promise<OpenSession | null> {
  const { sessions, options } = house
  const content = contentOfToken(accepted)
  // From a client it is not bound to, its cookie is nobody's: the newer token goes into a session of its own.
  const lookup = await holderOf(house, visit)
  if (lookup.state === 'live') {
    const { content: before, record } = lookup.open
    const same =
      before.began === 'token' &&
      before.idp.status !== 'ended' &&
      before.user.sub === content.user.sub &&
      before.authentication.time === content.authentication.time
    const { boundTo } = before
    const newer = boundTo === undefined ? content : { ...content, boundTo }
    const rewritten = same ? await sessions.rewrite(lookup.open, () => newer, visit.id) : lookup
    if (same && rewritten.state === 'live') return rewritten.open
    await sessions.supersede(record.key, content.user.sub, visit.id)
  }
  // A token of before a logout opens nothing after it.
  const issuedAt = (accepted.claims.iat ?? 0) * 1000
  return sessions.begin(content, {
    ...(await clientOf(visit, options.session.bindTo, house.log)),
    since: { began: issuedAt, asked: issuedAt },
    request: visit.id,
  })
}
