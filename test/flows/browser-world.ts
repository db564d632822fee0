/**
 * A browser with any number of tabs of an app on `browserClient`, and the real provider, which revokes everything when a refresh token
 * is used twice. One clock for all of it, which stands still unless a test moves it.
 */
import { onTestFinished, vi } from 'vitest'
import {
  browserClient,
  createSessionClient,
  type BrowserClient,
  type BrowserClientOptions,
} from '../../src/index.js'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import { framing } from '../support/frames.js'
import { APP_ORIGIN, SPA_CLIENT_ID, startTestIdp, type Idp, type IdpOptions } from '../support/idp.js'
import { createTestBrowser, type TestBrowser, type TestPlatformOptions } from '../support/test-platform.js'
import { createUserAgent } from '../support/user-agent.js'
import { openAppPage, type AppPage } from './client-page.js'

export type { AppPage } from './client-page.js'

/** On the provider's own site: from any other one frames do not see its cookie. */
const SAME_SITE = 'http://localhost:9'
/** No answer takes so long, ms of the real time. */
const PATIENCE = 10_000

export interface BrowserWorldOptions {
  idp?: IdpOptions
  client?: Partial<BrowserClientOptions>
  /** What the browser has not got. */
  without?: 'BroadcastChannel' | 'locks'
  /** Whether hidden frames are used: `blind` ones do not see the provider's cookie. Default: none. */
  frames?: 'seeing' | 'blind'
}

export interface BrowserWorld {
  readonly idp: Idp
  readonly device: TestBrowser
  /** The refreshes that reached the provider. */
  refreshes(): Idp['tokenRequests']
  /** A new tab, with the app in it. Nothing is started yet. */
  open(options?: Pick<TestPlatformOptions, 'random'>): AppPage
  /** The tab is closed, or gone without having been told. What it has sent is still answered, and nobody hears it. */
  remove(page: AppPage, how: 'close' | 'crash'): void
  /** So many tabs that are signed in to one session. */
  signedIn(count: number): Promise<AppPage[]>
  /** The device's clock stands there, and all pages do what is due. */
  goTo(moment: number): void
  /** Until all of these pass. Time goes on meanwhile, as far as timers need it. */
  until(pages: readonly AppPage[], passes: (page: AppPage) => boolean): Promise<void>
}

export const startBrowserWorld = async (options: BrowserWorldOptions = {}): Promise<BrowserWorld> => {
  vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
  const { frames, client = {} } = options
  const origin = frames === 'seeing' ? SAME_SITE : APP_ORIGIN
  const idp = await startTestIdp({ appOrigins: [origin], ...options.idp })
  const device = lacking(createTestBrowser(), options.without)
  const browser = createUserAgent({ handlers: { [origin]: () => new Response('the app') } })
  const pages: AppPage[] = []
  const gone = new Set<AppPage>()
  onTestFinished(async () => {
    for (const page of pages) page.client.stop()
    vi.useRealTimers()
    await idp.close()
  })

  const open: BrowserWorld['open'] = (page = {}) => {
    const agent = browser.newTab()
    const pageFetch = agent.fetchFrom(origin)
    const tab: AppTab = openAppTab(agent, {
      ...page,
      fetch: async (input, init) => {
        const never = new Promise<never>(() => {})
        if (gone.has(opened)) return never
        const answer = pageFetch(input, init)
        await answer.catch(() => {})
        return gone.has(opened) ? never : answer
      },
      browser: device,
      address: `${origin}/`,
      page: framing(() => tab),
    })
    const opened = openAppPage(
      tab,
      (platform) =>
        createSessionClient(
          {
            oauth: browserClient({
              authority: idp.issuer,
              clientId: SPA_CLIENT_ID,
              redirectUri: '/callback',
              ...(frames && { silentRedirectUri: '/silent.html' }),
              ...client,
            }),
          },
          platform,
        ),
      '',
    )
    pages.push(opened)
    return opened
  }

  const until: BrowserWorld['until'] = async (those, passes) => {
    const limit = performance.now() + PATIENCE
    for (let turns = 1; !those.every(passes); turns += 1) {
      if (performance.now() > limit) throw new Error(JSON.stringify(those.map(({ state }) => state)))
      await new Promise((resolve) => setImmediate(resolve))
      if (turns % 16 === 0) device.advance(0)
    }
  }

  return {
    idp,
    device,
    refreshes: () => idp.tokenRequests.filter(({ grant_type: grant }) => grant === 'refresh_token'),
    open,
    remove: (page, how) => {
      gone.add(page)
      page.client.stop()
      page.tab.platform[how]()
    },
    signedIn: async (count) => {
      const all = [open()]
      await all[0]?.signIn()
      while (all.length < count) {
        const page = open()
        await page.client.start()
        all.push(page)
      }
      await until(all, ({ state }) => state.status === 'authenticated')
      idp.clearRequests()
      return all
    },
    goTo: (moment) => {
      vi.setSystemTime(moment)
      device.advance(0)
    },
    until,
  }
}

const lacking = (device: TestBrowser, what: BrowserWorldOptions['without']): TestBrowser => ({
  ...device,
  newWindow: () => {
    const opened = device.newWindow()
    if (what === 'locks') Object.assign(opened.window, { navigator: {} })
    if (what === 'BroadcastChannel') Object.assign(opened.window, { BroadcastChannel: undefined })
    return opened
  },
})

/** The access token, renewed first where that is due. */
export const tokenOf = ({ client }: AppPage): Promise<string> =>
  (client.oauth as BrowserClient).getAccessToken()

/** Whether it has valid access, and nothing is due or on the wire. */
export const isSettled = ({ state }: AppPage): boolean =>
  state.status === 'authenticated' &&
  state.renewal.status === 'idle' &&
  (state.renewal.dueAt ?? 0) > Date.now() &&
  state.session.access.expiresAt > Date.now()

/** When access expires: the newest these pages have. */
export const expiryOf = (pages: readonly AppPage[]): number =>
  Math.max(...pages.map(({ session }) => session.access.expiresAt))

/** The expiries a page was told of, one by one. */
export const toldExpiries = (page: AppPage): number[] =>
  page.told
    .filter(({ type }) => type === 'refreshed')
    .map(({ detail }) => (detail as { session: AppPage['session'] }).session.access.expiresAt)
