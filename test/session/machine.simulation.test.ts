/** The machine at work: an alarm that rings, a server that answers, days going by. Every rule is checked at every step. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../src/session/access.js'
import { DAY, failed, honest, lasting, renewed, restless } from './servers.js'
import { aSession, HOUR, MINUTE, offline, overAtIdp, renewedUntil, SECOND, T0 } from './sessions.js'
import { chance, simulate } from './simulation.js'
import type { Disturbance, Server } from './simulation.js'

describe('exactly one renewal per expiry', () => {
  it('a thousand expiries', () => {
    const random = chance(1)
    const life = 5 * MINUTE
    const { renewals } = simulate({
      server: honest(life, () => Math.floor(random() * 2_000)),
      lasts: 1_000 * life,
      random,
    })
    const expiries = renewals.map(({ session }) => session.access.expiresAt)
    expect(new Set(expiries).size).toBe(expiries.length)
    expect(expiries.length).toBeGreaterThan(1_000)
    for (const { at, session } of renewals) {
      const early = session.access.expiresAt - at
      expect(early).toBeGreaterThanOrEqual(MINUTE)
      expect(early).toBeLessThanOrEqual(1.1 * MINUTE)
    }
  })

  it('any life from two seconds to a day; access is never over in between', () => {
    const life = fc.integer({ min: 2 * SECOND, max: DAY })
    fc.assert(
      fc.property(life, fc.integer(), (lives, seed) => {
        const random = chance(seed)
        const server = honest(lives, () => Math.floor((random() * Math.min(lives, 30_000)) / 5))
        const { renewals, notices } = simulate({ server, lasts: 30 * lives, random })
        expect(new Set(renewals.map(({ session }) => session.access.expiresAt)).size).toBe(renewals.length)
        expect(renewals.length).toBeGreaterThanOrEqual(29)
        expect(renewals.length).toBeLessThanOrEqual(30 / 0.63)
        for (const { at, session } of renewals) expect(at).toBeLessThan(session.access.expiresAt)
        const landed = notices.filter((type) => type === 'refreshed').length
        expect(landed).toBeGreaterThanOrEqual(renewals.length - 1)
      }),
      { numRuns: 50 },
    )
  })

  it('calls, wakes and news from other tabs add none', () => {
    const life = MINUTE
    const often = Array.from({ length: 3_000 }, (_, index): Disturbance => {
      const when = index * 1_200
      if (index % 3 === 0) return { at: when, happening: { type: 'tick', woke: true } }
      return {
        at: when,
        happening: (state, now) => {
          if (state.status !== 'authenticated') return null
          if (index % 3 === 1) return { type: 'restored', session: state.session }
          const { outcome } = decide(state.session, {}, now)
          return outcome === 'extend' ? { type: 'renew', forced: false } : null
        },
      }
    })
    const { renewals } = simulate({ server: honest(life), lasts: HOUR, disturbances: often })
    expect(new Set(renewals.map(({ session }) => session.access.expiresAt)).size).toBe(renewals.length)
    expect(renewals.length).toBeLessThanOrEqual(HOUR / (life * 0.63) + 1)
  })

  it('a device that slept over an expiry renews once when it wakes', () => {
    // The lid is closed for the last nine hours of each day.
    const late = (alarm: number): number => {
      const hour = (alarm - T0) % DAY
      return hour < 15 * HOUR ? 0 : DAY - hour
    }
    const { renewals, state } = simulate({ server: honest(HOUR), lasts: 3 * DAY, late })
    expect(new Set(renewals.map(({ session }) => session.access.expiresAt)).size).toBe(renewals.length)
    expect(renewals.some(({ at, session }) => at > session.access.expiresAt + HOUR)).toBe(true)
    expect(state.status).toBe('authenticated')
  })
})

describe('no dead end', () => {
  const unreachable: Server = {
    restore: () => ({ after: 50, happening: { type: 'restore-failed', error: offline } }),
    renew: () => failed(),
  }

  it('without any answer it stays loading and goes on trying, about once a minute', () => {
    const { state, alarm, restores, notices } = simulate({
      server: unreachable,
      lasts: DAY,
      random: chance(4),
    })
    expect(state).toMatchObject({ status: 'loading', error: offline })
    expect(alarm).toBeGreaterThan(T0 + DAY - MINUTE)
    expect(restores.length).toBeGreaterThan(24 * 60 * 0.9)
    expect(restores.length).toBeLessThan(24 * 120)
    expect(notices).toEqual(['error'])
  })

  it('signed in, and nobody answers for a day: it stays so, tries about once a minute, and renews in the end', () => {
    const server: Server = {
      ...honest(HOUR),
      renew: (session, now) => (now < T0 + DAY ? failed() : renewed(renewedUntil(session, now + HOUR))),
    }
    const { state, renewals } = simulate({ server, lasts: DAY + 2 * MINUTE, random: chance(5) })
    expect(state).toMatchObject({ status: 'authenticated', renewal: { status: 'idle' } })
    expect(renewals.length).toBeLessThan(24 * 120)
  })

  it('an idle end that the BFF cannot confirm is asked about twice a minute until the absolute end', () => {
    const session = aSession({ app: { startedAt: T0, idleEndsAt: T0 + MINUTE, endsAt: T0 + HOUR } })
    let first = true
    const server: Server = {
      restore: () => {
        const happening = first
          ? ({ type: 'restored', session } as const)
          : ({ type: 'restore-failed', error: offline } as const)
        first = false
        return { after: 50, happening }
      },
      renew: () => failed(),
    }
    const { state, restores, notices } = simulate({ server, lasts: 2 * HOUR })
    expect(state).toMatchObject({ status: 'unauthenticated', reason: 'app_session_over' })
    expect(restores.length).toBeGreaterThan(110)
    expect(restores.length).toBeLessThan(125)
    expect(notices.filter((type) => type === 'ended')).toHaveLength(1)
  })
})

describe('once the IDP session is over', () => {
  it('nothing is renewed any more, and the session ends with its access', () => {
    const over: Disturbance = { at: HOUR, happening: { type: 'idp-ended', endedBy: 'expired' } }
    const { renewals, state, notices } = simulate({
      server: honest(5 * MINUTE),
      lasts: DAY,
      disturbances: [over, ...restless.map((call) => ({ ...call, at: call.at + HOUR }))],
    })
    expect(renewals.every(({ at }) => at < T0 + HOUR)).toBe(true)
    expect(state).toMatchObject({ status: 'unauthenticated', reason: 'idp_session_over' })
    expect(notices.filter((type) => type === 'idp-session-ended')).toHaveLength(1)
  })

  it('a page that opens afterwards shows it, asks for nothing and ends in time', () => {
    const server: Server = {
      ...honest(MINUTE),
      restore: (now) => ({
        after: 50,
        happening: { type: 'restored', session: overAtIdp(lasting(now + 10 * MINUTE)) },
      }),
    }
    const { renewals, state } = simulate({ server, lasts: HOUR, disturbances: restless })
    expect(renewals).toEqual([])
    expect(state).toMatchObject({ status: 'unauthenticated', reason: 'idp_session_over' })
  })
})
