/** The access decision: the table of DESIGN §3, used unchanged by the browser and by the BFF. */
import { appEndsAt, isExtendable } from './session.js'
import type { Criteria, Session } from './session.js'

/** A criterion the session does not meet. */
export type Unmet = 'maxAge' | 'acr' | 'amr' | 'audience' | 'scope' | 'roles' | 'user'

/** What is to be done about an access: let it through, renew silently first, or authenticate. */
export type Decision =
  | { readonly outcome: 'allow' }
  | { readonly outcome: 'extend' }
  | { readonly outcome: 'authenticate'; readonly why: 'app_session_over' | 'idp_session_over' }
  | { readonly outcome: 'authenticate'; readonly why: 'criteria_unmet'; readonly unmet: readonly Unmet[] }

/**
 * Decides about an access at `now` (ms, server's clock).
 * The rows are read from the top: app session over, criteria unmet, access valid, access expired.
 */
export function decide(session: Session, criteria: Criteria, now: number): Decision {
  if (now >= appEndsAt(session)) return { outcome: 'authenticate', why: 'app_session_over' }
  const unmet = unmetCriteria(session, criteria, now)
  if (unmet.length > 0) return { outcome: 'authenticate', why: 'criteria_unmet', unmet }
  if (now < session.access.expiresAt) return { outcome: 'allow' }
  if (isExtendable(session, now)) return { outcome: 'extend' }
  return { outcome: 'authenticate', why: 'idp_session_over' }
}

/**
 * Until when {@link decide} allows, as far as time decides: from then on (ms) it may not. Holds for a session it allows now, as it is.
 */
export function allowedUntil(session: Session, { maxAge }: Criteria): number {
  const tooOld = maxAge === undefined ? Infinity : session.authentication.time + maxAge * 1000 + 1
  return Math.min(appEndsAt(session), session.access.expiresAt, tooOld)
}

/** The criteria that `session` does not meet at `now` (ms), in a fixed order; empty when all are met. */
export function unmetCriteria(session: Session, criteria: Criteria, now: number): Unmet[] {
  const { access, authentication, user } = session
  const unmet: Unmet[] = []
  // Written so that a value that is no number is unmet.
  if (criteria.maxAge !== undefined && !(now - authentication.time <= criteria.maxAge * 1000))
    unmet.push('maxAge')
  if (criteria.acr !== undefined && !satisfies(list(criteria.acr), acrOf(authentication.acr)))
    unmet.push('acr')
  if (!includesAll(authentication.amr, criteria.amr)) unmet.push('amr')
  for (const name of ['audience', 'scope', 'roles'] as const)
    if (!includesAll(access[name], criteria[name])) unmet.push(name)
  if (criteria.user !== undefined && criteria.user !== user.sub) unmet.push('user')
  return unmet
}

/** A criterion's values as a list. */
export function list(values: string | readonly string[] | undefined): readonly string[] {
  if (values === undefined) return []
  return typeof values === 'string' ? [values] : values
}

// Some providers name every context that was satisfied, separated by spaces.
const acrOf = (acr: string | undefined): string[] => (acr === undefined ? [] : [acr, ...acr.split(' ')])

const satisfies = (wanted: readonly string[], had: readonly string[]): boolean =>
  wanted.length === 0 || wanted.some((value) => had.includes(value))

const includesAll = (had: readonly string[], wanted: string | readonly string[] | undefined): boolean =>
  list(wanted).every((value) => had.includes(value))
