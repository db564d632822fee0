import type { ReadableCookies } from '../../src/browser/cookies.js'
import { APP_ORIGIN } from './idp.js'
import { createTestPlatform, type TestPlatform, type TestPlatformOptions } from './test-platform.js'
import type { LoginOptions, UserAgent } from './user-agent.js'

/** A tab of a browser with an app in it. */
export interface AppTab {
  readonly agent: UserAgent
  /** The page that is loaded. */
  readonly platform: TestPlatform
  /**
   * Goes where the page was left for. Signs in as `user` where a login page comes; without one the login page stays.
   * The page that is loaded at the end is the new `platform`, if it is the app's.
   */
  follow(url: string, user?: string, login?: LoginOptions): Promise<TestPlatform>
  /** Loads an address of the app, or the current one again. */
  load(address?: string): TestPlatform
}

/** `document.cookie` on a page of `address`. */
export const cookiesOn = (agent: UserAgent, address: string): ReadableCookies => {
  const url = new URL(address)
  const attributes = 'Path=/; Secure; SameSite=Lax'
  return {
    get: (name) =>
      agent.cookies
        .readable(url)
        .split('; ')
        .find((pair) => pair.startsWith(`${name}=`))
        ?.slice(name.length + 1),
    set: (name, value) => void agent.cookies.set(url, `${name}=${value}; ${attributes}`, true),
    remove: (name) => void agent.cookies.set(url, `${name}=; ${attributes}; Max-Age=0`, true),
  }
}

/** Opens the app in a tab: the platform's cookies and requests are those of the browser. */
export const openAppTab = (agent: UserAgent, options: TestPlatformOptions = {}): AppTab => {
  const address = options.address ?? `${APP_ORIGIN}/`
  let platform = createTestPlatform({
    ...options,
    address,
    cookies: cookiesOn(agent, address),
    fetch: options.fetch ?? agent.fetchFrom(address),
  })
  return {
    agent,
    get platform() {
      return platform
    },
    follow: async (url, user, login) => {
      await agent.navigate(url, { from: platform.address() })
      const isHome = (): boolean => agent.page?.url.origin === platform.address().origin
      if (!isHome() && user !== undefined) await agent.login(user, login)
      if (isHome()) platform = platform.reload(agent.page?.url.href)
      return platform
    },
    load: (to) => (platform = platform.reload(to ?? platform.address().href)),
  }
}
