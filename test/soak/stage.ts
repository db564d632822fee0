/** The demo's servers, one browser with many tabs on them, and what may be done to either. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext } from 'playwright-core'
import { REDIRECT_PATHS } from '../../demo/idp/clients.js'
import type { Routes } from '../../demo/options.js'
import { startDemo, type Demo } from '../../demo/start.js'
import { createDoors, type Doors } from './doors.js'
import { openLedger, type Ledger } from './ledger.js'
import { attach, openTab, POLLING, type Tab, type Tally } from './tab.js'

/** Who holds the tokens. */
export type Mode = 'bff' | 'browser'

/** How long access is good for, s. */
export const ACCESS_LIFE = 3
/** How long everything may take to be well again once nothing is in the way, ms: after trouble a tab waits up to 8 s for its next try. */
const RECOVERY = 30_000

export interface Stage {
  readonly mode: Mode
  readonly demo: Demo
  /** Of the BFF. */
  readonly doors: Pick<Doors, 'faults' | 'streams'>
  readonly ledger: Ledger
  readonly tabs: readonly Tab[]
  /** What tabs had counted that are gone. */
  readonly past: readonly Tally[]
  awake(): Tab[]
  open(): Promise<Tab>
  /** A tab is closed, or crashes. */
  lose(tab: Tab, how: 'close' | 'crash'): Promise<void>
  /** The device's clock goes ahead by so much, ms. */
  setClock(ahead: number): Promise<void>
  /** What is lived through while servers are in trouble or nobody is awake, until all is well again. */
  during(what: 'trouble' | 'sleep', work: () => Promise<void>): Promise<void>
  /** Waits until every tab that is awake has valid access. @throws Error telling how they stand, where that takes too long */
  recovered(): Promise<void>
  close(): Promise<void>
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** `/soak/bff/`, `/soak/browser/` and their script. */
const routes: Routes = (request, response, next) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  if (!pathname.startsWith('/soak/')) return next()
  const isScript = pathname.endsWith('.js')
  readFile(here(isScript ? './page/page.js' : './page/index.html')).then(
    (body) => {
      const type = isScript ? 'text/javascript' : 'text/html'
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(body)
    },
    (error: unknown) => response.writeHead(500).end(String(error)),
  )
}

/** Starts everything, signs alice in, and has `count` tabs on her session. */
export const openStage = async (browser: Browser, mode: Mode, count: number): Promise<Stage> => {
  const doors = createDoors()
  const demo = await startDemo({
    lifetimes: { accessToken: ACCESS_LIFE, idle: 0, absolute: 36_000, idpSession: 36_000 },
    // Tokens' times are whole seconds: of three, up to one is missing at the API.
    apiTolerance: 1,
    before: doors.before,
    routes: () => routes,
    idp: { redirectUris: [...REDIRECT_PATHS, '/soak/browser/'] },
  })
  const context: BrowserContext = await browser.newContext({ reducedMotion: 'reduce' })
  const ledger = openLedger()
  const tabs: Tab[] = []
  const past: Tally[] = []
  const url = `${demo.url}/soak/${mode}/`

  const isWell = async (tab: Tab): Promise<boolean> => {
    const { status, renewal, expiresAt = 0 } = await tab.look()
    return status === 'authenticated' && renewal !== 'waiting' && expiresAt > Date.now()
  }

  const stage: Stage = {
    mode,
    demo,
    doors,
    ledger,
    tabs,
    past,
    awake: () => tabs.filter((tab) => !tab.frozen),
    async open() {
      const tab = await openTab(context, url)
      tabs.push(tab)
      return tab
    },
    async lose(tab, how) {
      tabs.splice(tabs.indexOf(tab), 1)
      past.push(await tab.tally())
      if (how === 'crash') await tab.crash()
      await tab.page.close()
      ledger.lostTab()
    },
    async setClock(ahead) {
      await context.addCookies([{ name: 'device-clock', value: String(ahead), url: demo.url }])
    },
    async during(what, work) {
      ledger.calm(false)
      if (what === 'trouble') ledger.trouble(true)
      await work()
      await stage.recovered()
      ledger.trouble(false)
      ledger.calm(true)
    },
    async recovered() {
      const limit = Date.now() + RECOVERY
      for (;;) {
        const awake = stage.awake()
        const well = await Promise.all(awake.map(isWell))
        if (well.every(Boolean)) return
        if (Date.now() > limit) {
          const looks = await Promise.all(
            awake
              .filter((_, index) => !well[index])
              .map((tab) => tab.page.evaluate(() => soak.client.getState())),
          )
          throw new Error(`Not well again within ${RECOVERY / 1000} s: ${JSON.stringify(looks)}`)
        }
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    async close() {
      await context.close()
      await demo.close()
    },
  }

  try {
    await context.addInitScript({ path: here('./page/device.js') })
    const page = await context.newPage()
    await page.goto(url)
    await page.waitForFunction(() => typeof soak === 'object', undefined, POLLING)
    await page.evaluate(() => void soak.client.login())
    await page.locator('button[value=alice]').click()
    await page.waitForFunction(
      () => typeof soak === 'object' && soak.look().status === 'authenticated',
      undefined,
      POLLING,
    )
    tabs.push(await attach(context, page))
    while (tabs.length < count) {
      const more = Math.min(4, count - tabs.length)
      await Promise.all(Array.from({ length: more }, () => stage.open()))
    }
    await stage.recovered()
  } catch (error) {
    await stage.close()
    throw error
  }
  demo.idp.provider.on('grant.success', ({ oidc }) => ledger.granted(String(oidc.params?.['grant_type'])))
  demo.idp.provider.on('grant.error', (_context, { error }) => ledger.refused(error))
  return stage
}
