/** The demo and a browser for one test file, and what the user of a test starts with. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { SessionClient, SessionEvents, SessionState } from 'tandem-session'
import { buildDemo } from '../../demo/build.mjs'
import { POST_LOGOUT_PATHS } from '../../demo/idp/clients.js'
import { MODES, startDemo, type Demo, type DemoOptions } from '../../demo/start.js'
import { launch } from './browser.js'
import { testRoutes } from './routes.js'

/** What the page `/spa/…` puts into a test's reach. */
export interface TestPage {
  readonly client: SessionClient
  /** Origin of the API. */
  readonly api: string
  /** Every status so far, oldest first. */
  readonly states: SessionState['status'][]
  /** `sub` of whom it showed with each of them; '' for nobody. */
  readonly users: string[]
  /** `at`: ms since the epoch. */
  readonly events: { readonly type: keyof SessionEvents; readonly detail: unknown; readonly at: number }[]
}

declare global {
  var tandem: TestPage
}

/** Who can hold the tokens. */
export type Mode = (typeof MODES)[number]
export { MODES }

/** The running app; ready in every test. */
export interface App {
  readonly demo: Demo
  /** A browser nobody has used. */
  visitor(options?: BrowserContextOptions): Promise<BrowserContext>
  /** A new tab at an address of the app, in a browser nobody has used unless one is given. */
  open(path: string, browser?: BrowserContext): Promise<Page>
}

/** Nothing of these tests takes so long, ms. */
const PATIENCE = 30_000

/**
 * Starts the demo and Chromium for this test file. What a test set at the provider is undone after it, and its pages are
 * closed; a script that threw, or that the page's own policy stopped, fails it.
 */
export const useApp = (given: DemoOptions | (() => Promise<DemoOptions>) = {}): App => {
  const visitors: BrowserContext[] = []
  const faults: string[] = []
  let demo: Demo | undefined
  let browser: Browser | undefined
  let lifetimes: Demo['idp']['lifetimes']

  beforeAll(async () => {
    await buildDemo()
    const options = typeof given === 'function' ? await given() : given
    const landings = [...MODES.map((mode) => `/?mode=${mode}`), '/spa/bff/', '/spa/mediated/']
    demo = await startDemo({
      routes: testRoutes,
      ...options,
      idp: { postLogoutUris: [...POST_LOGOUT_PATHS, ...landings], ...options.idp },
    })
    lifetimes = { ...demo.idp.lifetimes }
    browser = await launch()
  })

  afterEach(async () => {
    await Promise.all(visitors.splice(0).map((visitor) => visitor.close()))
    if (demo === undefined) return
    const { idp, bff, api } = demo
    idp.faults.clear()
    idp.faults.release()
    for (const sub of idp.users.keys()) {
      await Promise.all([bff.sessions.end({ sub }), idp.endSession(sub), idp.revoke(sub)])
    }
    Object.assign(idp.lifetimes, lifetimes)
    idp.clearRequests()
    api.requests.length = 0
    expect(faults.splice(0), 'what went wrong in the scripts of the pages').toEqual([])
  })

  afterAll(async () => {
    await browser?.close()
    await demo?.close()
  })

  const running = (): Demo => {
    if (demo === undefined) throw new Error('The demo is not running: beforeAll failed.')
    return demo
  }

  const visitor: App['visitor'] = async (options = {}) => {
    if (browser === undefined) throw new Error('Chromium is not running: beforeAll failed.')
    // Bars that move at every frame are for people to look at.
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
    visitors.push(context)
    context.setDefaultTimeout(PATIENCE)
    context.on('weberror', (error) => faults.push(`${error.page()?.url()}: ${error.error()}`))
    context.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) faults.push(message.text())
    })
    return context
  }

  return {
    get demo() {
      return running()
    },
    visitor,
    async open(path, context) {
      const page = await (context ?? (await visitor())).newPage()
      await page.goto(running().url + path)
      return page
    },
  }
}
