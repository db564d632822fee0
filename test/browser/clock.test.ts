// @vitest-environment node
import { afterEach, describe, expect, it, vi } from 'vitest'
import { deviceClock } from '../../src/browser/clock.js'
import { MINUTE, device, timers, clock, advance, eachTest, jump, useClock } from './clock-bench.js'

eachTest()

describe('the time', () => {
  it('is that of the device until a server has named its own', () => {
    expect(clock.now()).toBe(1_000_000)
    clock.learn(5_000_000, 999_000, 1_001_000)
    expect(clock.now()).toBe(5_000_000)
    expect(clock.device()).toBe(1_000_000)
  })

  it('goes on from there, and is what was learnt last', () => {
    clock.learn(5_000_000, 1_000_000, 1_000_000)
    jump(10)
    expect(clock.now()).toBe(5_000_010)
    clock.learn(1_000_000, 1_000_010, 1_000_010)
    expect(clock.now()).toBe(1_000_000)
  })
})

describe('being woken', () => {
  it('happens once, at the moment', () => {
    let woken = 0
    clock.at(1_000_500, () => (woken += 1))
    advance(499)
    expect(woken).toBe(0)
    advance(1)
    advance(10_000)
    expect(woken).toBe(1)
  })

  it('happens by the clock of the server', () => {
    clock.learn(5_000_000, 1_000_000, 1_000_000)
    let woken = false
    clock.at(5_000_500, () => (woken = true))
    advance(500)
    expect(woken).toBe(true)
  })

  it('happens at once for a moment that has passed', () => {
    let woken = false
    clock.at(1, () => (woken = true))
    advance(0)
    expect(woken).toBe(true)
  })

  it('can be called off', () => {
    let woken = false
    clock.at(1_000_500, () => (woken = true))()
    advance(1_000)
    expect(woken).toBe(false)
    expect(timers.size).toBe(0)
  })

  it('happens at moments further away than a timer can count, and can be called off until then', () => {
    const far = 2 ** 31 + 1_000
    let woken = 0
    const first = clock.at(1_000_000 + far, () => (woken += 1))
    clock.at(1_000_000 + far, () => (woken += 10))
    advance(2 ** 31 - 1)
    expect(woken).toBe(0)
    first()
    advance(1_001)
    expect(woken).toBe(10)
  })

  it('follows what is learnt meanwhile, where the moment is far away', () => {
    let woken = false
    clock.at(1_000_000 + 10 * MINUTE, () => (woken = true))
    clock.learn(1_000_000 + 8 * MINUTE, device, device)
    advance(MINUTE)
    advance(MINUTE - 1)
    expect(woken).toBe(false)
    advance(1)
    expect(woken).toBe(true)
  })

  it('a wait of up to a minute is a duration: no time-out is shortened or prolonged by what another answer taught', () => {
    const woken: string[] = []
    clock.at(clock.now() + 8_000, () => woken.push('first'))
    clock.learn(clock.now() + 60 * MINUTE, device, device)
    advance(7_999)
    expect(woken).toEqual([])
    clock.at(clock.now() + 8_000, () => woken.push('second'))
    clock.learn(clock.now() - 60 * MINUTE, device, device)
    advance(1)
    expect(woken).toEqual(['first'])
    advance(7_999)
    expect(woken).toEqual(['first', 'second'])
  })
})

describe('the device', () => {
  afterEach(() => void vi.useRealTimers())

  it('has clocks and timers', async () => {
    expect(Math.abs(deviceClock.now() - Date.now())).toBeLessThan(10_000)
    const before = deviceClock.monotonic?.() ?? NaN
    await new Promise<void>((resolve) => void deviceClock.setTimeout(resolve, 1))
    expect(deviceClock.monotonic?.()).toBeGreaterThan(before)
    const handle = deviceClock.setTimeout(() => expect.unreachable('it was cleared'), 1)
    deviceClock.clearTimeout(handle as never)
    await new Promise<void>((resolve) => void deviceClock.setTimeout(resolve, 5))
  })

  it('is followed into a test’s fake time and through it, all clocks faked', () => {
    useClock(deviceClock)
    vi.useFakeTimers()
    const before = clock.now()
    let woken = false
    clock.at(before + 60 * MINUTE, () => (woken = true))
    vi.advanceTimersByTime(60 * MINUTE)
    expect([woken, clock.isSure()]).toEqual([true, true])
    expect(clock.now() - before).toBe(60 * MINUTE)
  })

  it('whose Date alone is faked has been set', () => {
    useClock(deviceClock)
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() + 60 * MINUTE)
    expect(clock.isSure()).toBe(false)
    expect(Date.now() - clock.now()).toBeGreaterThan(59 * MINUTE)
  })
})
