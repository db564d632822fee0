/** A call to an API, taken apart so that it can be addressed anew and sent twice. */

/** A call without its address. */
export interface Call {
  readonly init: Omit<RequestInit, 'headers'>
  readonly headers: Headers
  /** Whether the body can be sent once more: not where it is a stream that flows by. */
  readonly replayable: boolean
}

/**
 * Takes `fetch`'s arguments apart. The body of a `Request` is read into a blob: as a stream it could neither be sent to
 * another address nor twice.
 */
export async function takeApart(input: RequestInfo | URL, init: RequestInit = {}): Promise<Call> {
  if (!(input instanceof Request)) {
    const { headers, ...rest } = init
    return {
      init: rest,
      headers: new Headers(headers),
      replayable: !(typeof ReadableStream === 'function' && rest.body instanceof ReadableStream),
    }
  }
  const request = new Request(input, init)
  const { method, signal, credentials, cache, redirect, integrity, keepalive } = request
  const { referrer, referrerPolicy } = request
  const body = request.body === null ? undefined : await request.blob()
  return {
    init: {
      ...{ method, signal, credentials, cache, redirect, integrity, keepalive, referrer, referrerPolicy },
      ...(body !== undefined && { body }),
    },
    headers: new Headers(request.headers),
    replayable: true,
  }
}
