import { createClock } from '../../src/browser/clock.js'
import type { ReadableCookies } from '../../src/browser/cookies.js'
import type { Platform } from '../../src/browser/platform.js'
import { openTabs } from '../../src/browser/tabs.js'
import type { Wake } from '../../src/browser/wake.js'
import { createTestBrowser } from './test-browser.js'
import type { TestBrowser } from './test-browser.js'
import { createTestTimers } from './test-timers.js'

export { createTestBrowser, type TestBrowser }

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
  /** The browser this is a tab of; several tabs of one share its time, too. Default: one of its own. */
  browser?: TestBrowser
  /** By how many ms the device's clock is ahead of the true time, where the browser is its own. */
  skew?: number
  /** Default: always 0.5. */
  random?: () => number
  /** The window, for what needs a document. */
  page?: Window
}

/** One page load in one tab, with everything at hand that a test wants to see or to turn. */
export interface TestPlatform extends Platform {
  readonly browser: TestBrowser
  /** The browser's readable cookies, unless `cookies` was given. */
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
  /** How many listen for activity. */
  readonly watching: number
  wake(kind: Wake): void
  /** The user does something. Heard as `onActivity` would tell it: at most once a second is for the test to keep to. */
  act(): void
  /** Into the back-forward cache, and back: wakes as `restored`. Nothing of the page runs in between. */
  hide(): void
  show(): void
  /** Frozen where it is, and thawed: wakes as `resumed`. Nothing of the page runs in between. */
  freeze(): void
  resume(): void
  /** The tab is closed. */
  close(): void
  /** The tab is gone without having been told. */
  crash(): void
  /** Another address in the address bar, by the user. */
  go(address: string): void
  /** Lets time pass in the browser: its clocks move on, and what is due in between fires, in order. ms. */
  advance(ms: number): void
  /** Time passes, ms, and nothing fires: throttled timers, or sleep on a device whose even clock goes on. Back for tests' sake. */
  skewBy(ms: number): void
  /** The device's clock moves, ms, and no time passes: it was set, or the device slept and its even clock with it. */
  jump(ms: number): void
  /** The next page load in this tab: same cookies, storage and history; nothing in memory. */
  reload(address?: string): TestPlatform
}

interface Tab {
  readonly browser: TestBrowser
  readonly items: Map<string, string>
  readonly history: string[]
}

/** A page with an empty tab around it. */
export const createTestPlatform = (options: TestPlatformOptions = {}): TestPlatform =>
  load(options, {
    browser: options.browser ?? createTestBrowser({ skew: options.skew ?? 0 }),
    items: new Map(),
    history: [new URL(options.address ?? 'https://app.test/').href],
  })

/** A map as storage. */
const storageOver = (items: Map<string, string>): Platform['storage'] => ({
  getItem: (key) => items.get(key) ?? null,
  setItem: (key, value) => void items.set(key, value),
  removeItem: (key) => void items.delete(key),
})

const load = (options: TestPlatformOptions, tab: Tab): TestPlatform => {
  const { browser, items, history } = tab
  const { jar, even } = browser
  const own = browser.newWindow()
  const timers = createTestTimers(browser, own)
  const wakes = new Set<(wake: Wake) => void>()
  const activity = new Set<() => void>()
  const left: string[] = []
  const requests: PageRequest[] = []
  browser.pages.add(timers)
  const unload = (): void => {
    own.crash()
    browser.pages.delete(timers)
    timers.clear()
    wakes.clear()
    activity.clear()
  }
  const thaw = (): void => {
    own.frozen = false
    while (timers.due() <= even()) timers.fire()
  }

  const clock = createClock({ now: browser.wall, monotonic: even, ...timers })

  const address = (): URL => new URL(history.at(-1) ?? '')
  const platform: TestPlatform = {
    browser,
    jar,
    items,
    history,
    left,
    requests,
    gesture: true,
    get listening() {
      return wakes.size
    },
    get watching() {
      return activity.size
    },
    get timers() {
      return timers.size()
    },
    clock,
    cookies: options.cookies ?? {
      get: (name) => jar.get(name),
      set: (name, value) => void jar.set(name, value),
      remove: (name) => void jar.delete(name),
    },
    storage: storageOver(items),
    notes: storageOver(browser.noted),
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
      wakes.add(listener)
      return () => void wakes.delete(listener)
    },
    onActivity: (listener) => {
      activity.add(listener)
      return () => void activity.delete(listener)
    },
    tabs: (name) => openTabs(own.window, name),
    page: options.page ?? (globalThis as typeof globalThis & Window),
    wake: (kind) => [...wakes].forEach((listener) => listener(kind)),
    act: () => [...activity].forEach((listener) => listener()),
    hide: () => {
      own.dispatch('window', 'pagehide', { persisted: true })
      own.frozen = true
    },
    show: () => {
      thaw()
      own.dispatch('window', 'pageshow', { persisted: true })
      platform.wake('restored')
    },
    freeze: () => {
      own.dispatch('document', 'freeze')
      own.frozen = true
    },
    resume: () => {
      thaw()
      own.dispatch('document', 'resume')
      platform.wake('resumed')
    },
    close: () => {
      own.dispatch('window', 'pagehide', { persisted: false })
      unload()
    },
    crash: unload,
    go: (url) => void history.push(new URL(url, address()).href),
    advance: browser.advance,
    skewBy: browser.pass,
    jump: browser.jump,
    reload: (to) => {
      platform.close()
      if (to !== undefined) history.push(new URL(to, address()).href)
      return load(options, tab)
    },
  }
  return platform
}
