/** A page of an app in a tab, with what a test of the session client wants to know and do. */
import type { Session, SessionClient, SessionEvents, SessionState } from '../../src/index.js'
import type { AppTab } from '../support/app-tab.js'
import type { TestPlatform } from '../support/test-platform.js'
import type { LoginOptions } from '../support/user-agent.js'

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

const EVENTS: readonly (keyof SessionEvents)[] = [
  'authenticated',
  'refreshed',
  'refresh-failed',
  'idp-session-ended',
  'expiring',
  'ended',
  'error',
]

/**
 * The page in `tab`; nothing is started yet.
 * @param create the session client of each page load
 * @param api where the API is, as the page names it
 */
export const openAppPage = (
  tab: AppTab,
  create: (platform: TestPlatform) => SessionClient,
  api: string,
): AppPage => {
  const make = () => {
    const client = create(tab.platform)
    const told: AppPage['told'] = []
    for (const type of EVENTS) client.on(type, (detail) => told.push({ type, detail }))
    return { client, told }
  }
  let loaded = make()

  /** Where the page leaves at once to ask the provider, it goes there and starts where that ends. */
  const start = async (): Promise<SessionState> => {
    const state = await loaded.client.start()
    return state.status === 'redirecting' ? page.follow() : state
  }

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
      return start()
    },
    follow: async (user, login) => {
      loaded.client.stop()
      await tab.follow(tab.platform.left.at(-1) ?? tab.platform.address().href, user, login)
      loaded = make()
      return start()
    },
    signIn: async (user = 'alice') => {
      await start()
      await page.client.login()
      await page.follow(user)
      return page.session
    },
    call: async (path = 'whoami', init) => {
      const response = await page.client.fetch(api + path, init)
      const body: unknown = await response.json().catch(() => null)
      return { status: response.status, sub: Reflect.get(Object(body), 'sub') }
    },
  }
  return page
}
