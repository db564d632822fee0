/** Why the last sessions of this browser ended: told to the other tabs, and noted for those that sleep. No secret, never a token. */
import type { EndReason } from '../errors.js'
import type { Ended } from './messages.js'
import type { World } from './settings.js'

const KEY = 'tandem.ends '
/** So many are kept. */
const MOST = 4

/** How a session ended. */
export type End = Pick<Ended, 'ref' | 'reason' | 'endedAt'>

export interface Ends {
  /** For those that sleep, or ask before they have been told; here it is known from now on. */
  note(end: End): void
  /** Tells the other tabs. */
  tell(end: End, generation?: number): void
  /** How this session ended, where that is known. */
  of(ref: string): { readonly reason: EndReason; readonly endedAt: number } | undefined
}

/** @param name of what the tabs share */
export function createEnds({ notes, tabs }: Pick<World, 'notes' | 'tabs'>, name: string): Ends {
  const read = (): End[] => {
    try {
      return JSON.parse(notes.getItem(KEY + name) ?? '[]') as End[]
    } catch {
      return []
    }
  }
  let latest: End | undefined
  const note = (end: End): void => {
    const others = read().filter(({ ref }) => ref !== end.ref)
    latest = end
    notes.setItem(KEY + name, JSON.stringify([end, ...others].slice(0, MOST)))
  }
  return {
    note,
    tell: (end, generation) => tabs.post({ type: 'ended', ...end, generation }),
    of(ref) {
      // Notes go from one process of the browser to another in their own time.
      const end = [latest, ...read()].find((one) => one?.ref === ref)
      return end && { reason: end.reason, endedAt: end.endedAt }
    },
  }
}
