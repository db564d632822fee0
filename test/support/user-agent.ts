import { createCookieJar, type CookieJar } from './user-agent/cookies.js'
import { createExchange } from './user-agent/exchange.js'
import { createFetch } from './user-agent/fetch.js'
import type { Form } from './user-agent/html.js'
import { createNavigation, submission, type NavigateOptions } from './user-agent/navigation.js'
import type { Page } from './user-agent/page.js'
import { createTransport, type Handler } from './user-agent/transport.js'

export type { CookieJar, StoredCookie } from './user-agent/cookies.js'
export type { Form } from './user-agent/html.js'
export type { NavigateOptions } from './user-agent/navigation.js'
export type { Page } from './user-agent/page.js'
export type { Handler } from './user-agent/transport.js'

export interface UserAgentOptions {
  /** What answers for an origin in process, e.g. `{ 'https://app.test': bff.fetch }`. */
  handlers?: Record<string, Handler>
  /** ms since epoch, for the ends of cookies. */
  now?: () => number
  /** Headers of every request, over the browser's own; e.g. another `user-agent`. */
  headers?: Record<string, string>
}

export interface FetchOptions extends RequestInit {
  /** The page whose script calls. Default: the current page. */
  from?: string | URL
}

export interface LoginOptions {
  /** Fills in the form with this instead of pressing the user's button. */
  password?: string
  /** Class to confirm with on the page for the additional factor. Default: the first one offered. */
  acr?: string
}

/** A browser, as far as cookies, redirects, forms and request headers go. One tab. */
export interface UserAgent {
  readonly cookies: CookieJar
  /** Where the tab is; null before the first navigation. */
  readonly page: Page | null
  /** Adds or replaces what answers for an origin. */
  handle(origin: string, handler: Handler): void
  /** Goes to an address; a relative one is meant from the current page. */
  navigate(url: string | URL, options?: NavigateOptions): Promise<Page>
  /** Submits a form of the current page, with `fields` filled in; a field named like a button presses it. */
  submit(form: Form, fields?: Record<string, string>, options?: NavigateOptions): Promise<Page>
  /** `fetch` as a script of the current page (or of `from`) would call it: cookies, CORS, `Sec-Fetch-*`, `Origin`. */
  fetch(url: string | URL, options?: FetchOptions): Promise<Response>
  /** That fetch, bound to a page, to hand to code that wants one. */
  fetchFrom(page: string | URL): typeof fetch
  /** Another tab of the same browser: same cookies and handlers, a page of its own. */
  newTab(): UserAgent
  /** Signs in as `username` on the provider's login page, which must be the current one. */
  login(username: string, options?: LoginOptions): Promise<Page>
  /** Presses the Cancel button of the provider's login page. */
  cancelLogin(): Promise<Page>
}

/** A browser with an empty cookie jar and an empty tab. */
export const createUserAgent = (options: UserAgentOptions = {}): UserAgent => {
  const handlers = new Map(Object.entries(options.handlers ?? {}))
  const cookies = createCookieJar(options.now)
  const exchange = createExchange(createTransport(handlers), cookies, options.headers)
  const go = createNavigation(exchange)
  const pageFetch = createFetch(exchange)

  const openTab = (): UserAgent => {
    let page: Page | null = null
    const current = (): Page => {
      if (page === null) throw new Error('the tab is empty: navigate first')
      return page
    }

    const navigate: UserAgent['navigate'] = async (url, navigation = {}) => {
      const { from } = navigation
      const initiator = from === undefined ? (page?.url ?? null) : from === null ? null : new URL(from)
      const loaded = await go(new URL(url, page?.url), initiator, navigation)
      if (!navigation.frame) page = loaded
      return loaded
    }

    const submit: UserAgent['submit'] = (form, fields = {}, navigation = {}) => {
      const pressed = form.buttons.find(({ name, value }) => name !== '' && fields[name] === value)
      const { url, ...rest } = submission(form, current().url, fields, pressed)
      return navigate(url, { ...navigation, ...rest })
    }

    const fetchAs: UserAgent['fetch'] = (url, { from, ...init } = {}) => {
      const initiator = new URL(from ?? current().url)
      return pageFetch(new URL(url, initiator), initiator, init)
    }

    const formTo = (step: string): Form => {
      const { forms, status, url } = current()
      const found = forms.find(({ action }) => action.endsWith(`/${step}`))
      if (!found) throw new Error(`no form for "${step}" at ${url.href} (status ${status})`)
      return found
    }
    const offersFactor = (): boolean => current().forms.some(({ action }) => action.endsWith('/factor'))

    return {
      cookies,
      get page() {
        return page
      },
      handle: (origin, handler) => void handlers.set(origin, handler),
      navigate,
      submit,
      fetch: fetchAs,
      fetchFrom: (from) => (input, init) => {
        if (!(input instanceof Request)) return fetchAs(input, { from, ...init })
        const { method, headers, body, signal, credentials, redirect, url } = input
        return fetchAs(url, { from, method, headers, body, signal, credentials, redirect, ...init })
      },
      newTab: openTab,
      login: async (username, { password, acr } = {}) => {
        if (!offersFactor()) {
          if (password === undefined) await submit(formTo('account'), { username })
          else await submit(formTo('login'), { username, password })
        }
        if (!offersFactor()) return current()
        const form = formTo('factor')
        return submit(form, { acr: acr ?? form.buttons[0]?.value ?? '' })
      },
      cancelLogin: () => submit(formTo('cancel')),
    }
  }
  return openTab()
}
