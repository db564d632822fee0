/**
 * How often something may happen, by key: so many times at once, and then so many a second (the generic cell rate algorithm, ITU-T I.371: a
 * leaky bucket that is one number). No timer, and no more keys than there is room for.
 */

/** A rate. */
export interface Rate {
  /** How many requests are taken at once. */
  readonly burst: number
  /** How many more each second. */
  readonly perSecond: number
}

/** Counts by key. */
export interface Meter {
  /**
   * 0 where one more is taken; otherwise how long until it would be, ms. What is refused costs nothing.
   * @param weight how much of one it counts as
   */
  take(key: string, weight?: number): number
  /** How many keys are remembered. */
  readonly size: number
}

/** How many keys are remembered at most: a few MB. */
const ROOM = 20_000
/** Below it a difference is one of arithmetic, ms. */
const GRAIN = 0.01

/** Makes the count. `room`: how many keys; who was longest away is forgotten first. `now` in ms. */
export function createMeter({ burst, perSecond }: Rate, now: () => number, room: number = ROOM): Meter {
  const interval = 1000 / perSecond
  // Until when each key's requests will have drained away, ms. In the order in which they came last.
  const drained = new Map<string, number>()
  return {
    take(key, weight = 1) {
      const at = now()
      const left = Math.max(0, (drained.get(key) ?? 0) - at)
      // More than there is room for: the clock was put back, and nobody is kept waiting for that.
      const level = (left > interval * burst + GRAIN ? 0 : left) + interval * weight
      const over = level - interval * burst
      if (over > GRAIN) return over
      drained.delete(key)
      for (const oldest of drained.keys()) {
        if (drained.size < room) break
        drained.delete(oldest)
      }
      drained.set(key, at + level)
      return 0
    },
    get size() {
      return drained.size
    },
  }
}
