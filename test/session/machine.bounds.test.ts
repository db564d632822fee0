/** How often a server is asked, whatever it answers: a mistake there must not become a flood from here. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answering, DAY, failed, lasting, renewed, restless, YEAR } from './servers.js'
import { HOUR, MINUTE, renewedUntil, T0 } from './sessions.js'
import { chance, simulate } from './simulation.js'
import type { Disturbance, Scenario, Server } from './simulation.js'

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
