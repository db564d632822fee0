/**
 * Authentications under way: `state` → verifier, nonce, and where to go back to. The library's state store, kept as one
 * entry of the tab's storage, so that the number of stale ones has a bound.
 */
import type { StateStore } from 'oidc-client-ts'
import type { KeptError } from './failures.js'
import type { World } from './settings.js'

const KEY = 'tandem.logins'
/** Two tabs of one duplicated page, a few abandoned logins: more are never under way. */
const MOST = 5

/** What is noted about an authentication beside what the library notes. */
export interface Transaction {
  /** `login`: the user was asked. `silent`: `prompt=none`, the whole page. `frame`: `prompt=none` in a hidden frame. */
  readonly kind: 'login' | 'silent' | 'frame'
  /** Same-origin path. */
  readonly returnTo: string
  readonly nonce: string
  /** The `max_age` that was asked for, s. */
  readonly maxAge: number | undefined
  /** The resources tokens were asked for (RFC 8707). */
  readonly audience: readonly string[]
  /** When it was begun, ms in the device's clock. */
  readonly begunAt: number
  /** What the hint said then, where the whole page was left to ask. */
  readonly hint?: string | undefined
  /** Of a login that failed before this was asked: to be told when the page is back. */
  readonly failed?: KeptError | undefined
}

export interface Transactions extends StateStore {
  /** The transaction of this `state`, left where it is; null where there is none. */
  find(state: string): Transaction | null
}

/** Over the tab's storage. */
export function openTransactions(storage: World['storage']): Transactions {
  const read = (): Map<string, string> => {
    try {
      return new Map(JSON.parse(storage.getItem(KEY) ?? '[]') as [string, string][])
    } catch {
      return new Map()
    }
  }
  const write = (entries: Map<string, string>): void => {
    if (entries.size === 0) storage.removeItem(KEY)
    else storage.setItem(KEY, JSON.stringify([...entries].slice(-MOST)))
  }
  return {
    find: (state) => {
      const entry = read().get(state)
      return entry === undefined ? null : (JSON.parse(entry) as { data: Transaction }).data
    },
    get: async (state) => read().get(state) ?? null,
    set: async (state, entry) => write(read().set(state, entry)),
    remove: async (state) => {
      const entries = read()
      const entry = entries.get(state) ?? null
      if (entries.delete(state)) write(entries)
      return entry
    },
    getAllKeys: async () => [...read().keys()],
  }
}
