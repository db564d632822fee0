/** The head of a request: all that the guards look at. A `Request` is one; so is a few lines over `IncomingMessage`. */

/** Method, address and headers of a request, without its body. */
export interface RequestHead {
  readonly method: string
  /** Absolute, as it came in: not decoded, not normalised. */
  readonly url: string
  readonly headers: {
    /** The header's value, several joined as RFC 9110 §5.3 says; `null` where it is absent. */
    get(name: string): string | null
  }
}

/** Path and query of an address, as they were sent. */
export interface Target {
  readonly path: string
  /** With its question mark; empty where there is none. */
  readonly query: string
}

/** Takes an absolute address apart without decoding or normalising any of it. */
export function targetOf(url: string): Target {
  const authority = url.indexOf('//') + 2
  const start = url.indexOf('/', authority)
  const fragment = url.indexOf('#', authority)
  const end = fragment === -1 ? url.length : fragment
  const mark = url.indexOf('?', authority)
  const query = mark === -1 || mark > end ? end : mark
  return {
    path: start === -1 || start > query ? '/' : url.slice(start, query),
    query: url.slice(query, end),
  }
}

/** A path, and what follows the first question mark of its address, without that one: a query may have more of them. */
export function splitAtQuery(address: string): readonly [path: string, query: string] {
  const mark = address.indexOf('?')
  return mark === -1 ? [address, ''] : [address.slice(0, mark), address.slice(mark + 1)]
}

/** Methods that only read (RFC 9110 §9.2.1). OPTIONS is not among them: nothing here answers a preflight. */
export const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD'
