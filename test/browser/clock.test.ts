// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest'
import { createClock, deviceClock, type Clock } from '../../src/browser/clock.js'

interface Timer {
  readonly due: number
  readonly callback: () => void
}

let device: number
let timers: Map<number, Timer>
let clock: Clock

/** Moves the device's clock on and fires what is due. */
const advance = (ms: number): void => {
  device += ms
  for (const [handle, { due, callback }] of [...timers]) {
    if (due > device || !timers.delete(handle)) continue
    callback()
  }
}

beforeEach(() => {
  device = 1_000_000
  timers = new Map()
  let handles = 0
  clock = createClock({
    now: () => device,
    setTimeout: (callback, ms) => {
      timers.set((handles += 1), { due: device + ms, callback })
      return handles
    },
    clearTimeout: (handle) => void timers.delete(handle),
  })
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
})

it('the device has a clock and timers', async () => {
  expect(Math.abs(deviceClock.now() - Date.now())).toBeLessThan(100)
  await new Promise<void>((resolve) => void deviceClock.setTimeout(resolve, 1))
  const handle = deviceClock.setTimeout(() => expect.unreachable('it was cleared'), 1)
  deviceClock.clearTimeout(handle as never)
  await new Promise<void>((resolve) => void deviceClock.setTimeout(resolve, 5))
})
