/**
 * A whole world in one process for stories of the session client: the real provider, an API, a BFF without sockets, and a
 * browser with the app in a tab. One clock for all of it. The provider is on another site than the app, so that no hidden
 * frame sees its cookie.
 */
import { onTestFinished, vi } from 'vitest'
import { startApi, type Api } from '../../demo/api/index.js'
import { createBff } from '../../src/bff/bff.js'
import type { Bff, BffOptions } from '../../src/bff/index.js'
import { bffClient, browserClient, createSessionClient, type SessionClientOptions } from '../../src/index.js'
import { openAppTab } from '../support/app-tab.js'
import {
  APP_ORIGIN,
  BFF_CLIENT_ID,
  BFF_CLIENT_SECRET,
  DEMO_RESOURCE,
  SPA_CLIENT_ID,
  startTestIdp,
  type Idp,
  type IdpOptions,
} from '../support/idp.js'
import { createTestBrowser, type TestBrowser } from '../support/test-browser.js'
import type { TestPlatformOptions } from '../support/test-platform.js'
import { createUserAgent } from '../support/user-agent.js'
import { openAppPage, type AppPage } from './client-page.js'
import { serverTime, throughFaults, type Interference } from './client-faults.js'

export type { AppPage } from './client-page.js'

/** Who holds the tokens. */
export const HOLDERS = ['bff', 'mediated', 'browser'] as const
export type HeldBy = (typeof HOLDERS)[number]

const scope = 'openid profile email offline_access orders:read orders:write'

export interface WorldOptions {
  idp?: IdpOptions
  bff?: Partial<BffOptions>
  client?: Partial<SessionClientOptions>
  /** By how many ms the device's clock is ahead of the true time. */
  skew?: number
  /** Whether the device's even clock stands still while it sleeps, as many do. Default false. */
  evenClockSleeps?: boolean
  /** How many instances of the BFF take turns; more than one need a store object that they share. Default 1. */
  instances?: number
  /** How far the clock moves at a time, s; the finer, the nearer to the moment what is due is done. Default 30. */
  step?: number
}

/** Everything there is. */
export interface World {
  readonly idp: Idp
  readonly api: Api
  readonly bff: Bff
  /** The refreshes that reached the provider. */
  refreshes(): Idp['tokenRequests']
  /** What stands between whoever asks and the servers of an origin: faults of tests. */
  readonly between: Map<string, Interference>
  /** A new tab of the one browser, with the app in it. */
  open(address?: string, page?: Pick<TestPlatformOptions, 'random'>): AppPage
  /** The device and the browser on it. */
  readonly device: TestBrowser
  /** Time passes, s, and all pages do what is due in between; of these it is waited for. */
  pass(seconds: number, ...pages: AppPage[]): Promise<void>
  /** Time passes, s, while the device sleeps: then these pages wake. */
  sleep(seconds: number, ...pages: AppPage[]): void
  /** From now on what pages ask gets no answer, or does again. */
  silence(begins: boolean): void
}

const MOST_TURNS = 200

/** Starts a world whose pages have their tokens held so. */
export const startWorld = async (heldBy: HeldBy, options: WorldOptions = {}): Promise<World> => {
  vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
  const step = (options.step ?? 30) * 1000
  const between: World['between'] = new Map()
  const time = serverTime()
  const device = createTestBrowser({ skew: options.skew ?? 0 })
  const idp = await startTestIdp(options.idp)
  const api = await startApi({ issuer: idp.issuer, audience: DEMO_RESOURCE, origins: [APP_ORIGIN] })
  const createInstance = (): Bff =>
    createBff(
      {
        origin: APP_ORIGIN,
        idp: { issuer: idp.issuer, clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET, scope },
        secrets: ['test-secret-of-thirty-two-letters-or-more'],
        store: 'memory:',
        upstreams: { shop: { url: `${api.url}/` } },
        mediateTokens: heldBy === 'mediated',
        ...options.bff,
      },
      { timer: time.timer, fetch: time.fetch(throughFaults(between, fetch)) },
    )
  const bff = createInstance()
  const instances = [bff, ...Array.from({ length: (options.instances ?? 1) - 1 }, createInstance)]
  let turn = 0
  let over = false
  onTestFinished(async () => {
    over = true
    vi.useRealTimers()
    for (const instance of instances) await instance.close()
    await api.close()
    await idp.close()
  })
  const browser = createUserAgent({
    handlers: {
      [APP_ORIGIN]: (request) => {
        if (!new URL(request.url).pathname.startsWith('/bff/'))
          return new Response('the app', { headers: { date: new Date().toUTCString() } })
        return (instances[(turn += 1) % instances.length] ?? bff).fetch(request)
      },
    },
  })

  // Behind the BFF an API has an address no browser ever calls.
  const url = heldBy === 'bff' ? 'https://api.test/' : `${api.url}/`
  const oauth = () => {
    if (heldBy === 'bff') return bffClient({ basePath: '/bff' })
    if (heldBy === 'mediated') return bffClient({ basePath: '/bff', mediateTokens: true })
    return browserClient({
      authority: idp.issuer,
      clientId: SPA_CLIENT_ID,
      redirectUri: '/callback',
      scope,
    })
  }
  const resource =
    heldBy === 'bff' ? ({ url, via: 'bff', upstream: 'shop' } as const) : { url, audience: DEMO_RESOURCE }

  let asked = 0
  let silent = false
  const open: World['open'] = (address = '/', page = {}) => {
    const agent = browser.newTab()
    const pageFetch = throughFaults(between, agent.fetchFrom(APP_ORIGIN + address))
    const tab = openAppTab(agent, {
      ...page,
      browser: device,
      address: APP_ORIGIN + address,
      fetch: async (input, init = {}) => {
        if (silent) return new Promise((_, reject) => init.signal?.addEventListener('abort', reject))
        asked += 1
        try {
          const response = await pageFetch(input, init)
          // Answered means: to the last byte; a stream of events is when it begins.
          const isStream = response.headers.get('content-type') === 'text/event-stream'
          if (!isStream) await response.clone().arrayBuffer()
          return response
        } finally {
          asked -= 1
        }
      },
    })
    const create = (platform: typeof tab.platform) =>
      createSessionClient({ oauth: oauth(), resources: [resource], ...options.client }, platform)
    return openAppPage(tab, create, url)
  }

  /**
   * What is asked is answered before more time passes: only silence may run into a time-out. A page may also wait for time
   * itself, so it is waited for in moderation.
   */
  const settled = async (pages: readonly AppPage[]): Promise<void> => {
    // What hangs is not waited for, but whoever gives up waiting for it has something to do.
    const hangs = (): boolean =>
      silent || idp.faults.waiting() > 0 || [...between.values()].some((one) => (one.hangs?.() ?? 0) > 0)
    for (let quiet = 0, turns = 0; quiet < (hangs() ? 24 : 3); quiet += 1, turns += 1) {
      await new Promise((resolve) => (turns < 20 ? setImmediate(resolve) : setTimeout(resolve, 1)))
      if (hangs()) continue
      if (asked > 0 || (turns < MOST_TURNS && pages.some(isAsking))) quiet = 0
    }
  }

  return {
    idp,
    api,
    bff,
    between,
    device,
    refreshes: () => idp.tokenRequests.filter(({ grant_type: grant }) => grant === 'refresh_token'),
    open,
    pass: async (seconds, ...pages) => {
      const end = Date.now() + seconds * 1000
      while (Date.now() < end) {
        // Or a test that took too long would go on turning the clock of the next.
        if (over) throw new Error('The test is over.')
        vi.setSystemTime(Math.min(Date.now() + step, end))
        time.ring()
        device.advance(0)
        await settled(pages)
      }
    },
    sleep: (seconds, ...pages) => {
      const ms = seconds * 1000
      vi.setSystemTime(Date.now() + ms)
      if (options.evenClockSleeps === true) {
        device.pass(-ms)
        device.jump(ms)
      }
      time.ring()
      for (const { tab } of pages) tab.platform.wake('visible')
    },
    silence: (begins) => {
      silent = begins
    },
  }
}

/** Whether an answer is waited for: the next try has no time yet. */
const isAsking = ({ state }: AppPage): boolean =>
  state.status === 'authenticated'
    ? state.renewal.status === 'renewing'
    : state.status === 'loading' && state.retryAt === undefined
