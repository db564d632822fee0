/** Own routes behind the session: who is let in, and what a stranger gets (DESIGN §5, §6). */
import { ConfigurationError, NetworkError, SessionEndedError, SessionError } from '../errors.js'
import { doors, LOGIN_ERROR_PARAM } from '../protocol.js'
import type { EndReason } from '../errors.js'
import type { Criteria, Session } from '../session/session.js'
import { access } from './access.js'
import { seeOther } from './answers.js'
import { claimant, conflict, holderOf, noteUse, signedOut } from './holder.js'
import type { Holder } from './holder.js'
import type { House } from './house.js'
import type { AccessToken } from './idp/access-token.js'
import { isNavigation, tellsOrigin } from './guard.js'
import { reloadPage, signInPage } from './pages.js'
import { canStepUp, stepUpParameters } from './problems.js'
import { fetchWith } from './route-fetch.js'
import { isSafe, splitAtQuery } from './request.js'
import { checkReturnTo } from './return-to.js'
import type { Visit } from './visit.js'

/** What a route behind the session knows of its caller. */
export interface RouteContext {
  readonly session: Session
  /**
   * The user's access token, renewed where it is due; for `resource` (RFC 8707) where one is given. Rejects with a
   * `SessionEndedError` where there is none any more, with a `NetworkError` where the IDP does not answer, and with a `ConfigurationError` where it is
   * bound to a key (`idp.dpop`): no API takes it then without a proof, which `fetch` makes.
   */
  accessToken(resource?: string): Promise<string>
  /**
   * Calls an API with that token: as Bearer, or with a proof of the key it is bound to (RFC 9449 §7). Rejects as `accessToken` does, and as `fetch` does.
   */
  fetch(input: Request | URL | string, init?: RequestInit, resource?: string): Promise<Response>
}

/** Lets a request to an own route in, or answers it. */
export async function admitTo(
  house: House,
  visit: Visit,
  criteria: Criteria,
): Promise<RouteContext | Response> {
  const { guards, sessions } = house
  const tossed = guards.untossed(visit)
  if (tossed !== null) return tossed
  const holder = isSafe(visit.head.method) ? await reader(house, visit) : await writer(house, visit)
  if (holder instanceof Response) return holder

  const granted = await access(house, visit, holder, criteria, null)
  if ('refusal' in granted) {
    const { refusal, unmet, over } = granted
    if (unmet !== undefined && canStepUp(criteria, unmet))
      return stranger(house, visit, () => refusal, stepUpParameters(criteria, unmet))
    return over === true ? stranger(house, visit, () => refusal) : refusal
  }
  const became = await sessions.use(granted.open, visit.id)
  if (became !== null && became.state !== 'live') return stranger(house, visit, () => signedOut(became))
  await noteUse(house, visit)
  const tokenOf = tokenFor(house, visit, { ...granted })
  return {
    session: granted.session,
    async accessToken(resource) {
      const { value, dpopKey } = await tokenOf(resource)
      if (dpopKey === undefined) return value
      throw new ConfigurationError(
        'idp.dpop',
        'binds access tokens to a key, and an API takes them with a proof of it alone: call the API with fetch() of the route, which makes one.',
      )
    },
    fetch: async (input, init, resource) =>
      fetchWith(await tokenOf(resource), house.proofs, house.edges.fetch, input, init),
  }
}

/** Who reads: may come from everywhere in a tab, and from a page of the app otherwise. */
async function reader(house: House, visit: Visit): Promise<Holder | Response> {
  const { guards } = house
  const lookup = await holderOf(house, visit)
  if (lookup.state !== 'live') return stranger(house, visit, () => signedOut(lookup))
  const claim = guards.visitor(visit) ?? (await guards.token(visit, 'optional'))
  if (claim instanceof Response) return claim
  return claim.kind === 'genuine' && claim.ref !== lookup.open.record.ref ? conflict() : lookup
}

/** Who writes: a page of the app, with the token of its session. Whoever brings no session at all is a stranger first. */
async function writer(house: House, visit: Visit): Promise<Holder | Response> {
  const { guards } = house
  const bringsNone = visit.cookies.session === undefined
  const refusal = bringsNone && !tellsOrigin(visit.head) ? null : guards.provenance(visit)
  if (refusal !== null) return refusal
  if (bringsNone) return signedOut({ state: 'none' })
  const claim = await guards.token(visit, 'genuine')
  return claim instanceof Response ? claim : claimant(house, visit, claim)
}

/** What whoever must sign in gets: a tab goes to log in and comes back, anything else gets the problem. */
function stranger(
  { options }: House,
  { head, target, cookies }: Visit,
  refusal: () => Response,
  asked: Readonly<Record<string, string>> = {},
): Response {
  if (!isSafe(head.method) || !isNavigation(head)) return refusal()
  const here = checkReturnTo(target.path + target.query, options.basePath)
  const address = (returnTo: string): string =>
    `${options.basePath}${doors.login}?${new URLSearchParams({ return_to: returnTo, ...asked })}`
  const withheld = head.headers.get('sec-fetch-site') === 'cross-site' && cookies.session === undefined
  // First of all: whoever cancels a step-up comes back from the IDP's site, signed in as before.
  if (withheld && cookies.hint !== undefined && here !== null) return reloadPage(here)
  // It has just come back from there: once more would be a circle.
  if (new URLSearchParams(target.query).has(LOGIN_ERROR_PARAM))
    return signInPage(address(withoutError(here ?? '/')))
  return seeOther(address(here ?? '/'))
}

function withoutError(address: string): string {
  const [path, query] = splitAtQuery(address)
  const kept = query.split('&').filter((pair) => pair !== '' && !pair.startsWith(`${LOGIN_ERROR_PARAM}=`))
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

function tokenFor(
  house: House,
  visit: Visit,
  holder: Holder,
): (resource: string | undefined) => Promise<AccessToken> {
  return async (resource) => {
    const lookup = await house.sessions.find(visit.cookies.session, visit.id)
    const granted = lookup.state === 'live' && (await access(house, visit, lookup, {}, resource ?? null))
    if (granted && 'token' in granted) return granted.token
    if (granted && granted.unmet !== undefined)
      throw new SessionError(
        'criteria_unmet',
        `The IDP gives a token for ${resource} by a login alone. Send the user to log in for that resource.`,
      )
    if (granted && granted.over !== true)
      throw new NetworkError(
        'idp_unavailable',
        'The identity provider does not answer: no access token can be had now.',
      )
    const reason: EndReason = lookup.state === 'ended' ? lookup.endedBy : 'unknown'
    throw new SessionEndedError(reason, `The session ${holder.session.ref} gives no access token any more.`)
  }
}
