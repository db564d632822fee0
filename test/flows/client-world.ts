/**
 * A whole world in one process for stories of the session client: the real provider, an API, a BFF without sockets, and a
 * browser with the app in a tab. One clock for all of it.
 */
import { onTestFinished, vi } from 'vitest'
import { startApi, type Api } from '../../demo/api/index.js'
import { createBff, type Bff, type BffOptions } from '../../src/bff/index.js'
import {
  bffClient,
  browserClient,
  createSessionClient,
  type Session,
  type SessionClient,
  type SessionClientOptions,
  type SessionEvents,
  type SessionState,
} from '../../src/index.js'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import { framing } from '../support/frames.js'
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
import { createUserAgent, type LoginOptions, type UserAgent } from '../support/user-agent.js'

/** Who holds the tokens. */
export const HOLDERS = ['bff', 'mediated', 'browser'] as const
export type HeldBy = (typeof HOLDERS)[number]

const SCOPE = 'openid profile email offline_access orders:read orders:write'

/** The API as the app's page names it. */
const RESOURCE = 'https://api.test/'

export interface WorldOptions {
  idp?: IdpOptions
  bff?: Partial<BffOptions>
  client?: Partial<SessionClientOptions>
}

/** Everything there is. */
export interface World {
  readonly idp: Idp
  readonly api: Api
  readonly bff: Bff
  /** The refreshes that reached the provider. */
  refreshes(): Idp['tokenRequests']
  /** A tab with the app in it, in the one browser unless another is given. */
  open(address?: string, browser?: UserAgent): AppPage
  /** A browser nobody has used. */
  newBrowser(): UserAgent
  /** Time passes, s, and these pages do what is due in between. */
  pass(seconds: number, ...pages: AppPage[]): Promise<void>
  /** From now on what pages ask gets no answer, or does again. */
  silence(begins: boolean): void
  /** Time passes, s, while the device sleeps: then these pages wake. */
  sleep(seconds: number, ...pages: AppPage[]): void
}

/** A page of the app, with what a test wants to know and do. */
export interface AppPage {
  readonly tab: AppTab
  /** Of the page that is loaded now. */
  readonly client: SessionClient
  /** Events of the page that is loaded now, oldest first. */
  readonly told: { readonly type: keyof SessionEvents; readonly detail: unknown }[]
  readonly state: SessionState
  /** The session, which must be there. */
  readonly session: Session
  types(): (keyof SessionEvents)[]
  /** Loads an address, or the current one again, and starts. */
  load(address?: string): Promise<SessionState>
  /** Goes where the page was left for, signs in as `user` where it is asked for, and starts where that ends. */
  follow(user?: string, login?: LoginOptions): Promise<SessionState>
  /** From the first page load to the session. */
  signIn(user?: string): Promise<Session>
  /** Calls the API; resolves with the status and whom it was for. */
  call(path?: string, init?: RequestInit): Promise<{ status: number; sub: unknown }>
}

/** Starts a world whose pages have their tokens held so. */
export const startWorld = async (heldBy: HeldBy, options: WorldOptions = {}): Promise<World> => {
  vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
  const idp = await startTestIdp(options.idp)
  const api = await startApi({ issuer: idp.issuer, audience: DEMO_RESOURCE, origins: [APP_ORIGIN] })
  const bff = createBff({
    origin: APP_ORIGIN,
    idp: { issuer: idp.issuer, clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET, scope: SCOPE },
    secrets: ['test-secret-of-thirty-two-letters-or-more'],
    store: 'memory:',
    upstreams: { shop: { url: `${api.url}/` } },
    mediateTokens: heldBy === 'mediated',
    ...options.bff,
  })
  onTestFinished(async () => {
    vi.useRealTimers()
    await bff.close()
    await api.close()
    await idp.close()
  })

  const serve = (request: Request): Response | Promise<Response> =>
    new URL(request.url).pathname.startsWith('/bff/') ? bff.fetch(request) : new Response('the app')
  const newBrowser = (): UserAgent => createUserAgent({ handlers: { [APP_ORIGIN]: serve } })
  const usual = newBrowser()

  // Behind the BFF an API has an address no browser ever calls.
  const url = heldBy === 'bff' ? RESOURCE : `${api.url}/`
  const oauth = () => {
    if (heldBy === 'bff') return bffClient({ basePath: '/bff' })
    if (heldBy === 'mediated') return bffClient({ basePath: '/bff', mediateTokens: true })
    const silentRedirectUri = '/silent.html'
    return browserClient({
      ...{ authority: idp.issuer, clientId: SPA_CLIENT_ID, redirectUri: '/callback', silentRedirectUri },
      scope: SCOPE,
    })
  }

  let asked = 0
  let silent = false
  const counted = async <T>(answer: Promise<T>): Promise<T> => {
    asked += 1
    return answer.finally(() => (asked -= 1))
  }
  /**
   * What is asked is answered before more time passes: only silence may run into a time-out. A page may also wait for time
   * itself, so it is waited for in moderation.
   */
  const settled = async (pages: readonly AppPage[]): Promise<void> => {
    for (let quiet = 0, turns = 0; quiet < 3; quiet += 1, turns += 1) {
      await new Promise((resolve) => (turns < 20 ? setImmediate(resolve) : setTimeout(resolve, 1)))
      if (silent || idp.faults.waiting() > 0) continue
      if (asked > 0 || (turns < MOST_TURNS && pages.some(isAsking))) quiet = 0
    }
  }

  const open: World['open'] = (address = '/', browser = usual) => {
    const agent = browser.newTab()
    const ask = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
      if (silent) return new Promise((_, reject) => init.signal?.addEventListener('abort', reject))
      const response = await agent.fetchFrom(APP_ORIGIN + address)(input, init)
      // Answered means: to the last byte.
      await response.clone().arrayBuffer()
      return response
    }
    const frames: UserAgent = Object.create(agent, {
      navigate: { value: (...given: Parameters<UserAgent['navigate']>) => counted(agent.navigate(...given)) },
    })
    const tab: AppTab = openAppTab(agent, {
      address: APP_ORIGIN + address,
      page: framing(() => Object.create(tab, { agent: { value: frames } })),
      fetch: (input, init) => (silent ? ask(input, init) : counted(ask(input, init))),
    })
    const make = () => {
      const client: SessionClient = createSessionClient(
        {
          oauth: oauth(),
          resources: [
            { url, ...(heldBy === 'bff' ? { via: 'bff', upstream: 'shop' } : { audience: DEMO_RESOURCE }) },
          ],
          ...options.client,
        },
        tab.platform,
      )
      const told: AppPage['told'] = []
      for (const type of EVENTS) client.on(type, (detail) => told.push({ type, detail }))
      return { client, told }
    }
    let loaded = make()
    const page: AppPage = {
      tab,
      get client() {
        return loaded.client
      },
      get told() {
        return loaded.told
      },
      get state() {
        return loaded.client.getState()
      },
      get session() {
        const { state } = page
        if (state.status === 'authenticated') return state.session
        throw new Error(`nobody is signed in: ${JSON.stringify(state)}`)
      },
      types: () => loaded.told.map(({ type }) => type),
      load: (to) => {
        loaded.client.stop()
        tab.load(to)
        loaded = make()
        return started(page)
      },
      follow: async (user, login) => {
        loaded.client.stop()
        await tab.follow(tab.platform.left.at(-1) ?? tab.platform.address().href, user, login)
        loaded = make()
        return started(page)
      },
      signIn: async (user = 'alice') => {
        await started(page)
        await page.client.login()
        await page.follow(user)
        return page.session
      },
      call: async (path = 'whoami', init) => {
        const response = await page.client.fetch(url + path, init)
        const body: unknown = await response.json().catch(() => null)
        return { status: response.status, sub: Reflect.get(Object(body), 'sub') }
      },
    }
    return page
  }

  /** Starts the page; where it leaves at once to ask the provider, it goes there and starts where that ends. */
  const started = async (page: AppPage): Promise<SessionState> => {
    const state = await page.client.start()
    if (state.status !== 'redirecting') return state
    return page.follow()
  }

  return {
    idp,
    api,
    bff,
    refreshes: () => idp.tokenRequests.filter(({ grant_type: grant }) => grant === 'refresh_token'),
    open,
    newBrowser,
    pass: async (seconds, ...pages) => {
      const end = Date.now() + seconds * 1000
      while (Date.now() < end) {
        vi.setSystemTime(Math.min(Date.now() + STEP, end))
        for (const { tab } of pages) tab.platform.advance(0)
        await settled(pages)
      }
    },
    silence: (begins) => {
      silent = begins
    },
    sleep: (seconds, ...pages) => {
      vi.setSystemTime(Date.now() + seconds * 1000)
      for (const { tab } of pages) tab.platform.wake('visible')
    },
  }
}

/** How far the clock moves at a time, ms. */
const STEP = 30_000
const MOST_TURNS = 200

/** Whether an answer is waited for: the next try has no time yet. */
const isAsking = ({ state }: AppPage): boolean =>
  state.status === 'authenticated'
    ? state.renewal.status === 'renewing'
    : state.status === 'loading' && state.retryAt === undefined

const EVENTS: readonly (keyof SessionEvents)[] = [
  'authenticated',
  'refreshed',
  'refresh-failed',
  'idp-session-ended',
  'expiring',
  'ended',
  'error',
]
