/** `GET /session`: whether there is a session, and which. Tells the truth of now; never moves the idle end. */
import { sessionToWire } from '../../protocol.js'
import type { AuthenticatedAnswer, SessionAnswer } from '../../protocol.js'
import type { Session } from '../../session/session.js'
import { json } from '../answers.js'
import { clear, holderOf, refreshCookies } from '../holder.js'
import type { Door } from '../house.js'

/** The door. A session that is over is told of with who ended it, to the holder of its cookie alone. */
export const getSession: Door = async (house, visit) => {
  const lookup = await holderOf(house, visit)
  if (lookup.state === 'live') {
    await refreshCookies(house, visit, lookup.open)
    return json(authenticated(lookup.session, house.edges.now()))
  }
  if (lookup.state === 'ended') {
    const { endedBy, at } = lookup
    // The session cookie stays: every tab that slept may ask why. Where its owner is elsewhere, nothing is touched.
    if (endedBy !== 'binding') clear(house, visit, 'csrf', 'hint')
    return json({ authenticated: false, last: { ended_by: endedBy, at } } satisfies SessionAnswer)
  }
  clear(house, visit, 'session', 'csrf', 'hint')
  return json({ authenticated: false } satisfies SessionAnswer)
}

/** A session as the wire has it. `now`: ms, server's clock. */
export const authenticated = (session: Session, now: number): AuthenticatedAnswer => ({
  authenticated: true,
  session: sessionToWire(session),
  now,
})
