/** What would be told again and again is told when it begins, and seldom after that. */
import type { Edges } from './edges.js'

/**
 * Whether it is time to tell of `what` again: members for its entry in the log, with `untold`, how many times it was not told since, from the second time
 * on; `null` where it was told less than `every` ms ago.
 */
export type Seldom = (what: string) => { readonly untold?: number } | null

/** Makes the memory. There are to be few different things to tell. */
export function createSeldom({ now }: Pick<Edges, 'now'>, every: number): Seldom {
  const told = new Map<string, { readonly until: number; since: number }>()
  return (what) => {
    const before = told.get(what)
    const left = before === undefined ? 0 : before.until - now()
    // Longer than that: the clock was put back.
    if (before !== undefined && left > 0 && left <= every) {
      before.since++
      return null
    }
    told.set(what, { until: now() + every, since: 0 })
    return before === undefined ? {} : { untold: before.since }
  }
}
