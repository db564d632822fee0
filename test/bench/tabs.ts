/** The tabs of one browser on the bare page (`/spa/…`), and when each of them showed what. */
import type { BrowserContext, Page } from 'playwright-core'
import type { TlsSite } from '../e2e/tls-site.js'
import { inState, signInBare } from '../e2e/user.js'
import { now } from './measure.js'

declare global {
  /** By note.js: when the page showed which status last, and when it was woken last, ms since the epoch. */
  var bench: { readonly shown: Map<string, number>; wokenAt: number }
}

/** How far the clock of a page may be from ours, ms: what both of them round to. */
const TICK = 1

/**
 * That the page's clock is this process's: what it says is between two moments of ours.
 * @throws {Error} where it is not, for nothing could be measured then
 */
const compareClocks = async (tab: Page): Promise<void> => {
  const before = now()
  const there = await tab.evaluate(() => performance.timeOrigin + performance.now())
  const after = now()
  if (there < before - TICK || there > after + TICK)
    throw new Error(`A page's clock is off: it said ${there} between ${before} and ${after}.`)
}

/** Tabs to measure with, all of them hidden behind another one but for the first while it signs in. */
export interface Tabs {
  readonly all: readonly [Page, ...Page[]]
  /** Signs in in the first of them, waits for the others to follow, and uses the session. */
  signIn(): Promise<void>
  /** Waits until every tab shows that nobody is signed in; when each showed it. */
  signedOut(): Promise<number[]>
  /** Waits until every tab was told that the session at the IDP is over; when each was. */
  idpEnded(): Promise<number[]>
  close(): Promise<void>
}

/** Opens so many tabs at a path of the app. */
export const openTabs = async (
  browser: BrowserContext,
  site: TlsSite,
  path: string,
  count: number,
): Promise<Tabs> => {
  const open = async (): Promise<Page> => {
    const tab = await browser.newPage()
    await tab.goto(site.url + path)
    await inState(tab, 'unauthenticated')
    return tab
  }
  const first = await open()
  const all: [Page, ...Page[]] = [first]
  while (all.length < count) all.push(await open())
  const front = await browser.newPage()
  return {
    all,
    async signIn() {
      await signInBare(first)
      await front.bringToFront()
      for (const tab of all) {
        await inState(tab, 'authenticated')
        await tab.evaluate(() => (tandem.events.length = 0))
        await compareClocks(tab)
      }
      // A session that was used makes no login loop.
      await first.evaluate(async () => void (await tandem.client.fetch(`${tandem.api}/whoami`)))
    },
    async signedOut() {
      for (const tab of all) await inState(tab, 'unauthenticated')
      const times = all.map((tab) => tab.evaluate(() => bench.shown.get('unauthenticated')))
      return (await Promise.all(times)).map((time) => time ?? Number.NaN)
    },
    idpEnded: () =>
      Promise.all(
        all.map((tab) =>
          tab.evaluate(
            () =>
              new Promise<number>((resolve) => {
                const told = tandem.events.findLast(({ type }) => type === 'idp-session-ended')
                if (told !== undefined) resolve(told.at)
                else
                  tandem.client.on('idp-session-ended', () =>
                    resolve(performance.timeOrigin + performance.now()),
                  )
              }),
          ),
        ),
      ),
    async close() {
      await Promise.all([front, ...all].map((tab) => tab.close()))
    },
  }
}
