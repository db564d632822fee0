/** Tabs of one browser, each with what it heard, for the tests of `tabs.ts`. */
import { afterEach, beforeEach, vi, type MockInstance } from 'vitest'
import { openTabs, type Tabs } from '../../src/browser/tabs.js'
import { createTestBrowser, type TestBrowser, type TestWindow } from '../support/test-browser.js'

/** Of the tabs. */
export const NAME = 'tandem:/bff'

/** A tab, and what happens to it. */
export interface Tab extends Tabs {
  readonly page: TestWindow
  readonly heard: unknown[]
  /** Into the back-forward cache and back. */
  hide(): void
  show(): void
  freeze(): void
  resume(): void
}

/** Whose tabs they are. */
export let browser: TestBrowser
/** What was said on the console. */
export let warn: MockInstance<typeof console.warn>

/** A tab, where the browser has everything, or all but what is named. */
export const openTab = (without: Partial<Record<'BroadcastChannel' | 'navigator', unknown>> = {}): Tab => {
  const page = browser.newWindow()
  Object.assign(page.window, without)
  return {
    ...openTabs(page.window, NAME),
    page,
    heard: [],
    hide: () => {
      page.dispatch('window', 'pagehide', { persisted: true })
      page.frozen = true
    },
    show: () => {
      page.frozen = false
      page.dispatch('window', 'pageshow', { persisted: true })
    },
    freeze: () => {
      page.dispatch('document', 'freeze')
      page.frozen = true
    },
    resume: () => {
      page.frozen = false
      page.dispatch('document', 'resume')
    },
  }
}
/** A tab that keeps what it hears. */
export const listening = (tab = openTab()): Tab => {
  tab.onMessage((message) => tab.heard.push(message))
  return tab
}
/** Until what was posted and asked for has arrived. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** For the file it is called in: what every test begins and ends with. */
export function eachTest(): void {
  beforeEach(() => {
    browser = createTestBrowser()
    warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })
}
