/** The real browser of the end-to-end tests, started as users have it (scripts/chromium.mjs). */
import { chromium } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchOptions } from '../../scripts/chromium.mjs'

/** Starts Chromium; close it when done. `args` are switches to add. */
export function launch(options: { args?: readonly string[] } = {}): Promise<Browser> {
  return chromium.launch(launchOptions(options))
}

/** A page in a context of its own: no cookies, nothing stored. Closing the context (`page.context()`) closes it. */
export async function newPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options)
  return context.newPage()
}
