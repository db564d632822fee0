/** The time of this process, for everything that asks `Date`: provider, BFF and tests alike. Timers are not touched. */
export interface Clock {
  /** ms since epoch. */
  now(): number
  /** Moves the time forth (or, negative, back) by `ms`. */
  advance(ms: number): void
  /** Takes back all that this clock has moved. */
  reset(): void
}

/** What all clocks of the process have moved together, in ms, and the `Date` that stands there meanwhile. */
let offset = 0
let before: DateConstructor | null = null

const shifted = (real: DateConstructor): DateConstructor =>
  new Proxy(real, {
    apply: () => new real(real.now() + offset).toString(),
    construct: (_target, values: [], newTarget) =>
      Reflect.construct(real, values.length === 0 ? [real.now() + offset] : values, newTarget) as Date,
    get: (target, name) =>
      name === 'now' ? () => real.now() + offset : (Reflect.get(target, name) as unknown),
  })

const move = (ms: number): void => {
  offset += ms
  if (offset !== 0 && before === null) {
    before = globalThis.Date
    globalThis.Date = shifted(before)
  }
  if (offset !== 0 || before === null) return
  globalThis.Date = before
  before = null
}

/** A clock that has moved nothing yet. Not to be mixed with the fake timers of a test. */
export const createClock = (): Clock => {
  let moved = 0
  return {
    now: () => Date.now(),
    advance: (ms) => {
      moved += ms
      move(ms)
    },
    reset: () => {
      move(-moved)
      moved = 0
    },
  }
}
