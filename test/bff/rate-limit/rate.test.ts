import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMeter } from '../../../src/bff/rate-limit/rate.js'

const metered = (burst: number, perSecond: number, room?: number) => {
  const clock = { time: 1_795_000_000_000 }
  const meter = createMeter({ burst, perSecond }, () => clock.time, room)
  const taken = (key: string, times: number): number =>
    Array.from({ length: times }, () => meter.take(key)).filter((wait) => wait === 0).length
  return { clock, meter, taken }
}

describe('a meter', () => {
  it('takes the burst at once, then as many a second, and says how long to wait', () => {
    const { clock, meter, taken } = metered(300, 20)
    expect(taken('a', 1000)).toBe(300)
    expect(meter.take('a')).toBeCloseTo(50, 1)
    clock.time += 1000
    expect(taken('a', 100)).toBe(20)
    clock.time += 3_600_000
    expect(taken('a', 1000)).toBe(300)
  })

  it('keeps nobody waiting for a clock that was put back', () => {
    const { clock, taken } = metered(10, 1)
    expect(taken('a', 5)).toBe(5)
    clock.time -= 3_600_000
    expect(taken('a', 20)).toBe(10)
  })

  it('counts each key for itself, and a weight of a twentieth twenty times as often', () => {
    const { meter, taken } = metered(10, 1)
    expect(taken('a', 20)).toBe(10)
    expect(taken('b', 20)).toBe(10)
    expect(
      Array.from({ length: 500 }, () => meter.take('c', 1 / 20)).filter((wait) => wait === 0),
    ).toHaveLength(200)
  })

  it('remembers no more keys than it has room for, and forgets who was longest away', () => {
    const { meter, taken } = metered(2, 1, 100)
    taken('first', 2)
    for (let i = 0; i < 99; i++) meter.take(`other-${i}`)
    taken('first', 1)
    expect(meter.size).toBe(100)
    expect(meter.take('first')).toBeGreaterThan(0)
    for (let i = 0; i < 100_000; i++) meter.take(`more-${i}`)
    expect(meter.size).toBe(100)
    expect(meter.take('first')).toBe(0)
  })

  it('never takes more than burst and rate allow in any span, however requests come, and nobody waits for longer than it says', () => {
    const arrivals = fc.array(fc.nat({ max: 2_000 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 50 }),
        arrivals,
        (burst, perSecond, gaps) => {
          const { clock, meter } = metered(burst, perSecond)
          const took: number[] = []
          for (const gap of gaps) {
            clock.time += gap
            const wait = meter.take('a')
            if (wait === 0) took.push(clock.time)
            else {
              clock.time += Math.ceil(wait)
              expect(meter.take('a')).toBe(0)
              took.push(clock.time)
            }
          }
          took.forEach((from, i) =>
            took.slice(i).forEach((to, more) => {
              expect(more + 1).toBeLessThanOrEqual(burst + ((to - from) / 1000) * perSecond + 0.01 + 1e-6)
            }),
          )
        },
      ),
    )
  })
})
