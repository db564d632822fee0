// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClock, deviceClock, type Clock, type ClockSource } from '../../src/browser/clock.js'

const MINUTE = 60_000

interface Timer {
  readonly due: number
  readonly callback: () => void
}

let device: number
/** What a clock nobody sets shows; it does not move while the device sleeps. */
let even: number
let timers: Map<number, Timer>
let clock: Clock

/** Time passes, and what is due fires. */
const advance = (ms: number): void => {
  device += ms
  even += ms
  for (const [handle, { due, callback }] of [...timers]) {
    if (due > even || !timers.delete(handle)) continue
    callback()
  }
}

const source = (): ClockSource => {
  let handles = 0
  return {
    now: () => device,
    setTimeout: (callback, ms) => {
      timers.set((handles += 1), { due: even + ms, callback })
      return handles
    },
    clearTimeout: (handle) => void timers.delete(handle),
  }
}

beforeEach(() => {
  device = 1_000_000
  even = 77
  timers = new Map()
  clock = createClock(source())
})

describe('the time', () => {
  it('is that of the device until a server has named its own', () => {
    expect(clock.now()).toBe(1_000_000)
    clock.learn(5_000_000, 999_000, 1_001_000)
    expect(clock.now()).toBe(5_000_000)
    expect(clock.device()).toBe(1_000_000)
  })

  it('goes on from there, and is what was learnt last', () => {
    clock.learn(5_000_000, 1_000_000, 1_000_000)
    device += 10
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

describe('a jump of the device’s clock', () => {
  let told: number
  /** The device's clock is set, or the device slept: no time passes for the other. */
  const jump = (ms: number): void => {
    device += ms
  }

  beforeEach(() => {
    told = 0
    clock = createClock({ ...source(), monotonic: () => even })
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
    even -= 50_000
    expect([clock.isSure(), clock.now()]).toEqual([true, 5_000_000])
    jump(MINUTE)
    expect([clock.isSure(), clock.now()]).toEqual([false, 5_000_000])
  })

  it('is not seen without a monotonic clock', () => {
    clock = createClock(source())
    jump(60 * MINUTE)
    expect([clock.isSure(), clock.now()]).toEqual([true, 1_000_000 + 60 * MINUTE])
  })
})

describe('the device', () => {
  afterEach(() => void vi.useRealTimers())

  it('has clocks and timers', async () => {
    expect(Math.abs(deviceClock.now() - Date.now())).toBeLessThan(100)
    const before = deviceClock.monotonic?.() ?? NaN
    await new Promise<void>((resolve) => void deviceClock.setTimeout(resolve, 1))
    expect(deviceClock.monotonic?.()).toBeGreaterThan(before)
    const handle = deviceClock.setTimeout(() => expect.unreachable('it was cleared'), 1)
    deviceClock.clearTimeout(handle as never)
    await new Promise<void>((resolve) => void deviceClock.setTimeout(resolve, 5))
  })

  it('is followed into a test’s fake time and through it, all clocks faked', () => {
    clock = createClock(deviceClock)
    vi.useFakeTimers()
    const before = clock.now()
    let woken = false
    clock.at(before + 60 * MINUTE, () => (woken = true))
    vi.advanceTimersByTime(60 * MINUTE)
    expect([woken, clock.isSure()]).toEqual([true, true])
    expect(clock.now() - before).toBe(60 * MINUTE)
  })

  it('whose Date alone is faked has been set', () => {
    clock = createClock(deviceClock)
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() + 60 * MINUTE)
    expect(clock.isSure()).toBe(false)
    expect(Date.now() - clock.now()).toBeGreaterThan(59 * MINUTE)
  })
})
