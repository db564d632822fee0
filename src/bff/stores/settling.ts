/** Stores of which is known that every operation settles soon by itself: there is nobody to wait for, or nobody is waited for long. */
import type { SessionStore } from './store.js'

const known = new WeakSet<SessionStore>()

/** The same store, known to settle. What wraps it, or is made of its parts, is not. */
export function settling(store: SessionStore): SessionStore {
  known.add(store)
  return store
}

/** Whether nobody has to watch over this store. */
export const isSettling = (store: SessionStore): boolean => known.has(store)
