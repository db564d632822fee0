import { checkCors, checkPreflight, preflightFor, readableAcross } from './cors.js'
import { fetchMetadata, MOST_HOPS, redirected, referrer, type Exchange, type Hop } from './exchange.js'
import { fetchSite } from './site.js'

/** `fetch` as a script on the page `initiator` calls it. */
export type PageFetch = (url: URL, initiator: URL, init: RequestInit) => Promise<Response>

/**
 * Cookies by SameSite and `credentials`, `Origin`, `Sec-Fetch-*`, CORS with preflights. One difference to a
 * browser: `redirect: 'manual'` gives the redirect itself, for a test to look at.
 */
export const createFetch = (exchange: Exchange): PageFetch => {
  const permitted = async (
    hop: Hop,
    extra: Record<string, string>,
    { initiator, init }: { initiator: URL; init: RequestInit },
  ): Promise<void> => {
    const asked = preflightFor(hop.method, hop.headers)
    if (!asked) return
    const question: Hop = { url: hop.url, method: 'OPTIONS', headers: new Headers(asked), body: null }
    const permission = await exchange(question, extra, { initiator, topLevel: false, credentials: false })
    const { method, headers } = hop
    const credentials = init.credentials === 'include'
    checkPreflight(permission, { method, headers, origin: initiator.origin, credentials })
  }

  return async (url, initiator, init) => {
    const method = (init.method ?? 'GET').toUpperCase()
    const body = init.body ?? null
    const mode = init.mode ?? 'cors'
    // A Request works out the content type that goes with the body.
    const described: RequestInit = { method, headers: init.headers ?? {}, body }
    if (body instanceof ReadableStream) Object.assign(described, { duplex: 'half' })
    const { headers } = new Request(url, described)
    // …but the boundary of a multipart body is drawn anew with each Request.
    if (body instanceof FormData) headers.delete('content-type')
    const chain: URL[] = []
    let hop: Hop = { url, method, headers, body }
    while (chain.length < MOST_HOPS) {
      chain.push(hop.url)
      const cross = chain.some(({ origin }) => origin !== initiator.origin)
      if (cross && mode === 'same-origin') throw new TypeError('Failed to fetch')
      const checked = cross && mode === 'cors'
      const extra: Record<string, string> = {
        ...fetchMetadata(hop.url, {
          'sec-fetch-site': fetchSite(initiator, chain),
          'sec-fetch-mode': mode,
          'sec-fetch-dest': 'empty',
        }),
        ...(cross || !['GET', 'HEAD'].includes(hop.method) ? { origin: initiator.origin } : {}),
        ...(hop.headers.has('accept') ? {} : { accept: '*/*' }),
        ...referrer(initiator, hop.url),
      }
      if (checked) await permitted(hop, extra, { initiator, init })
      const credentials = init.credentials === 'include' || (init.credentials !== 'omit' && !cross)
      const context = { initiator, topLevel: false, credentials, signal: init.signal ?? null }
      const answer = await exchange(hop, extra, context)
      if (checked) checkCors(answer, initiator.origin, init.credentials === 'include')
      const next = init.redirect === 'manual' ? null : redirected(hop, answer)
      if (!next) return checked ? readableAcross(answer) : answer
      if (init.redirect === 'error') throw new TypeError('Failed to fetch')
      await answer.body?.cancel()
      hop = next
    }
    throw new TypeError('Failed to fetch', { cause: new Error('too many redirects') })
  }
}
