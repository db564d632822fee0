/** `POST /logout`: ends the app session here and now, and says where to end the IDP session (RP-Initiated Logout 1.0). */
import type { LogoutAnswer } from '../../protocol.js'
import { json } from '../answers.js'
import { readMembers } from '../body.js'
import { atMost } from '../edges.js'
import { conflict, held } from '../holder.js'
import type { Door, House } from '../house.js'
import { errorEntry } from '../log.js'
import { problem } from '../problems.js'
import { checkReturnTo } from '../return-to.js'
import type { SessionContent } from '../sessions/content.js'

/** How long the IDP is waited for to revoke tokens, ms. */
const PATIENCE = 2000
/** How long of it goes to the IDP's own API, ms: the tokens are revoked within the rest. */
const API_PATIENCE = 1000

/**
 * The door. The session is over before anything else is tried; what the IDP then says changes nothing of that. Without a session it
 * is over already, which is what was asked for.
 */
export const logout: Door = async (house, visit, request, claim) => {
  const { sessions, options, edges, cookies, log } = house
  const body = await readMembers(request)
  if (body instanceof Response) return body
  const { scope = 'idp', return_to: asked = '/' } = body
  if (scope !== 'app' && scope !== 'idp')
    return problem('invalid_request', { detail: 'scope must be "app" or "idp".' })
  const returnTo = typeof asked === 'string' ? checkReturnTo(asked, options.basePath) : null
  if (returnTo === null)
    return problem('invalid_request', { detail: 'return_to must be a path of this application.' })

  const lookup = await sessions.find(visit.cookies.session, visit.id)
  // Whoever holds the cookie may end the session; what it holds is told to the client alone that it is bound to.
  let content: SessionContent | null = null
  const left: string[] = []
  if (lookup.state === 'live') {
    const { open } = lookup
    if (claim.kind === 'genuine' && claim.ref !== open.record.ref) return conflict()
    if ((await held(house, visit, lookup)).state === 'live') content = open.content
    const atIdp = scope === 'idp' ? (held: SessionContent) => endAtIdp(house, held, visit.id) : undefined
    const { revocation } = await sessions.end(open, 'logout', visit.id, atIdp)
    if (revocation !== undefined)
      left.push(...((await atMost(edges, revocation.left, PATIENCE)) ?? revocation.kinds))
  }
  // Whether they came along or not: a page that is going sends what it can.
  visit.setCookies.push(cookies.expire('session'), cookies.expire('csrf'), cookies.expire('hint'))
  const url = scope === 'idp' ? await endSessionUrl(house, content, options.origin + returnTo) : null
  if (url === undefined) left.push('idp_session')
  if (left.length === 0) return json({ end_session_url: url ?? null } satisfies LogoutAnswer)
  log.warn(
    { event: 'logout_incomplete', left: left.join(' '), request: visit.id },
    'A logout could not end everything at the IDP.',
  )
  return json({ end_session_url: url ?? null, left } satisfies LogoutAnswer)
}

const endSessionUrl = (
  { idp }: House,
  content: SessionContent | null,
  returnTo: string,
): Promise<string | null | undefined> => {
  const hint = content?.user['login_hint']
  return idp.endSessionUrl({
    idToken: content?.idToken ?? null,
    logoutHint: typeof hint === 'string' ? hint : (content?.user.sub ?? null),
    returnTo,
  })
}

/** By the IDP's own API, where one is configured and this is asked of it: the navigation that follows may never come to its end. */
async function endAtIdp(
  { options, idpSessionsApi, edges, log }: House,
  { access, user }: SessionContent,
  request: string,
): Promise<void> {
  if (options.idp.sessionsApi?.logout !== true) return
  const ssoSessionId = user['ido_sso_session_id']
  const calls: [string, Promise<unknown>][] = []
  // That API takes Bearer tokens alone.
  const isOfUse = edges.now() < access.expiresAt && access.dpopKey === undefined
  if (isOfUse) calls.push(['logout', idpSessionsApi.logout(access.value)])
  if (typeof ssoSessionId === 'string') calls.push(['sso_logout', idpSessionsApi.endSso({ ssoSessionId })])
  const told = calls.map(([api, call]) =>
    call.catch((error: unknown) =>
      log.warn(
        { event: 'idp_logout_failed', api, request, ...errorEntry(error) },
        'The sessions at the IDP could not be ended by its API.',
      ),
    ),
  )
  await atMost(edges, Promise.all(told), API_PATIENCE)
}
