import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  appSessionEnds,
  CLOCK_TOLERANCE,
  refreshAt,
  RENEWAL_MARGIN,
  renewalMargin,
  retryDelay,
} from '../../src/session/timing.js'
import { HOUR, MINUTE, SECOND, T0 } from './sessions.js'

const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const life = fc.integer({ min: -HOUR, max: 30 * 24 * HOUR })

it('margin and tolerance are a minute each', () => {
  expect(RENEWAL_MARGIN).toBe(60_000)
  expect(CLOCK_TOLERANCE).toBe(60_000)
})

describe('refreshAt', () => {
  it.each([
    ['an hour: a minute before', HOUR, MINUTE],
    ['three minutes: a minute before', 3 * MINUTE, MINUTE],
    ['a minute: twenty seconds before', MINUTE, 20 * SECOND],
    ['three seconds: one second before', 3 * SECOND, SECOND],
    ['no life: at once', 0, 0],
  ])('a token that lives for %s', (_, lives, margin) => {
    expect(renewalMargin(T0, T0 + lives)).toBe(margin)
    expect(refreshAt(T0, T0 + lives, 0)).toBe(T0 + lives - margin)
  })

  it('comes up to a tenth of the margin earlier, so that many clients do not come at once', () => {
    expect(refreshAt(T0, T0 + HOUR, 0.5)).toBe(T0 + HOUR - MINUTE - 3 * SECOND)
    const latest = refreshAt(T0, T0 + HOUR, 0)
    expect(latest - refreshAt(T0, T0 + HOUR, 0.999_999)).toBeCloseTo(6 * SECOND, -1)
  })

  it('is never after expiry, never earlier than its margin and jitter, for any life', () => {
    fc.assert(
      fc.property(life, jitter, (lives, random) => {
        const due = refreshAt(T0, T0 + lives, random)
        const margin = Math.min(60_000, Math.max(0, lives) / 3)
        expect(due).toBeLessThanOrEqual(T0 + lives)
        expect(due).toBeLessThanOrEqual(T0 + lives - margin)
        expect(due).toBeGreaterThanOrEqual(T0 + lives - margin * 1.1)
      }),
    )
  })

  it('leaves at least 63 % of a life that has begun, so that a renewal is not due at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: HOUR }), jitter, (lives, random) => {
        expect(refreshAt(T0, T0 + lives, random) - T0).toBeGreaterThan(lives * 0.63)
      }),
    )
  })

  it('a token that is past already is due since its expiry', () => {
    expect(refreshAt(T0, T0 - HOUR, 0.9)).toBe(T0 - HOUR)
  })
})

describe('retryDelay', () => {
  it('doubles from half a second to half a minute, and its jitter doubles that', () => {
    const least = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => retryDelay(attempt, 0))
    expect(least).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    const most = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => retryDelay(attempt, 1))
    expect(most).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  it('stays within half a second and a minute, whatever the number of attempts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), jitter, (attempt, random) => {
        const delay = retryDelay(attempt, random)
        expect(delay).toBeGreaterThanOrEqual(500)
        expect(delay).toBeLessThanOrEqual(60_000)
      }),
    )
  })

  it('never gets shorter with more attempts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), jitter, (attempt, random) => {
        expect(retryDelay(attempt + 1, random)).toBeGreaterThanOrEqual(retryDelay(attempt, random))
      }),
    )
  })

  it('is never less than the server asked for', () => {
    expect(retryDelay(1, 0, 5 * SECOND)).toBe(5 * SECOND)
    expect(retryDelay(7, 1, 5 * SECOND)).toBe(60 * SECOND)
    fc.assert(
      fc.property(fc.nat(30), jitter, fc.nat(HOUR), (attempt, random, asked) => {
        expect(retryDelay(attempt + 1, random, asked)).toBeGreaterThanOrEqual(asked)
      }),
    )
  })

  it('a mistaken Retry-After is no dead end', () => {
    expect(retryDelay(1, 0, 365 * 24 * HOUR)).toBe(HOUR)
    expect(retryDelay(1, 0, Infinity)).toBe(HOUR)
    expect(retryDelay(1, 0, NaN)).toBe(500)
    expect(retryDelay(1, 0, -HOUR)).toBe(500)
  })
})

describe('appSessionEnds', () => {
  it('has an idle and an absolute end, in ms, from limits in seconds', () => {
    expect(appSessionEnds({ idle: 1800, absolute: 43200 }, T0, T0)).toEqual({
      startedAt: T0,
      idleEndsAt: T0 + 1800 * SECOND,
      endsAt: T0 + 12 * HOUR,
    })
  })

  it('has no idle end without an idle limit', () => {
    for (const lifetimes of [{ absolute: 60 }, { idle: 0, absolute: 60 }]) {
      expect(appSessionEnds(lifetimes, T0, T0)).toEqual({ startedAt: T0, endsAt: T0 + MINUTE })
    }
  })

  it('use moves the idle end and never the absolute one', () => {
    fc.assert(
      fc.property(fc.nat(12 * HOUR), fc.nat(MINUTE), (used, more) => {
        const lifetimes = { idle: 1800, absolute: 43200 }
        const before = appSessionEnds(lifetimes, T0, T0 + used)
        const after = appSessionEnds(lifetimes, T0, T0 + used + more)
        expect(after.endsAt).toBe(before.endsAt)
        expect(after.idleEndsAt).toBeGreaterThanOrEqual(before.idleEndsAt ?? Infinity)
        expect(after.idleEndsAt).toBeLessThanOrEqual(after.endsAt)
      }),
    )
  })
})
