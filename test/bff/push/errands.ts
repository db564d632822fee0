/**
 * What a BFF does on behalf of one request, told from what it does for others; so that each of its ways to a store and to the IDP takes as long as the
 * chance of its own errand says, however many there are at once.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { SessionStore } from '../../../src/bff/stores/store.js'
import { seeded } from '../../support/seeded.js'
import type { Mood } from './rotation.js'

/** One errand. */
export interface Errand {
  /** A way to a store or to the IDP. */
  pass(): Promise<void>
  /** How the next refresh goes. */
  mood: Mood
  /** Called when tokens are asked for. */
  asks(): void
}

/** Those of a run. */
export interface Errands {
  /** `patient`: it may stand still until it is let go; `slow`: it often takes its time; `swift`: it does not. */
  begin(pace: 'patient' | 'slow' | 'swift'): Errand
  /** Lets go all that stand still; from the last time on, nothing stands still any more. */
  letGo(last?: boolean): void
}

/** The errand that is being run. */
export const errand = new AsyncLocalStorage<Errand>()

/** So many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => void setImmediate(resolve))
}

export function createErrands(seed: number): Errands {
  const chance = seeded(seed)
  const standing: (() => void)[] = []
  let isLast = false
  return {
    begin(pace) {
      const own = chance.fork()
      return {
        mood: 'well',
        asks: () => {},
        async pass() {
          if (pace === 'swift') return
          const much = own.below(20)
          if (much < 9) return
          if (pace === 'slow') return turns(own.below(60))
          if (much < 18) return turns(own.below(4))
          if (isLast) return turns(own.below(40))
          await new Promise<void>((go) => void standing.push(go))
          await turns(own.below(10))
        },
      }
    },
    letGo(last = false) {
      isLast = isLast || last
      for (const go of standing.splice(0)) go()
    },
  }
}

/** The same store, with the way to it and back. What it tells at once, it tells at once. */
export function withWays(raw: SessionStore): SessionStore {
  const through = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const own = errand.getStore()
    await own?.pass()
    const result = await work()
    await own?.pass()
    return result
  }
  return {
    create: (record) => through(() => raw.create(record)),
    get: (key) => through(() => raw.get(key)),
    ...(raw.peek !== undefined && { peek: raw.peek.bind(raw) }),
    replace: (record, version) => through(() => raw.replace(record, version)),
    delete: (key, tombstone) => through(() => raw.delete(key, tombstone)),
    deleteWhere: (filter, tombstone) => through(() => raw.deleteWhere(filter, tombstone)),
    list: (filter, now) => through(() => raw.list(filter, now)),
    remember: (id, until) => through(() => raw.remember(id, until)),
    remembered: (id) => through(() => raw.remembered(id)),
    deleteExpired: (now) => raw.deleteExpired(now),
    ping: () => raw.ping(),
    close: () => raw.close(),
    ...(raw.sharedBy !== undefined && { sharedBy: raw.sharedBy }),
    ...(raw.news !== undefined && { news: raw.news.bind(raw) }),
  }
}
