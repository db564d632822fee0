/** One tab of the soak, as a test drives it: read, frozen, crashed, measured. */
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import type { SessionClient, SessionState } from 'tandem-session'

/** What a page has counted since it was loaded. */
export interface Tally {
  /** Events of the session client, by type. */
  events: Record<string, number>
  /** Reasons of the last sessions that ended. */
  ended: string[]
  /** How often the page was left for the provider. */
  left: number
  /** Renewals that were told once more, or out of order. */
  repeated: number
  /** What went wrong in its scripts, the last few. */
  errors: string[]
}

/** Where a session client stands; `expiresAt` is in the server's clock, ms since the epoch. */
export interface Look {
  readonly status: SessionState['status']
  readonly renewal?: string
  readonly ref?: string
  readonly expiresAt?: number
}

/** What the page puts into reach. */
export interface SoakPage {
  readonly client: SessionClient
  readonly tally: Tally
  /** Where its session client stands. */
  look(): Look
  /** Calls the API once: the status, or the error. */
  call(): Promise<number | string>
}

declare global {
  var soak: SoakPage
  var liveTimers: () => number
}

/** How much of everything a page has. */
export interface Footprint {
  /** JavaScript heap after garbage collection, bytes. */
  readonly heap: number
  readonly listeners: number
  readonly nodes: number
  readonly timers: number
}

export interface Tab {
  readonly page: Page
  readonly frozen: boolean
  /** How often it was frozen, or is on its way to be. */
  readonly timesFrozen: number
  /** Nothing of the page runs any more, or it does again. */
  setFrozen(frozen: boolean): Promise<void>
  /** Its process dies. */
  crash(): Promise<void>
  look(): Promise<Look>
  call(): Promise<number | string>
  tally(): Promise<Tally>
  /** Whether it keeps something for all tabs of the browser: it holds one of their locks. */
  leads(): Promise<boolean>
  footprint(): Promise<Footprint>
}

/** How long one page may take for anything, ms. */
const PATIENCE = 30_000

/** How a page is waited for: tabs that lie behind others draw no frames to wait by. */
export const POLLING = { polling: 100 } as const

/** A new tab at this address of the app. */
export const openTab = async (context: BrowserContext, url: string): Promise<Tab> => {
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE)
  await page.goto(url)
  await page.waitForFunction(() => typeof soak === 'object', undefined, POLLING)
  return attach(context, page)
}

/** A tab that is open. */
export const attach = async (context: BrowserContext, page: Page): Promise<Tab> => {
  const cdp: CDPSession = await context.newCDPSession(page)
  await cdp.send('Performance.enable')
  let frozen = false
  let timesFrozen = 0
  return {
    page,
    get frozen() {
      return frozen
    },
    get timesFrozen() {
      return timesFrozen
    },
    async setFrozen(next) {
      if (next) timesFrozen += 1
      frozen = next
      await cdp.send('Page.setWebLifecycleState', { state: next ? 'frozen' : 'active' })
    },
    async crash() {
      const gone = new Promise<void>((resolve) => page.once('crash', () => resolve()))
      // Nobody is left to answer.
      cdp.send('Page.crash').catch(() => {})
      await gone
    },
    look: () => page.evaluate(() => soak.look()),
    call: () => page.evaluate(() => soak.call()),
    tally: () => page.evaluate(() => soak.tally),
    leads: () =>
      page.evaluate(async () => {
        const probe = `probe ${crypto.randomUUID()}`
        const { held = [] } = await navigator.locks.request(probe, () => navigator.locks.query())
        const self = held.find(({ name }) => name === probe)?.clientId
        return held.some(({ name, clientId }) => clientId === self && name?.startsWith('tandem:') === true)
      }),
    async footprint() {
      // Twice: what the first one frees may hold more.
      await cdp.send('HeapProfiler.collectGarbage')
      await cdp.send('HeapProfiler.collectGarbage')
      const { metrics } = await cdp.send('Performance.getMetrics')
      const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0
      return {
        heap: of('JSHeapUsedSize'),
        listeners: of('JSEventListeners'),
        nodes: of('Nodes'),
        timers: await page.evaluate(() => liveTimers()),
      }
    },
  }
}
