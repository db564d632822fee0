import { fetchMetadata, MOST_HOPS, redirected, referrer, type Exchange, type Hop } from './exchange.js'
import type { Form } from './html.js'
import { actionOfPage, pageOf, type Page } from './page.js'
import { fetchSite } from './site.js'

const ACCEPT = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8'
const FORM = 'application/x-www-form-urlencoded'

export interface NavigateOptions {
  /** Who starts it: an address (a link there), or null for the user's own typing. Default: the current page. */
  from?: string | URL | null
  method?: 'GET' | 'POST'
  /** Form fields of a POST. */
  body?: URLSearchParams
  headers?: Record<string, string>
  /** In a frame of the current page: the tab stays where it is. */
  frame?: boolean
  /** Whether pages submit their forms and move on by themselves, as scripts would. Default true. */
  scripts?: boolean
  /** Called before each request: true stops there, with a page of status 0. */
  stopAt?: (url: URL) => boolean
}

/** Goes to an address on behalf of `initiator` (null is the user), and reads the document it ends at. */
export type Go = (url: URL, initiator: URL | null, options: NavigateOptions) => Promise<Page>

/** Address, method and fields of a form as submitted from the page `at`. */
export const submission = (
  form: Form,
  at: URL,
  fields: Record<string, string>,
  pressed?: { name: string; value: string },
): { url: URL; method: 'GET' | 'POST'; body?: URLSearchParams } => {
  const values = new URLSearchParams(form.fields.map(([name, value]) => [name, fields[name] ?? value]))
  if (pressed && pressed.name !== '') values.set(pressed.name, pressed.value)
  const url = new URL(form.action || at.href, at)
  if (form.method === 'POST') return { url, method: 'POST', body: values }
  url.search = values.toString()
  return { url, method: 'GET' }
}

const moveOn = (page: Page): ReturnType<typeof submission> | null => {
  const action = actionOfPage(page)
  if (!action) return null
  if (action.kind === 'submit')
    return submission(action.form, page.url, {}, action.pressed ? action.form.buttons[0] : undefined)
  return { url: new URL(action.kind === 'go' ? action.to : page.url.href, page.url), method: 'GET' }
}

export const createNavigation = (exchange: Exchange): Go => {
  const load = async (first: Hop, initiator: URL | null, options: NavigateOptions): Promise<Page> => {
    const { frame = false, stopAt } = options
    const chain: URL[] = []
    let hop = first
    while (chain.length < MOST_HOPS) {
      chain.push(hop.url)
      if (stopAt?.(hop.url)) return pageOf(Response.error(), hop.url, chain)
      const metadata = fetchMetadata(hop.url, {
        'sec-fetch-site': fetchSite(initiator, chain),
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': frame ? 'iframe' : 'document',
        ...(initiator === null ? { 'sec-fetch-user': '?1' } : {}),
      })
      const origin: Record<string, string> =
        hop.method === 'GET' ? {} : { origin: initiator?.origin ?? 'null' }
      const extra = { accept: ACCEPT, ...metadata, ...origin, ...referrer(initiator, hop.url) }
      const answer = await exchange(hop, extra, { initiator, topLevel: !frame, credentials: true })
      const next = redirected(hop, answer)
      if (!next) return pageOf(answer, hop.url, chain)
      await answer.body?.cancel()
      hop = next
    }
    throw new Error(`too many redirects: ${chain.map(String).join(' → ')}`)
  }

  return async (url, initiator, options) => {
    const request = (to: ReturnType<typeof submission>, headers: Headers): Hop => {
      if (to.body) headers.set('content-type', FORM)
      return { url: to.url, method: to.method, headers, body: to.body?.toString() ?? null }
    }
    const { method = 'GET', body } = options
    const first = request({ url, method, ...(body ? { body } : {}) }, new Headers(options.headers))
    let page = await load(first, initiator, options)
    const visited = [...page.visited]
    for (let moves = 0; options.scripts !== false; moves += 1) {
      const next = moveOn(page)
      if (!next) break
      if (moves === MOST_HOPS) throw new Error(`a loop of pages: ${visited.map(String).join(' → ')}`)
      page = await load(request(next, new Headers()), page.url, options)
      visited.push(...page.visited)
    }
    return { ...page, visited }
  }
}
