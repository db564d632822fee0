/** The machine at work: an alarm that rings, a server that answers, hours going by. Every rule is checked at every step. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../src/session/access.js'
import type { Session } from '../../src/session/session.js'
import { aSession, HOUR, MINUTE, offline, overAtIdp, renewedUntil, SECOND, T0 } from './sessions.js'
import { chance, simulate } from './simulation.js'
import type { Answer, Disturbance, Scenario, Server } from './simulation.js'

const DAY = 24 * HOUR
const YEAR = 365 * DAY
const lasting = (expiresAt: number, more: Partial<Session['access']> = {}): Session =>
  aSession({ app: { startedAt: T0, endsAt: T0 + YEAR }, access: { ...more, expiresAt } })

/** A server with a session whose access lives for `life` ms, and that takes `latency` ms for an answer. */
const honest = (life: number, latency: () => number = () => 50): Server => ({
  restore: (now) => ({ after: latency(), happening: { type: 'restored', session: lasting(now + life) } }),
  renew: (session, now) => {
    const after = latency()
    return { after, happening: { type: 'renewed', session: renewedUntil(session, now + after + life) } }
  },
})
const answering = (renew: Server['renew'], life = MINUTE): Server => ({ ...honest(life), renew })
const renewed = (session: Session): Answer => ({ after: 50, happening: { type: 'renewed', session } })
const failed = (retryAfter?: number): Answer => ({
  after: 50,
  happening: { type: 'renew-failed', error: offline, ...(retryAfter !== undefined && { retryAfter }) },
})

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

/** An app that calls its API twice a second, for a quarter of an hour: it asks for a renewal whenever the access decision says so. */
const restless: Disturbance[] = Array.from({ length: 1_800 }, (_, index) => ({
  at: index * 500,
  happening: (state, now) => {
    if (state.status !== 'authenticated') return null
    return decide(state.session, {}, now).outcome === 'extend' ? { type: 'renew', forced: false } : null
  },
}))

describe('whatever the server answers, there is a bound on what it is asked in an hour', () => {
  const inAnHour = (server: Server, more: Partial<Scenario> = {}) => {
    const random = chance(3)
    return simulate({ server, lasts: HOUR, random, ...more })
  }

  it.each<[string, Server, number]>([
    ['access without any life', answering((session, now) => renewed(renewedUntil(session, now + 50))), 360],
    ['access that is over already', answering((session) => renewed(renewedUntil(session, T0 - DAY))), 360],
    ['the same access again and again', answering((session) => renewed(session)), 370],
    ['access that lives for a millisecond', answering((s, now) => renewed(renewedUntil(s, now + 51))), 3_600],
    ['no answer, ever', answering(() => failed()), 130],
    ['Retry-After: 0', answering(() => failed(0)), 130],
    ['Retry-After: an hour', answering(() => failed(HOUR)), 2],
    ['a year that it asks us to wait', answering(() => failed(YEAR)), 2],
    [
      'in turn: no answer, and access that is over already',
      ((turn = 0) => answering((s) => (turn++ % 2 ? failed() : renewed(renewedUntil(s, T0)))))(),
      700,
    ],
  ])('%s', (_, server, bound) => {
    const { renewals, state } = inAnHour(server)
    expect(renewals.length).toBeGreaterThan(0)
    expect(renewals.length).toBeLessThanOrEqual(bound)
    expect(state.status).toBe('authenticated')
    const pressed = inAnHour(server, { disturbances: restless })
    expect(pressed.renewals.length).toBeLessThanOrEqual(bound + 10)
  })

  it('any mixture of answers, with sleep, calls, wakes and other tabs, for either keeper', () => {
    const anyAnswer = fc.oneof(
      fc.record({
        kind: fc.constant('renewed'),
        life: fc.oneof(fc.constant(0), fc.integer({ min: -HOUR, max: HOUR })),
      }),
      fc.record({ kind: fc.constant('same'), life: fc.constant(0) }),
      fc.record({ kind: fc.constant('failed'), life: fc.oneof(fc.constant(0), fc.nat(5 * MINUTE)) }),
    )
    fc.assert(
      fc.property(
        fc.array(anyAnswer, { minLength: 1, maxLength: 8 }),
        fc.array(fc.tuple(fc.nat(HOUR), fc.constantFrom('woke', 'call', 'news', 'page-restored')), {
          maxLength: 40,
        }),
        fc.constantFrom('bff' as const, 'page' as const),
        fc.option(fc.integer({ min: MINUTE, max: 2 * HOUR }), { nil: undefined }),
        fc.integer(),
        (answers, outside, keeper, cap, seed) => {
          const random = chance(seed)
          let turn = 0
          const renew: Server['renew'] = (session, now) => {
            const { kind, life } = answers[turn++ % answers.length] ?? { kind: 'same', life: 0 }
            const after = Math.floor(random() * 3_000)
            if (kind === 'failed') return { ...failed(life), after }
            const expiresAt = kind === 'same' ? session.access.expiresAt : now + after + life
            return { ...renewed(renewedUntil(session, expiresAt)), after }
          }
          const capped = cap === undefined ? {} : { extendableUntil: T0 + cap }
          const server: Server = {
            restore: (now) => ({
              after: 20,
              happening: { type: 'restored', session: lasting(now + MINUTE, capped) },
            }),
            renew,
          }
          const disturbances = outside.map(([when, kind]): Disturbance => {
            if (kind === 'page-restored') return { at: when, happening: { type: 'page-restored' } }
            if (kind === 'woke') return { at: when, happening: { type: 'tick', woke: true } }
            if (kind === 'call') return { at: when, happening: { type: 'renew', forced: true } }
            return {
              at: when,
              happening: (state, now) =>
                state.status === 'authenticated'
                  ? { type: 'restored', session: renewedUntil(state.session, now + MINUTE) }
                  : null,
            }
          })
          const late = (): number => (random() < 0.02 ? 20 * MINUTE : 0)
          const { renewals } = simulate({ server, lasts: HOUR, disturbances, keeper, random, late })
          expect(renewals.length).toBeLessThanOrEqual(4_800 + outside.length)
        },
      ),
      { numRuns: 60 },
    )
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
    expect(state).toEqual({ status: 'unauthenticated', reason: 'idp_session_over' })
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
