import { createClock } from '../../src/browser/clock.js'
import type { ReadableCookies } from '../../src/browser/cookies.js'
import type { Platform } from '../../src/browser/platform.js'
import type { Wake } from '../../src/browser/wake.js'

/** A request the page made. */
export interface PageRequest {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: string
  readonly keepalive: boolean
}

export interface TestPlatformOptions {
  /** What the address bar shows. Default `https://app.test/`. */
  address?: string
  /** What answers; without it every request fails, as it does offline. */
  fetch?: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>
  /** The readable cookies, where they are not the platform's own `jar`. */
  cookies?: ReadableCookies
  /** By how many ms the device's clock is ahead of the true time. */
  skew?: number
  /** Default: always 0.5. */
  random?: () => number
  /** The window, for what needs a document. */
  page?: Window
}

/** One page load in one tab, with everything at hand that a test wants to see or to turn. */
export interface TestPlatform extends Platform {
  /** Its readable cookies, unless `cookies` was given. */
  readonly jar: Map<string, string>
  /** Its session storage. */
  readonly items: Map<string, string>
  /** Every address the address bar showed, oldest first. */
  readonly history: string[]
  /** Every address the page was left for. The page stays, as it does until a navigation commits. */
  readonly left: string[]
  readonly requests: PageRequest[]
  /** What `hasGesture` says; true at first. */
  gesture: boolean
  /** How many listen for wake-ups. */
  readonly listening: number
  /** How many timers are set. */
  readonly timers: number
  wake(kind: Wake): void
  /** Another address in the address bar, by the user. */
  go(address: string): void
  /** Lets time pass: the device's clock moves on, and what is due in between fires, in order. ms. */
  advance(ms: number): void
  /** Sets the device's clock wrong, by so many ms more; no time passes and nothing fires. */
  skewBy(ms: number): void
  /** The next page load in this tab: same cookies, storage and history; nothing in memory. */
  reload(address?: string): TestPlatform
}

interface Timer {
  readonly due: number
  readonly callback: () => void
  readonly real: ReturnType<typeof setTimeout>
}

interface Tab {
  readonly jar: Map<string, string>
  readonly items: Map<string, string>
  readonly history: string[]
  skew: number
}

/** A page with an empty tab around it. */
export const createTestPlatform = (options: TestPlatformOptions = {}): TestPlatform =>
  load(options, {
    jar: new Map(),
    items: new Map(),
    history: [new URL(options.address ?? 'https://app.test/').href],
    skew: options.skew ?? 0,
  })

const load = (options: TestPlatformOptions, tab: Tab): TestPlatform => {
  const { jar, items, history } = tab
  const timers = new Map<number, Timer>()
  const listeners = new Set<(wake: Wake) => void>()
  const left: string[] = []
  const requests: PageRequest[] = []
  const now = (): number => Date.now() + tab.skew
  let handles = 0

  const fire = (handle: number): void => {
    const timer = timers.get(handle)
    timers.delete(handle)
    clearTimeout(timer?.real)
    timer?.callback()
  }
  const clock = createClock({
    now,
    setTimeout: (callback, ms) => {
      const handle = (handles += 1)
      const real = setTimeout(() => fire(handle), ms)
      // A timer nobody waits for must not keep the test process alive.
      if (typeof real === 'object') real.unref()
      timers.set(handle, { due: now() + ms, callback, real })
      return handle
    },
    clearTimeout: (handle) => {
      clearTimeout(timers.get(handle)?.real)
      timers.delete(handle)
    },
  })

  const address = (): URL => new URL(history.at(-1) ?? '')
  const platform: TestPlatform = {
    jar,
    items,
    history,
    left,
    requests,
    gesture: true,
    get listening() {
      return listeners.size
    },
    get timers() {
      return timers.size
    },
    clock,
    cookies: options.cookies ?? {
      get: (name) => jar.get(name),
      set: (name, value) => void jar.set(name, value),
      remove: (name) => void jar.delete(name),
    },
    storage: {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
    },
    fetch: async (input, init = {}) => {
      const url = input instanceof Request ? input.url : new URL(input, address()).href
      requests.push({
        method: init.method ?? 'GET',
        url,
        headers: new Headers(init.headers),
        body: typeof init.body === 'string' ? init.body : String(init.body ?? ''),
        keepalive: init.keepalive ?? false,
      })
      if (options.fetch === undefined) throw new TypeError('Failed to fetch')
      return options.fetch(input instanceof Request ? input : url, init)
    },
    random: options.random ?? (() => 0.5),
    address,
    replaceAddress: (url) => void history.splice(-1, 1, new URL(url, address()).href),
    leave: (url) => void left.push(new URL(url, address()).href),
    hasGesture: () => platform.gesture,
    onWake: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    page: options.page ?? (globalThis as typeof globalThis & Window),
    wake: (kind) => [...listeners].forEach((listener) => listener(kind)),
    go: (url) => void history.push(new URL(url, address()).href),
    advance: (ms) => {
      const end = now() + ms
      for (;;) {
        const [handle, next] = [...timers].toSorted(([, a], [, b]) => a.due - b.due)[0] ?? []
        if (handle === undefined || next === undefined || next.due > end) break
        tab.skew += Math.max(0, next.due - now())
        fire(handle)
      }
      tab.skew += Math.max(0, end - now())
    },
    skewBy: (ms) => {
      tab.skew += ms
    },
    reload: (to) => {
      for (const handle of timers.keys()) clearTimeout(timers.get(handle)?.real)
      timers.clear()
      if (to !== undefined) history.push(new URL(to, address()).href)
      return load(options, tab)
    },
  }
  return platform
}
