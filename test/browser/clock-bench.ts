/** A device whose clock a test sets, and whose time it lets pass. */
import { beforeEach } from 'vitest'
import { createClock, type Clock, type ClockSource } from '../../src/browser/clock.js'

/** ms */
export const MINUTE = 60_000

/** Something that is due. */
export interface Timer {
  readonly due: number
  readonly callback: () => void
}

/** What the device’s clock shows, ms. */
export let device: number
/** What a clock nobody sets shows; it does not move while the device sleeps. */
export let even: number
/** What is due, by its handle. */
export let timers: Map<number, Timer>
/** The clock of the page. */
export let clock: Clock

/** The device's clock is set, or the device slept: no time passes for the other. ms. */
export const jump = (ms: number): void => void (device += ms)
/** The clock nobody sets is another one. ms. */
export const jumpEven = (ms: number): void => void (even += ms)
/** Another clock than every test begins with. */
export const useClock = (from: ClockSource): void => void (clock = createClock(from))

/** Time passes, and what is due fires. */
export const advance = (ms: number): void => {
  device += ms
  even += ms
  for (const [handle, { due, callback }] of [...timers]) {
    if (due > even || !timers.delete(handle)) continue
    callback()
  }
}

/** That device, for a clock. */
export const source = (): ClockSource => {
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

/** For the file it is called in: what every test begins and ends with. */
export function eachTest(): void {
  beforeEach(() => {
    device = 1_000_000
    even = 77
    timers = new Map()
    clock = createClock(source())
  })
}
