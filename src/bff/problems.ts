/** What the BFF answers when it refuses: problem documents (RFC 9457) with a literal `code`. */
import type { BffProblemCode, EndReason } from '../errors.js'
import { list } from '../session/access.js'
import type { Unmet } from '../session/access.js'
import type { Criteria } from '../session/session.js'

const kinds: Readonly<Record<BffProblemCode, readonly [status: number, title: string]>> = {
  csrf_failed: [403, 'The request was not made by a page of this application'],
  login_required: [401, 'Login required'],
  criteria_unmet: [401, 'The session does not meet the criteria'],
  session_conflict: [409, 'The call was made for another session'],
  upstream_unknown: [404, 'There is no such upstream'],
  upstream_failed: [502, 'The upstream gave no usable answer'],
  upstream_timeout: [504, 'The upstream did not answer in time'],
  idp_unavailable: [503, 'Temporarily unavailable'],
  logout_token_invalid: [400, 'The logout token is invalid'],
  token_not_accepted: [401, 'The access token is not accepted'],
  invalid_request: [400, 'The request is invalid'],
  payload_too_large: [413, 'The body is too large'],
  cookie_conflict: [400, 'A cookie came twice'],
  login_loop: [400, 'The login goes in circles'],
  stale_callback: [400, 'There is no login to this answer'],
  session_unknown: [401, 'The session is not known'],
}

/** What a problem says beside its code. */
export interface ProblemDetails {
  /** What happened, and what to do. Never anything secret, nor anything the caller sent. */
  readonly detail: string
  /** Where it is not the code's own. */
  readonly status?: number
  readonly endedBy?: EndReason | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Further members. */
  readonly members?: Readonly<Record<string, unknown>>
}

/** A problem as an answer. Every 401 carries a challenge (RFC 9110 §15.5.2). */
export function problem(code: BffProblemCode, details: ProblemDetails): Response {
  const [usual, title] = kinds[code]
  const { detail, status = usual, endedBy, headers, members } = details
  const body = {
    type: `about:blank#${code}`,
    title,
    status,
    code,
    detail,
    ...(endedBy !== undefined && { ended_by: endedBy }),
    ...members,
  }
  const answer = new Response(JSON.stringify(body), {
    status,
    headers: {
      ...(status === 401 && { 'WWW-Authenticate': 'Bearer realm="bff"' }),
      ...headers,
      'Content-Type': 'application/problem+json',
    },
  })
  codes.set(answer, code)
  return answer
}

// For a log: the body is for whoever asked.
const codes = new WeakMap<Response, BffProblemCode>()

/** The code of an answer that is a problem. */
export const problemCodeOf = (answer: Response): BffProblemCode | undefined => codes.get(answer)

/** 503: nothing is wrong with the session. `retryAfter` in ms. */
export function unavailable(detail: string, retryAfter = 2000): Response {
  const headers = { 'Retry-After': String(Math.max(1, Math.ceil(retryAfter / 1000))) }
  return problem('idp_unavailable', { detail, headers })
}

/**
 * 429: too many requests (RFC 6585 §4). The code is that of everything that is to be tried again later; the status says why. `retryAfter` in
 * ms.
 */
export const tooMany = (retryAfter: number): Response =>
  problem('idp_unavailable', {
    status: 429,
    detail: 'There are too many requests. Nothing of the session has changed: try again later.',
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(retryAfter / 1000))) },
  })

/** 503: the IDP did not answer. `retryAfter` in ms. */
export const idpUnavailable = (retryAfter?: number): Response =>
  unavailable('The identity provider does not answer. The session is kept: try again later.', retryAfter)

/** Criteria a new authentication may meet; an audience too, where it can be asked for. The others are refused for good. */
const authenticable: ReadonlySet<Unmet> = new Set<Unmet>(['acr', 'amr', 'maxAge'])

/** Whether signing in anew may meet what is unmet. */
export const canStepUp = (criteria: Criteria, unmet: readonly Unmet[]): boolean =>
  unmet.every((one) => authenticable.has(one) || (one === 'audience' && resourceOf(criteria) !== null))

/** The audience as a login can ask for it: one resource (RFC 8707 §2), or `null`. */
function resourceOf({ audience }: Criteria): string | null {
  const [resource = '', ...others] = list(audience)
  return others.length === 0 && URL.canParse(resource) && !/[^\x21-\x7e]|#/.test(resource) ? resource : null
}

/** What to ask the IDP for, so that a new authentication meets `criteria` (RFC 9470 §3; `resource`: RFC 8707 §2). */
export function stepUpParameters(criteria: Criteria, unmet: readonly Unmet[]): Record<string, string> {
  const acr = list(criteria.acr)
  const resource = unmet.includes('audience') ? resourceOf(criteria) : null
  // No parameter asks for methods: authenticating anew is the way to use others.
  const maxAge = unmet.includes('amr') && acr.length === 0 ? 0 : criteria.maxAge
  return {
    ...(acr.length > 0 && { acr_values: acr.join(' ') }),
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
    ...(resource !== null && { resource }),
  }
}

/** The criteria are not met: 401 with a step-up challenge (RFC 9470 §3), or 403 where no authentication can help. */
export function criteriaUnmet(criteria: Criteria, unmet: readonly Unmet[]): Response {
  const parameters = stepUpParameters(criteria, unmet)
  const members = { unmet, ...parameters }
  if (canStepUp(criteria, unmet)) {
    const challenge = Object.entries({ error: 'insufficient_user_authentication', ...parameters })
    return problem('criteria_unmet', {
      detail: 'Authenticate anew with what the challenge asks for, then call again.',
      headers: { 'WWW-Authenticate': `Bearer ${challenge.map(quoted).join(', ')}` },
      members,
    })
  }
  const scope = list(criteria.scope).join(' ')
  const challenge = Object.entries({ error: 'insufficient_scope', scope }).map(quoted).join(', ')
  return problem('criteria_unmet', {
    status: 403,
    detail: 'This user has no access here, however the session was authenticated.',
    ...(unmet.includes('scope') && { headers: { 'WWW-Authenticate': `Bearer ${challenge}` } }),
    members,
  })
}

const quoted = ([name, value]: [string, string]): string =>
  `${name}="${value.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`
