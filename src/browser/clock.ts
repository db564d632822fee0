/** Time: the only door to the device's clock and timers. Moments are ms since the epoch. */

/** The server's time as learnt from its answers, and one way to be woken. */
export interface Clock {
  /** Now, in the server's clock. */
  now(): number
  /** Now, on the device. */
  device(): number
  /** Learns the server's time from an answer that named it: asked and answered in the device's clock. */
  learn(serverTime: number, askedAt: number, answeredAt: number): void
  /** Calls back at a moment of the server's clock, or late: throttled tabs and sleep delay it. Returns the way to cancel. */
  at(moment: number, callback: () => void): () => void
}

/** What a clock is made from; a test gives its own. */
export interface ClockSource {
  now(): number
  setTimeout(callback: () => void, ms: number): unknown
  clearTimeout(handle: never): void
}

// Longer delays overflow in browsers and would fire at once.
const LONGEST = 2 ** 31 - 1

/** A clock over the device's. Until a server has named its time, the device's is taken for it. */
export function createClock(source: ClockSource): Clock {
  let offset = 0
  return {
    now: () => source.now() + offset,
    device: () => source.now(),
    learn(serverTime, askedAt, answeredAt) {
      offset = Math.round(serverTime - (askedAt + answeredAt) / 2)
    },
    at(moment, callback) {
      let handle: unknown
      const arm = (): void => {
        const left = moment - (source.now() + offset)
        handle = source.setTimeout(left > LONGEST ? arm : callback, Math.min(Math.max(0, left), LONGEST))
      }
      arm()
      return () => source.clearTimeout(handle as never)
    },
  }
}

/** The device's own clock and timers. */
export const deviceClock: ClockSource = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => globalThis.setTimeout(callback, ms),
  clearTimeout: (handle) => globalThis.clearTimeout(handle),
}
