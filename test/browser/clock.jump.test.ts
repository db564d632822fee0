// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import {
  MINUTE,
  device,
  even,
  clock,
  advance,
  source,
  eachTest,
  jump,
  jumpEven,
  useClock,
} from './clock-bench.js'

eachTest()

describe('a jump of the device’s clock', () => {
  let told: number

  beforeEach(() => {
    told = 0
    useClock({ ...source(), monotonic: () => even })
    clock.onJump(() => (told += 1))
    clock.learn(5_000_000, device, device)
  })

  it.each([MINUTE, -MINUTE, 24 * 60 * MINUTE, -24 * 60 * MINUTE, 2_001, -2_001])(
    'of %i ms is not followed, and told once',
    (ms) => {
      advance(10)
      jump(ms)
      expect(clock.now()).toBe(5_000_010)
      expect(clock.device()).toBe(1_000_010 + ms)
      expect(clock.isSure()).toBe(false)
      advance(30)
      expect(clock.now()).toBe(5_000_040)
      advance(10_000)
      expect(told).toBe(1)
    },
  )

  it.each([2_000, -2_000, 0])('of %i ms is none', (ms) => {
    jump(ms)
    expect(clock.isSure()).toBe(true)
    expect(clock.now()).toBe(5_000_000 + ms)
    advance(0)
    expect(told).toBe(0)
  })

  it('is none that builds up: clocks that run unevenly are not clocks that were set', () => {
    for (let hour = 0; hour < 48; hour += 1) {
      advance(60 * MINUTE)
      jump(100)
      expect(clock.isSure()).toBe(true)
    }
    expect(clock.now()).toBe(5_000_000 + 48 * (60 * MINUTE + 100))
  })

  it('is over when a server names its time', () => {
    jump(60 * MINUTE)
    const askedAt = clock.device()
    advance(200)
    clock.learn(5_000_000 + 60 * MINUTE, askedAt, clock.device())
    expect(clock.isSure()).toBe(true)
    expect(clock.now()).toBe(5_000_000 + 60 * MINUTE + 100)
    jump(60 * MINUTE)
    expect(clock.now()).toBe(5_000_000 + 60 * MINUTE + 100)
    advance(0)
    expect(told).toBe(2)
  })

  it('more of them before a server could be asked are told as one', () => {
    jump(60 * MINUTE)
    expect(clock.isSure()).toBe(false)
    advance(0)
    jump(-30 * MINUTE)
    expect(clock.now()).toBe(5_000_000)
    jump(-30 * MINUTE)
    // Where the two are together again they may be so by chance.
    expect(clock.isSure()).toBe(false)
    expect(clock.now()).toBe(5_000_000)
    advance(0)
    expect(told).toBe(1)
  })

  it.each([
    ['forwards', 60 * MINUTE],
    ['backwards', -60 * MINUTE],
    ['a little', 2_500],
  ])('%s while a question is under way: its answer teaches nothing, and it is told again', (_, ms) => {
    const askedAt = clock.device()
    advance(1_500)
    jump(ms)
    advance(0)
    clock.learn(9_000_000, askedAt, clock.device())
    expect(clock.isSure()).toBe(false)
    expect(clock.now()).toBe(5_001_500)
    advance(0)
    expect(told).toBe(1)

    // Whoever was told may have been waiting for that very answer.
    clock.learn(9_000_000, askedAt, clock.device())
    advance(0)
    expect(told).toBe(2)
    const again = clock.device()
    advance(100)
    clock.learn(8_000_000, again, clock.device())
    expect([clock.isSure(), clock.now()]).toEqual([true, 8_000_050])
  })

  it('between an answer and its reading: it teaches nothing', () => {
    const askedAt = clock.device()
    advance(100)
    const answeredAt = clock.device()
    jump(60 * MINUTE)
    clock.learn(9_000_000, askedAt, answeredAt)
    expect([clock.isSure(), clock.now()]).toEqual([false, 5_000_100])
  })

  it('backwards, by less than the question took: what is learnt is wrong by no more than half of that', () => {
    const askedAt = clock.device()
    advance(6_000)
    jump(-3_000)
    advance(2_000)
    const server = 5_000_000 + 6_000
    clock.learn(server, askedAt, clock.device())
    expect(Math.abs(clock.now() - 5_008_000)).toBeLessThanOrEqual(4_000)
  })

  it('is told in a task of its own: whoever asks for the time gets the time', () => {
    jump(MINUTE)
    clock.now()
    expect(told).toBe(0)
    advance(0)
    expect(told).toBe(1)
  })

  it('is not told to whoever stopped listening', () => {
    const stop = clock.onJump(() => expect.unreachable('it was stopped'))
    jump(MINUTE)
    clock.now()
    stop()
    advance(0)
    expect(told).toBe(1)
  })

  it('is noticed within a minute while somebody waits for a moment', () => {
    clock.at(clock.now() + 60 * MINUTE, () => undefined)
    jump(10 * MINUTE)
    advance(MINUTE)
    advance(0)
    expect(told).toBe(1)
  })

  describe('where no server can be asked', () => {
    it('forwards: the device slept, and is trusted', () => {
      jump(60 * MINUTE)
      clock.trust()
      expect([clock.isSure(), clock.now()]).toEqual([true, 5_000_000 + 60 * MINUTE])
    })

    it('backwards: it was set, and time does not go back', () => {
      jump(-60 * MINUTE)
      advance(5)
      clock.trust()
      expect([clock.isSure(), clock.now()]).toEqual([true, 5_000_005])
      advance(5)
      expect(clock.now()).toBe(5_000_010)
    })

    it('there and back: as if nothing had been', () => {
      jump(60 * MINUTE)
      clock.now()
      jump(-60 * MINUTE)
      clock.trust()
      expect(clock.now()).toBe(5_000_000)
    })

    it('asleep again and again: all of it counts', () => {
      jump(60 * MINUTE)
      clock.now()
      jump(60 * MINUTE)
      clock.trust()
      expect(clock.now()).toBe(5_000_000 + 120 * MINUTE)
    })

    it('without a jump nothing changes', () => {
      clock.trust()
      expect([clock.isSure(), clock.now()]).toEqual([true, 5_000_000])
    })
  })

  it('of the monotonic clock backwards is no jump: something took its place', () => {
    jumpEven(-50_000)
    expect([clock.isSure(), clock.now()]).toEqual([true, 5_000_000])
    jump(MINUTE)
    expect([clock.isSure(), clock.now()]).toEqual([false, 5_000_000])
  })

  it('is not seen without a monotonic clock', () => {
    useClock(source())
    jump(60 * MINUTE)
    expect([clock.isSure(), clock.now()]).toEqual([true, 1_000_000 + 60 * MINUTE])
  })
})
