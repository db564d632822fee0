import type { CookieJar } from './cookies.js'
import { trustworthy } from './site.js'
import type { Transport } from './transport.js'

/** One request of a chain. */
export interface Hop {
  url: URL
  method: string
  headers: Headers
  body: BodyInit | null
}

/** Who sends it, and whether cookies go along and come in. */
export interface Context {
  initiator: URL | null
  topLevel: boolean
  credentials: boolean
  signal?: AbortSignal | null
}

/** Sends one hop with what a browser adds; redirects are not followed. */
export type Exchange = (hop: Hop, extra: Record<string, string>, context: Context) => Promise<Response>

/** A chain of redirects longer than this is given up. */
export const MOST_HOPS = 20

const BROWSER_HEADERS = {
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'accept-language': 'en-GB,en;q=0.9',
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** The hop a redirect leads to, or null when the answer is none (Fetch §4.4). */
export const redirected = ({ url, method, headers, body }: Hop, answer: Response): Hop | null => {
  const location = REDIRECTS.has(answer.status) ? answer.headers.get('location') : null
  if (location === null) return null
  const next = new URL(location, url)
  if (next.hash === '') next.hash = url.hash
  const toGet = answer.status === 303 ? method !== 'HEAD' : answer.status < 303 && method === 'POST'
  const kept = new Headers(headers)
  if (toGet) kept.delete('content-type')
  if (next.origin !== url.origin) kept.delete('authorization')
  return toGet
    ? { url: next, method: 'GET', headers: kept, body: null }
    : { url: next, method, headers: kept, body }
}

/** `Referer` under the default policy, strict-origin-when-cross-origin. */
export const referrer = (from: URL | null, to: URL): Record<string, string> => {
  if (from === null || (from.protocol === 'https:' && to.protocol === 'http:')) return {}
  return { referer: from.origin === to.origin ? (from.href.split('#')[0] ?? '') : `${from.origin}/` }
}

/** `Sec-Fetch-*`, where browsers send it. */
export const fetchMetadata = (url: URL, headers: Record<string, string>): Record<string, string> =>
  trustworthy(url) ? headers : {}

/** @param always headers of every request, over the browser's own */
export const createExchange =
  (transport: Transport, cookies: CookieJar, always: Record<string, string> = {}): Exchange =>
  async (hop, extra, { initiator, topLevel, credentials, signal }) => {
    const { method, url, body } = hop
    const headers = new Headers({ ...BROWSER_HEADERS, ...always })
    for (const [name, value] of hop.headers) headers.set(name, value)
    for (const [name, value] of Object.entries(extra)) headers.set(name, value)
    const cookie = credentials ? cookies.header({ url, method, initiator, topLevel }) : null
    if (cookie !== null) headers.set('cookie', cookie)
    const init: RequestInit = { method, headers, body, redirect: 'manual' }
    if (signal) init.signal = signal
    if (body instanceof ReadableStream) Object.assign(init, { duplex: 'half' })
    const answer = await transport(new Request(url.href.split('#')[0] ?? '', init))
    if (credentials) for (const header of answer.headers.getSetCookie()) cookies.set(url, header)
    return answer
  }
