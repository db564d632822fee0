/** The outside world as one object: a page has its own, a test gives another. Nothing else names `window`. */
import { onActivity } from './activity.js'
import { createClock, deviceClock } from './clock.js'
import type { Clock } from './clock.js'
import { pageCookies } from './cookies.js'
import type { ReadableCookies } from './cookies.js'
import { openTabs } from './tabs.js'
import type { Tabs } from './tabs.js'
import { onWake } from './wake.js'
import type { Wake } from './wake.js'

/** What the session client needs of the world. */
export interface Platform {
  readonly clock: Clock
  readonly cookies: ReadableCookies
  /** Kept per tab, for what must survive a redirect: log-in transactions and times. Never a token. */
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /**
   * Kept by the browser and shared by its tabs, for what may be read late (why a session ended). Never a token. Throws nothing:
   * where storage is refused, nothing is kept.
   */
  readonly notes: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>
  /** From 0 (inclusive) to 1 (exclusive). */
  random(): number
  /** The address in the address bar. */
  address(): URL
  /** Puts another address into the address bar; the page stays. */
  replaceAddress(url: string): void
  /** Leaves the page for another. */
  leave(url: string): void
  /** Whether the user has just done something on this page. True where the browser cannot tell. */
  hasGesture(): boolean
  /** Listens for wake-ups; returns the way to stop. */
  onWake(listener: (wake: Wake) => void): () => void
  /** Listens for what the user does, at most once a second; returns the way to stop. */
  onActivity(listener: () => void): () => void
  /** The tabs of this origin that have the same name open. Warns once per page where the browser cannot join them. */
  tabs(name: string): Tabs
  /** The page itself, for edges that need a document (hidden frames). */
  readonly page: Window
}

/** The page we are in, or null where there is none: on a server. */
export function pagePlatform(): Platform | null {
  if (typeof window === 'undefined' || typeof document === 'undefined') return null
  const page = window
  return {
    clock: createClock(deviceClock),
    cookies: pageCookies,
    // Where storage is refused, already asking for it throws: only those who use it are to notice.
    storage: {
      getItem: (key) => page.sessionStorage.getItem(key),
      setItem: (key, value) => page.sessionStorage.setItem(key, value),
      removeItem: (key) => page.sessionStorage.removeItem(key),
    },
    notes: {
      getItem: (key) => tried(() => page.localStorage.getItem(key)) ?? null,
      setItem: (key, value) => tried(() => page.localStorage.setItem(key, value)),
      removeItem: (key) => tried(() => page.localStorage.removeItem(key)),
    },
    fetch: (input, init) => page.fetch(input, init),
    random: () => Math.random(),
    address: () => new URL(page.location.href),
    replaceAddress: (url) => page.history.replaceState(page.history.state, '', url),
    leave: (url) => page.location.assign(url),
    hasGesture: () => page.navigator.userActivation?.isActive ?? true,
    onWake: (listener) => onWake(page, listener),
    onActivity: (listener) => onActivity(page, listener),
    tabs: (name) => openTabs(page, name),
    page,
  }
}

function tried<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
