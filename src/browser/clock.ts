/** Time: the only door to the device's clocks and timers. Moments are ms since the epoch. */

/** The server's time as learnt from its answers, and one way to be woken. */
export interface Clock {
  /** Now, in the server's clock. Goes on evenly while the clock is unsure. */
  now(): number
  /** Now, on the device: right or wrong, the same in every tab, and it may be set under way. */
  device(): number
  /**
   * Learns the server's time from an answer that named it: asked and answered in the device's clock. An answer the device slept
   * over, or whose question left before the device's clock was set, teaches nothing.
   */
  learn(serverTime: number, askedAt: number, answeredAt: number): void
  /**
   * Calls back at a moment of the server's clock, or late: throttled tabs and sleep delay it. What is learnt meanwhile counts as
   * long as the moment is more than a minute away; a shorter wait is a duration. Returns the way to cancel.
   */
  at(moment: number, callback: () => void): () => void
  /** False from a jump of the device's clock (sleep, or it was set) until a server named its time, or the device is trusted. */
  isSure(): boolean
  /** Hears, in a task of its own, that the clock has become unsure. Returns the way to stop. */
  onJump(listener: () => void): () => void
  /** No server can be asked: takes the device's clock for right again. Time never goes back by it. */
  trust(): void
}

/** What a clock is made from; a test gives its own. */
export interface ClockSource {
  /** The wall clock, ms since the epoch: what the user can set. */
  now(): number
  /** A clock nobody sets, ms from anywhere: with it, sleep and a clock set under way are noticed. */
  monotonic?(): number
  setTimeout(callback: () => void, ms: number): unknown
  clearTimeout(handle: never): void
}

/** How far the two clocks may part from one look to the next, ms. */
const JUMP = 2_000
/**
 * How long a timer runs before the clocks are looked at again, ms: timers stand still while a device sleeps, and what wakes it need
 * not wake the page by an event.
 */
const LOOK = 60_000

/** A clock over the device's. Until a server has named its time, the device's is taken for it. */
export function createClock(source: ClockSource): Clock {
  const monotonic = (): number => source.monotonic?.() ?? source.now()
  const listeners = new Set<() => void>()
  /** What to add to the device's clock, and what that was when it was last known. */
  let offset = 0
  let known = 0
  let sure = true
  let telling = false
  let jumpedAt = -Infinity
  let last = monotonic()
  let apart = source.now() - last

  // Whoever only wanted to know the time must not find itself in somebody else's work, nor an answer in the question's.
  const tell = (): void => {
    if (telling) return
    telling = true
    source.setTimeout(() => {
      telling = false
      for (const listener of [...listeners]) listener()
    }, 0)
  }

  /** Looks at both clocks; returns the device's. */
  const look = (): number => {
    const wall = source.now()
    const even = monotonic()
    const moved = wall - even - apart
    // A monotonic clock that goes back was replaced, as tests do.
    const jumped = Math.abs(moved) > JUMP && even >= last
    apart += moved
    last = even
    if (jumped) {
      jumpedAt = even
      if (sure) tell()
      sure = false
    }
    if (!sure) offset -= moved
    return wall
  }

  const settle = (to: number): void => {
    offset = known = to
    sure = true
  }

  const now = (): number => Math.round(look() + offset)

  return {
    now,
    device: look,
    learn(serverTime, askedAt, answeredAt) {
      const age = look() - askedAt
      // What was asked since the last jump is not older than the jump, and not of the future.
      if (age >= -JUMP / 2 && age <= last - jumpedAt + JUMP / 2) {
        settle(Math.round(serverTime - (askedAt + answeredAt) / 2))
      } else if (!sure) tell()
    },
    at(moment, callback) {
      let handle: unknown
      const arm = (): void => {
        const left = Math.max(0, moment - now())
        handle = source.setTimeout(left > LOOK ? arm : callback, Math.min(left, LOOK))
      }
      arm()
      return () => source.clearTimeout(handle as never)
    },
    isSure() {
      look()
      return sure
    },
    onJump(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    trust() {
      look()
      // After sleep the device's clock is ahead, and right. Where it was set back, time went on all the same.
      settle(Math.max(offset, known))
    },
  }
}

/** The device's own clocks and timers. */
export const deviceClock: ClockSource = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, ms) => globalThis.setTimeout(callback, ms),
  clearTimeout: (handle) => globalThis.clearTimeout(handle),
}
