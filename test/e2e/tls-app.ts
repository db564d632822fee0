/** The servers and a browser of one test file over TLS, and what a test begins with. */
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { buildDemo } from '../../demo/build.mjs'
import { startTlsSite, type TlsSite, type TlsSiteOptions } from './tls-site.js'
import { launchTls, type ThirdPartyCookies, type TlsBrowser } from './tls-browser.js'

/** Running; ready in every test. */
export interface TlsApp {
  readonly site: TlsSite
  /** Nobody has used it before a test. */
  readonly browser: BrowserContext
  /** A new tab, in front, at a path of the app. */
  open(path: string): Promise<Page>
}

/** Nothing of these tests takes so long, ms. */
const PATIENCE = 15_000

/**
 * Starts servers and Chromium for this test file; by default the cookies of third parties are blocked. After each test its tabs
 * are closed, everybody is signed out and the provider set back; a script that threw or that the page's own policy stopped, and a logout
 * token that was not taken, fail it.
 */
export const useTlsApp = (
  options: TlsSiteOptions & { thirdPartyCookies?: ThirdPartyCookies } = {},
): TlsApp => {
  const faults: string[] = []
  let site: TlsSite | undefined
  let browser: TlsBrowser | undefined
  let settings: TlsSite['idp']['settings']

  beforeAll(async () => {
    await buildDemo()
    site = await startTlsSite(options)
    settings = structuredClone(site.idp.settings)
    site.idp.provider.on('backchannel.error', (_ctx, error) => {
      faults.push(`a logout token was not taken: ${error.message} ${String(error.cause ?? '')}`)
    })
    browser = await launchTls(options.thirdPartyCookies ?? 'blocked')
    const { context } = browser
    context.setDefaultTimeout(PATIENCE)
    context.on('weberror', (error) => faults.push(`${error.page()?.url()}: ${error.error()}`))
    context.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) faults.push(message.text())
    })
  })

  afterEach(async () => {
    if (site === undefined) return
    const { idp, bff, peaks, refused, url } = site
    await browser?.reset([url, idp.origin])
    idp.faults.clear()
    for (const sub of idp.users.keys()) {
      await Promise.all([bff.sessions.end({ sub }), idp.endSession(sub), idp.revoke(sub)])
    }
    const { lifetimes, ...others } = settings
    Object.assign(idp.lifetimes, lifetimes)
    Object.assign(idp.settings, others)
    idp.clearRequests()
    peaks.clear()
    refused.clear()
    expect(faults.splice(0), 'what went wrong in the scripts of the pages, and between the servers').toEqual(
      [],
    )
  })

  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  const running = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error('Servers and browser are not running: beforeAll failed.')
    return part
  }

  return {
    get site() {
      return running(site)
    },
    get browser() {
      return running(browser).context
    },
    async open(path) {
      const page = await running(browser).context.newPage()
      await page.goto(running(site).url + path)
      return page
    },
  }
}
