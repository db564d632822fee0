/** The access decision at the BFF: DESIGN §3's table, with its `extend` carried out. */
import { decide } from '../session/access.js'
import type { Unmet } from '../session/access.js'
import { endReasonOf } from '../session/session.js'
import type { Criteria, Session } from '../session/session.js'
import { signedOut } from './holder.js'
import type { Holder } from './holder.js'
import type { House } from './house.js'
import type { AccessToken } from './idp/access-token.js'
import { criteriaUnmet, idpUnavailable } from './problems.js'
import { accessFor, sessionOf } from './sessions/content.js'
import type { OpenSession } from './sessions/parts.js'
import type { Visit } from './visit.js'

/** Access was granted, with a token that is valid now; or it was not, and why. */
export type Access =
  | { readonly open: OpenSession; readonly session: Session; readonly token: AccessToken }
  /** `unmet`: the criteria a new authentication may meet. `over`: there is no session any more. */
  | { readonly refusal: Response; readonly unmet?: readonly Unmet[]; readonly over?: boolean }

/**
 * Decides about an access under `criteria` with the token for `resource` (`null`: the session's own), renewing it where it has
 * expired.
 */
export async function access(
  house: House,
  visit: Visit,
  { open: given }: Holder,
  criteria: Criteria,
  wantedResource: string | null,
): Promise<Access> {
  const { options, edges, sessions } = house
  const resource = wantedResource === given.content.resource ? null : wantedResource
  let open = given
  for (let renewals = 0; ; renewals++) {
    const now = edges.now()
    const session = sessionOf(open.record, open.content, options.session, now, resource)
    const token = accessFor(open.content, resource)
    // Such an IDP gives tokens for another resource by a login alone; a refresh in vain may use up the session's own token.
    if (resource !== null && token === undefined && options.idp.singleResource) {
      const [asked, unmet] = [{ ...criteria, audience: resource }, ['audience'] as const]
      return { refusal: criteriaUnmet(asked, unmet), unmet }
    }
    // What a token grants is known once it is there.
    const wanted = token === undefined && session.access.extendable ? {} : criteria
    const decision = decide(session, wanted, now)
    if (decision.outcome === 'allow' && token !== undefined) return { open, session, token }
    if (decision.outcome === 'authenticate') {
      if (decision.why === 'criteria_unmet')
        return { refusal: criteriaUnmet(criteria, decision.unmet), unmet: decision.unmet }
      const endedBy = decision.why === 'app_session_over' ? decision.why : endReasonOf(session.idp.endedBy)
      return { refusal: signedOut({ state: 'ended', endedBy, at: now }), over: true }
    }
    // Tokens that are born expired would be asked for without end.
    if (renewals === 2) return { refusal: idpUnavailable() }
    const beyond = session.access.expiresAt
    const renewal = await sessions.renew(open, { resource, beyond, request: visit.id })
    if (renewal.state === 'unavailable') return { refusal: idpUnavailable(renewal.retryAfter) }
    if (renewal.state !== 'live') return { refusal: signedOut(renewal), over: true }
    open = renewal.open
  }
}
