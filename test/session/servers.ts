/** Who answers a simulated page, and an app that will not wait. */
import { decide } from '../../src/session/access.js'
import type { Session } from '../../src/session/session.js'
import { aSession, busy, HOUR, MINUTE, offline, renewedUntil, T0 } from './sessions.js'
import type { Answer, Disturbance, Server } from './simulation.js'

export const DAY = 24 * HOUR
export const YEAR = 365 * DAY
export const lasting = (expiresAt: number, more: Partial<Session['access']> = {}): Session =>
  aSession({ app: { startedAt: T0, endsAt: T0 + YEAR }, access: { ...more, expiresAt } })

/** A server with a session whose access lives for `life` ms, and that takes `latency` ms for an answer. */
export const honest = (life: number, latency: () => number = () => 50): Server => ({
  restore: (now) => ({ after: latency(), happening: { type: 'restored', session: lasting(now + life) } }),
  renew: (session, now) => {
    const after = latency()
    return { after, happening: { type: 'renewed', session: renewedUntil(session, now + after + life) } }
  },
})
export const answering = (renew: Server['renew'], life = MINUTE): Server => ({ ...honest(life), renew })
export const renewed = (session: Session): Answer => ({ after: 50, happening: { type: 'renewed', session } })
export const failed = (retryAfter?: number): Answer => ({
  after: 50,
  happening: { type: 'renew-failed', error: retryAfter === undefined ? offline : busy(retryAfter) },
})

/** An app that calls its API twice a second, for a quarter of an hour: it asks for a renewal whenever the access decision says so. */
export const restless: Disturbance[] = Array.from({ length: 1_800 }, (_, index) => ({
  at: index * 500,
  happening: (state, now) => {
    if (state.status !== 'authenticated') return null
    return decide(state.session, {}, now).outcome === 'extend' ? { type: 'renew', forced: false } : null
  },
}))
