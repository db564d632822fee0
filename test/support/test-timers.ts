/** The timers of one page: they run by the clocks of its browser, which a test lets go on, and by real time. */
import type { BrowserPage, TestBrowser, TestWindow } from './test-browser.js'

interface Timer {
  readonly due: number
  readonly callback: () => void
  readonly real: ReturnType<typeof setTimeout>
}

/** They are what the browser knows of a page, too. */
export interface TestTimers extends BrowserPage {
  setTimeout(callback: () => void, ms: number): number
  clearTimeout(handle: number): void
  /** How many there are. */
  size(): number
  /** All are gone, as when the page is. */
  clear(): void
}

/** The timers of a page in that window: while it is frozen they wait for it. */
export const createTestTimers = ({ even }: TestBrowser, own: TestWindow): TestTimers => {
  const timers = new Map<number, Timer>()
  let handles = 0
  const fire = (handle: number | undefined): void => {
    const timer = timers.get(handle ?? 0)
    if (timer === undefined || own.frozen) return
    timers.delete(handle ?? 0)
    clearTimeout(timer.real)
    timer.callback()
  }
  const next = (): [number, Timer] | undefined => [...timers].toSorted(([, a], [, b]) => a.due - b.due)[0]
  return {
    due: () => (own.frozen ? Infinity : (next()?.[1].due ?? Infinity)),
    fire: () => fire(next()?.[0]),
    setTimeout: (callback, ms) => {
      const handle = (handles += 1)
      const real = setTimeout(() => fire(handle), ms)
      // A timer nobody waits for must not keep the test process alive.
      if (typeof real === 'object') real.unref()
      timers.set(handle, { due: even() + ms, callback, real })
      return handle
    },
    clearTimeout: (handle) => {
      clearTimeout(timers.get(handle)?.real)
      timers.delete(handle)
    },
    size: () => timers.size,
    clear: () => {
      for (const { real } of timers.values()) clearTimeout(real)
      timers.clear()
    },
  }
}
