/** A page in Chromium with nothing but `src/browser` in it, and a server that counts who is in a place where only one may be. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { Platform } from '../../src/browser/platform.js'
import type { Tabs } from '../../src/browser/tabs.js'
import { launch } from './browser.js'
import type { RealTab } from './real-tabs.js'

declare global {
  var edges: {
    readonly platform: Platform
    readonly tabs: Tabs
    /** What happened, oldest first. */
    readonly log: unknown[]
    /** How the page was shown last. */
    persisted?: boolean
    result?: unknown
    finish?: (result: unknown) => void
  }
}

const SCRIPT = `
  import { pagePlatform } from './platform.ts'
  const platform = pagePlatform()
  globalThis.edges = { platform, tabs: platform.tabs('edges'), log: [] }
  addEventListener('pageshow', ({ persisted }) => { edges.persisted = persisted })
`

/** Serves the page. */
export let server: Server
/** Of the server. */
export let port: number
/** Chromium. */
export let browser: Browser
/** The browser profile of this test. */
export let context: BrowserContext
/** Who is in the place where only one may be, and how often there were more. */
export let inside: number
/** How often somebody came into the place where only one may be. */
export let entered: number
/** How often there were more. */
export let crowded: number

/** A new tab of the same browser. */
export const open = async (path = '/'): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(`http://localhost:${port}${path}`)
  return page
}
/** The page is left for another one. */
export const away = (page: Page) => page.goto(`http://localhost:${port}/elsewhere`)
/** Back out of the back-forward cache, which must have kept the page. */
export const back = async (page: Page): Promise<void> => {
  await page.goBack({ waitUntil: 'commit' })
  await expect.poll(() => page.evaluate(() => edges.persisted)).toBe(true)
}
/** A page of Playwright, or one of a window that can be frozen. */
export type Tab = Page | RealTab
/** Runs a function in the page. */
export const run = <T>(tab: Tab, work: (given: string) => T | Promise<T>, given = ''): Promise<T> =>
  'freeze' in tab ? tab.evaluate(work, given) : tab.evaluate(work, given)
/** What happened in it. */
export const logOf = (tab: Tab) => run(tab, () => edges.log)
/** Waits until that and nothing else happened in it. */
export const has = (tab: Tab, ...log: unknown[]) => expect.poll(() => logOf(tab)).toEqual(log)

/** Queues for the lead; resolves once the lead is taken, where it is free. */
export const queue = (tab: Tab) =>
  run(tab, async () => {
    const { tabs, log } = edges
    tabs.lead('lead', () => {
      log.push('leads')
      return () => log.push('led')
    })
    // In the browser's queue by the time that this is answered.
    await navigator.locks.query()
  })
/** It hears messages from now on. */
export const listen = (tab: Tab) =>
  run(tab, () => void edges.tabs.onMessage((message) => edges.log.push(message)))
/** It tells the others. */
export const say = (tab: Tab, message: string) => run(tab, (given) => edges.tabs.post(given), message)
/** Has a turn, which ends when it is told to. */
export const work = (tab: Tab) =>
  run(tab, async () => {
    const turn = edges.tabs.exclusive('turn', () => {
      edges.log.push('works')
      return new Promise((resolve) => (edges.finish = resolve))
    })
    void turn.then((result) => (edges.result = result))
    await navigator.locks.query()
  })
/** Its turn ends. */
export const finish = (tab: Tab, result: string) => run(tab, (given) => edges.finish?.(given), result)
/** What came of its turn. */
export const resultOf = (tab: Tab) => expect.poll(() => run(tab, () => edges.result))

/** For the file it is called in: what every test begins and ends with. */
export function eachTest(): void {
  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: SCRIPT,
        resolveDir: fileURLToPath(new URL('../../src/browser', import.meta.url)),
        loader: 'ts',
      },
      bundle: true,
      write: false,
      format: 'iife',
    })
    const page = `<!doctype html><title>edges</title><body style="height: 300vh"><input>
    <script>${outputFiles[0]?.text}</script>`
    server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname
      if (path === '/enter') {
        entered += 1
        if ((inside += 1) > 1) crowded += 1
      }
      if (path === '/leave') inside -= 1
      response.setHeader('Content-Type', 'text/html')
      if (path === '/sandbox') response.end('<iframe sandbox="allow-scripts" src="/"></iframe>')
      else response.end(path === '/' ? page : 'another page')
    })
    await new Promise<void>((resolve) => server.listen(0, resolve))
    port = (server.address() as AddressInfo).port
    browser = await launch({ args: ['--host-resolver-rules=MAP plain.test 127.0.0.1'] })
  })
  afterAll(async () => {
    await browser?.close()
    server?.closeAllConnections()
    await new Promise((resolve) => server?.close(resolve))
  })
  beforeEach(async () => {
    inside = entered = crowded = 0
    context = await browser.newContext()
  })
  afterEach(async () => {
    await context.close()
  })
}
