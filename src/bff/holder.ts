/** Who a request comes from: the session its cookie opens, held against what else the request says. */
import type { EndReason } from '../errors.js'
import type { Session } from '../session/session.js'
import type { CookieName } from './cookies.js'
import type { CsrfClaim } from './csrf.js'
import type { House } from './house.js'
import type { MismatchPolicy } from './options.js'
import { problem } from './problems.js'
import { mismatches, propertiesOf } from './properties.js'
import type { EndedSession, Lookup, OpenSession } from './sessions/parts.js'
import type { Visit } from './visit.js'

/** A session and how it stands now. */
export interface Holder {
  readonly open: OpenSession
  readonly session: Session
}

/** What the session cookie of a request leads to. A client that is not what the session is bound to is nobody, by policy. */
export async function holderOf(house: House, visit: Visit): Promise<Lookup> {
  const lookup = await house.sessions.find(visit.cookies.session, visit.id)
  return lookup.state === 'live' ? held(house, visit, lookup) : lookup
}

/** The holder of a session the call was made for, or the refusal: 401, or 409 where it was made for another one. */
export async function claimant(house: House, visit: Visit, claim: CsrfClaim): Promise<Holder | Response> {
  const lookup = await house.sessions.find(visit.cookies.session, visit.id)
  if (lookup.state !== 'live') return signedOut(lookup)
  if (claim.kind === 'genuine' && claim.ref !== lookup.open.record.ref) return conflict()
  const judged = await held(house, visit, lookup)
  return judged.state === 'live' ? judged : signedOut(judged)
}

/** 409: nothing was executed. */
export const conflict = (): Response =>
  problem('session_conflict', {
    detail:
      'The call was made for another session than the one signed in now. Ask GET /session which one it is.',
  })

/** 401 for a request without a live session; who ended it is told to the holder of its cookie. */
export function signedOut(lookup: Exclude<Lookup, { state: 'live' }>): Response {
  switch (lookup.state) {
    case 'none':
      return problem('login_required', { detail: 'There is no session. Sign in.' })
    case 'unknown':
      if (lookup.upSince === undefined)
        return problem('session_unknown', { detail: 'The session is not known here. Sign in.' })
      return problem('session_unknown', {
        detail: `The session is not known here: sessions are kept in memory only, and the server is up since ${new Date(lookup.upSince).toISOString()}. Sign in.`,
        members: { up_since: lookup.upSince },
      })
    case 'ended':
      return problem('login_required', {
        detail: `The session is over (${lookup.endedBy}). Sign in.`,
        endedBy: lookup.endedBy,
        members: { ended_at: lookup.at },
      })
  }
}

/** A live session held against what the request says of its client: the strictest policy of what does not match decides. */
export async function held(
  house: House,
  visit: Visit,
  live: Lookup & Holder & { state: 'live' },
): Promise<Lookup> {
  const { bindTo } = house.options.session
  if (bindTo.userAgent === false && bindTo.ip === false && bindTo.clientCertificate === false) return live
  const { record, content } = live.open
  const now = await propertiesOf(visit, bindTo)
  const found = mismatches({ ...content.boundTo, userAgent: record.userAgent }, now, bindTo)
  for (const mismatch of found) {
    visit.remarks.push(mismatch.property)
    house.log.warn(
      { event: 'binding_mismatch', ref: record.ref, ...mismatch, request: visit.id },
      `A session is used by a client whose ${told[mismatch.property]} is not the one it began with.`,
    )
  }
  const has = (policy: MismatchPolicy): boolean => found.some((one) => one.policy === policy)
  const endedBy: EndReason = 'binding'
  if (has('end')) return house.sessions.end(live.open, endedBy, visit.id)
  if (!has('step-up')) return live
  const ended: EndedSession = { state: 'ended', endedBy, at: house.edges.now() }
  return ended
}

const told = { userAgent: 'browser', ip: 'network', clientCertificate: 'certificate' }

/**
 * Sets the readable cookies of a session where they are missing or another's, and takes note that the session is used: logins do
 * not go in circles then.
 */
export async function refreshCookies(house: House, visit: Visit, open: OpenSession): Promise<void> {
  const { cookies } = house
  const token = await house.csrf.tokenOf(open.record.ref)
  if (visit.cookies.csrf !== token) visit.setCookies.push(cookies.set('csrf', token))
  if (visit.cookies.hint === undefined) visit.setCookies.push(cookies.set('hint', HINT))
  await noteUse(house, visit)
}

/** Forgets the logins that came back: one of them led to this used session. */
export async function noteUse({ transactions }: House, visit: Visit): Promise<void> {
  if (visit.cookies.login === undefined) return
  const state = await transactions.read(visit.cookies.login)
  if (state.returns.length === 0) return
  visit.setCookies.push(await transactions.write({ ...state, returns: [] }))
}

/** Takes these cookies away where the request has them. */
export function clear({ cookies }: House, visit: Visit, ...names: readonly CookieName[]): void {
  for (const name of names) if (visit.cookies[name] !== undefined) visit.setCookies.push(cookies.expire(name))
}

/** Value of the readable cookie that says a session may be there. */
export const HINT = '1'
