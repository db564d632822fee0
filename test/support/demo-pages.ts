/** The demo's pages in Chromium, for one test file. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { buildDemo } from '../../demo/build.mjs'
import { startDemo, type Demo, type DemoOptions } from '../../demo/start.js'
import { launch, newPage } from '../e2e/browser.js'

/** A page, and what its scripts threw or its policy stopped so far. */
export interface Visit {
  readonly page: Page
  readonly faults: string[]
}

/** Ready in every test. */
export interface DemoPages {
  readonly demo: Demo
  /** Opens an address of the app in a browser nobody has used. */
  visit(path: string, options?: BrowserContextOptions): Promise<Visit>
}

/** Starts the demo and Chromium for this test file; pages are closed after each test. */
export const useDemoPages = (options: DemoOptions = {}): DemoPages => {
  let demo: Demo | undefined
  let browser: Browser | undefined
  const open: Page[] = []

  beforeAll(async () => {
    await buildDemo()
    demo = await startDemo(options)
    browser = await launch()
  }, 180_000)

  afterEach(async () => {
    await Promise.all(open.splice(0).map((page) => page.context().close()))
  })

  afterAll(async () => {
    await browser?.close()
    await demo?.close()
  })

  const running = (): { demo: Demo; browser: Browser } => {
    if (demo === undefined || browser === undefined)
      throw new Error('The demo is there in tests, not before.')
    return { demo, browser }
  }

  return {
    get demo() {
      return running().demo
    },
    async visit(path, context) {
      const page = await newPage(running().browser, context)
      open.push(page)
      const faults: string[] = []
      page.on('pageerror', (error) => faults.push(error.message))
      page.on('console', (message) => {
        if (/Content Security Policy|Uncaught/.test(message.text())) faults.push(message.text())
      })
      await page.goto(running().demo.url + path)
      return { page, faults }
    },
  }
}

/** Presses a button of the provider by its value: a user, or a factor. */
export const choose = (page: Page, value: string): Promise<void> =>
  page.locator(`button[value=${value}]`).click()

/** How many px a page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
