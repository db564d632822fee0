/** A cache that users share, by the rules of RFC 9111 as a library of its own has them (`http-cache-semantics`). */
import CachePolicy from 'http-cache-semantics'

type Handler = (request: Request) => Response | Promise<Response>

/** The cache. */
export interface SharedCache {
  readonly fetch: Handler
  /** Method and path of every answer it was allowed to store, whether or not it may be given again unasked. */
  readonly stored: string[]
  /** Method and path of every answer that was given out of it. */
  readonly hits: string[]
}

const plain = ({ method, url, headers }: Request): CachePolicy.Request => ({
  method,
  url,
  headers: Object.fromEntries(headers),
})

/** `Set-Cookie` as the library wants it: the one header that has several lines. */
const headersOf = ({ headers }: Response): CachePolicy.Headers => {
  const cookies = headers.getSetCookie()
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 && { 'set-cookie': cookies }) }
}

/** Puts a cache in front of `origin`. */
export const createSharedCache = (origin: Handler): SharedCache => {
  const kept: { readonly url: string; readonly policy: CachePolicy; readonly body: ArrayBuffer }[] = []
  const stored: string[] = []
  const hits: string[] = []
  return {
    stored,
    hits,
    fetch: async (request) => {
      const asked = plain(request)
      const name = `${request.method} ${new URL(request.url).pathname}`
      const found = kept.find(
        ({ url, policy }) => url === request.url && policy.satisfiesWithoutRevalidation(asked),
      )
      if (found !== undefined) {
        hits.push(name)
        const headers = new Headers()
        for (const [key, value] of Object.entries(found.policy.responseHeaders()))
          for (const one of [value ?? []].flat()) headers.append(key, one)
        return new Response(found.body, { headers })
      }
      const answer = await origin(request)
      const policy = new CachePolicy(asked, { status: answer.status, headers: headersOf(answer) })
      if (!policy.storable()) return answer
      stored.push(name)
      const body = await answer.clone().arrayBuffer()
      if (answer.status === 200) kept.push({ url: request.url, policy, body })
      return answer
    },
  }
}
