/** What follows from a change of state: deeds to be done, and facts to be told. Pure. */
import type { EndReason } from '../errors.js'
import type { Effect } from './events.js'
import { isSameSession, signedIn } from './session.js'
import type { Authenticated, SessionState } from './session.js'

/** What is to be done because `before` became `after` at `now` (ms), in the order in which it is due. */
export function consequences(before: SessionState, after: SessionState, now: number): Effect[] {
  const effects: Effect[] = []
  const [was, is] = [signedIn(before) ?? doubted(before), signedIn(after)]
  const isSame = was && is && isSameSession(was.session, is.session)

  if (isGivenUp(after) && !isGivenUp(before)) effects.push({ type: 'forget' })
  // Who leaves to log in keeps the session until another takes its place.
  if (was && !isSame && !doubted(after) && !(after.status === 'redirecting' && after.to === 'login')) {
    const { reason = 'unknown', endedAt = now }: { reason?: EndReason; endedAt?: number } = is
      ? { reason: is.session.user.sub === was.session.user.sub ? 'replaced' : 'user_changed' }
      : after.status === 'unauthenticated'
        ? after
        : { reason: 'logout' }
    effects.push({ type: 'ended', detail: { reason, endedAt, session: was.session } })
  }
  if (!is) return effects

  const { session, renewal, warnedFor } = is
  if (!isSame) effects.push({ type: 'authenticated', detail: { session } })
  else {
    const { access, idp } = session
    if (renewal !== was.renewal && renewal.status === 'renewing') effects.push({ type: 'renew' })
    if (access.expiresAt > was.session.access.expiresAt) {
      effects.push({ type: 'refreshed', detail: { session } })
    }
    if (idp.status === 'ended' && was.session.idp.status !== 'ended') {
      const { endedBy = 'unknown' } = idp
      effects.push({ type: 'idp-session-ended', detail: { endedBy, until: access.expiresAt } })
    }
    if (renewal !== was.renewal && renewal.status === 'waiting') {
      const { error, retryAt } = renewal
      effects.push({ type: 'refresh-failed', detail: { error, retryAt } })
    }
  }
  if (warnedFor !== undefined && warnedFor !== (isSame && was.warnedFor)) {
    effects.push({ type: 'expiring', detail: { endsAt: warnedFor, timeLeft: warnedFor - now } })
  }
  return effects
}

/** What is not shown until it is known whether this browser still holds it. */
const doubted = (state: SessionState): Authenticated | undefined =>
  state.status === 'loading' ? state.was : undefined

/** Whether no trace of a session is to be left: there is none, or it is being ended. */
const isGivenUp = (state: SessionState): boolean =>
  state.status === 'unauthenticated' || (state.status === 'redirecting' && state.to === 'logout')
