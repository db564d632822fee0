/** Chance that can be had again: the same seed, the same run. */
export interface Chance {
  /** From 0 (inclusive) to 1 (exclusive). */
  next(): number
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number
  /** One of them; there must be one. */
  pick<Value>(list: readonly Value[]): Value
  /** Whether something happens that happens so often, 0 to 1. */
  happens(likelihood: number): boolean
  /** A chance of its own: what it is asked for changes nothing about this one. */
  fork(): Chance
}

/** Mulberry32: small, and good enough for tests. */
export const seeded = (seed: number): Chance => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    below,
    pick: (list) => {
      if (list.length === 0) throw new Error('there is nothing to pick from')
      return list[below(list.length)] as (typeof list)[number]
    },
    happens: (likelihood) => next() < likelihood,
    fork: () => seeded(below(2 ** 32)),
  }
}
