import type { Edges } from '../../src/bff/edges.js'

/** Clock and timers that move only when told to. */
export interface ManualTime extends Pick<Edges, 'now' | 'timer'> {
  /** Moves on, ringing what is due on the way; gives way between, so that what was rung can go on. */
  advance(ms: number): Promise<void>
  /** How many timers are set. */
  waiting(): number
}

export function manualTime(start = Date.now()): ManualTime {
  let now = start
  const timers = new Set<{ at: number; ring: () => void }>()
  return {
    now: () => now,
    timer(ring, ms) {
      const timer = { at: now + ms, ring }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(ms) {
      const until = now + ms
      for (;;) {
        // Looks into the store and seals are a few turns away, not time.
        for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve))
        const [next] = [...timers].sort((one, other) => one.at - other.at)
        if (next === undefined || next.at > until) break
        timers.delete(next)
        now = Math.max(now, next.at)
        next.ring()
      }
      now = until
    },
    waiting: () => timers.size,
  }
}
