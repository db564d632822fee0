/** The servers and a browser of one test file over TLS, and what a test begins with. */
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { buildDemo } from '../../demo/build.mjs'
import { startTlsSite, type TlsSite, type TlsSiteOptions } from './tls-site.js'
import { launchTls, type ThirdPartyCookies, type TlsBrowser } from './tls-browser.js'

/** Running; ready in every test. */
export interface TlsApp {
  readonly site: TlsSite
  /** A browser nobody has used. */
  visitor(): Promise<BrowserContext>
  /** A new tab at a path of the app, in a browser nobody has used unless one is given. */
  open(path: string, browser?: BrowserContext): Promise<Page>
}

/** Nothing of these tests takes so long, ms. */
const PATIENCE = 15_000

/**
 * Starts servers and Chromium for this test file; by default the cookies of third parties are blocked. After each test its pages
 * are closed and everybody is signed out; a script that threw, or that the page's own policy stopped, fails it.
 */
export const useTlsApp = (
  options: TlsSiteOptions & { thirdPartyCookies?: ThirdPartyCookies } = {},
): TlsApp => {
  const visitors: BrowserContext[] = []
  const faults: string[] = []
  let site: TlsSite | undefined
  let browser: TlsBrowser | undefined
  let lifetimes: TlsSite['idp']['lifetimes']

  beforeAll(async () => {
    await buildDemo()
    site = await startTlsSite(options)
    lifetimes = { ...site.idp.lifetimes }
    browser = await launchTls(options.thirdPartyCookies ?? 'blocked')
  })

  afterEach(async () => {
    await Promise.all(visitors.splice(0).map((visitor) => visitor.close()))
    if (site === undefined) return
    const { idp, bff, asked } = site
    idp.faults.clear()
    for (const sub of idp.users.keys()) {
      await Promise.all([bff.sessions.end({ sub }), idp.endSession(sub), idp.revoke(sub)])
    }
    Object.assign(idp.lifetimes, lifetimes)
    idp.clearRequests()
    asked.length = 0
    expect(faults.splice(0), 'what went wrong in the scripts of the pages').toEqual([])
  })

  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  const running = (): TlsSite => {
    if (site === undefined) throw new Error('The servers are not running: beforeAll failed.')
    return site
  }

  const visitor = async (): Promise<BrowserContext> => {
    if (browser === undefined) throw new Error('Chromium is not running: beforeAll failed.')
    const context = await browser.newContext({ reducedMotion: 'reduce' })
    visitors.push(context)
    context.setDefaultTimeout(PATIENCE)
    context.on('weberror', (error) => faults.push(`${error.page()?.url()}: ${error.error()}`))
    context.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) faults.push(message.text())
    })
    return context
  }

  return {
    get site() {
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
