/** A cache that users share, in front of an origin (RFC 9111), as good or as bad as they are. */

/** What a cache does of what it should. */
export interface CacheTraits {
  /** Keeps an answer for requests alone that have the same headers, where `Vary` says so (§4.1). */
  readonly looksAtVary: boolean
  /** Gives no field again that a `no-cache="…"` names (§5.2.2.4). Some caches do not know this form. */
  readonly knowsFields: boolean
}

/** The cache. */
export interface SharedCache {
  fetch(request: Request): Promise<Response>
  /** How many answers it has kept. */
  stored(): number
}

interface Kept {
  readonly url: string
  readonly varied: readonly (readonly [string, string | null])[]
  readonly status: number
  readonly headers: Headers
  readonly body: ArrayBuffer
}

/** Puts a cache in front of `origin`. */
export function createSharedCache(
  origin: (request: Request) => Promise<Response>,
  { looksAtVary = true, knowsFields = true }: Partial<CacheTraits> = {},
): SharedCache {
  const kept: Kept[] = []
  return {
    stored: () => kept.length,
    async fetch(request) {
      const found = kept.find(
        ({ url, varied }) =>
          url === request.url &&
          (!looksAtVary || varied.every(([name, value]) => request.headers.get(name) === value)),
      )
      if (found !== undefined) return again(found, knowsFields)
      const answer = await origin(request)
      const cacheControl = answer.headers.get('cache-control') ?? ''
      if (request.method !== 'GET' || answer.status !== 200 || !isShared(cacheControl)) return answer
      const body = await answer.arrayBuffer()
      const names = (answer.headers.get('vary') ?? '').split(',').map((name) => name.trim())
      kept.push({
        url: request.url,
        varied: names.filter((name) => name !== '').map((name) => [name, request.headers.get(name)]),
        ...{ status: answer.status, headers: new Headers(answer.headers), body },
      })
      return new Response(body, { status: answer.status, headers: answer.headers })
    },
  }
}

/** Directives without what they say of single fields. */
const bare = (cacheControl: string): string[] =>
  cacheControl
    .replace(/="[^"]*"/g, '=fields')
    .split(',')
    .map((directive) => directive.trim().toLowerCase())

/** Whether a shared cache may store an answer (§3), and give it again without asking. */
function isShared(cacheControl: string): boolean {
  const directives = bare(cacheControl)
  if (['no-store', 'private', 'no-cache'].some((one) => directives.includes(one))) return false
  return directives.some((one) => one === 'public' || /^(?:s-maxage|max-age)=[1-9]/.test(one))
}

function again({ status, headers, body }: Kept, knowsFields: boolean): Response {
  const given = new Headers(headers)
  const fields = /no-cache="([^"]*)"/.exec(headers.get('cache-control') ?? '')?.[1] ?? ''
  if (knowsFields) for (const name of fields.split(',')) if (name.trim() !== '') given.delete(name.trim())
  return new Response(body, { status, headers: given })
}
