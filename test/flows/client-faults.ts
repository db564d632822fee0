/** What can stand between whoever asks and who answers: networks, proxies, servers in trouble. And the time of servers in a test. */
import type { Edges } from '../../src/bff/edges.js'

type Fetch = typeof globalThis.fetch

/** Takes a request on its way: `go` lets it through. */
export interface Interference {
  (go: () => Promise<Response>, init: RequestInit, url: URL): Promise<Response>
  /** How many requests it has taken that get no answer, for the time being. */
  readonly hangs?: () => number
}

/** `fetch`, through what stands before each origin. */
export const throughFaults =
  (between: ReadonlyMap<string, Interference>, fetch: Fetch): Fetch =>
  (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const go = (): Promise<Response> => fetch(input, init)
    return between.get(url.origin)?.(go, init, url) ?? go()
  }

/** No such name any more: as Node says it to a server, and near enough to what a page is told. */
export const dnsGone: Interference = () =>
  Promise.reject(
    new TypeError('fetch failed', {
      cause: Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }),
    }),
  )

/** Nothing comes, for as long as one waits, until `release` lets everything through that is still waited for. */
export const hanging = (): { readonly interference: Interference; release(): void } => {
  const waiting = new Set<() => void>()
  let released = false
  const take = (go: () => Promise<Response>, { signal }: RequestInit): Promise<Response> =>
    new Promise((resolve, reject) => {
      const goOn = (): void => {
        waiting.delete(goOn)
        go().then(resolve, reject)
      }
      if (released) return goOn()
      waiting.add(goOn)
      signal?.addEventListener('abort', () => {
        waiting.delete(goOn)
        reject(signal.reason)
      })
    })
  const release = (): void => {
    released = true
    for (const goOn of [...waiting]) goOn()
  }
  return { interference: Object.assign(take, { hangs: () => waiting.size }), release }
}

/** The server does what was asked, and its answer breaks off in the middle. */
export const cutInMidAnswer: Interference = async (go) => {
  const answer = await go()
  const whole = new Uint8Array(await answer.arrayBuffer())
  const half = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(whole.subarray(0, whole.length / 2))
    },
    pull: (controller) => controller.error(new TypeError('terminated')),
  })
  return new Response(half, answer)
}

/** The connection is closed before the server has seen anything. */
export const cut: Interference = () => Promise.reject(new TypeError('Failed to fetch'))

/** This answer, by something on the way. */
export const answers =
  (status: number, body: string, headers: Record<string, string> = {}): Interference =>
  async () =>
    new Response(body, { status, headers: { 'content-type': 'text/html', ...headers } })

/** The timers of a server in a test: real ones, and rung early where the test's clock has moved on. */
export const serverTime = () => {
  const timers = new Set<{ readonly at: number; readonly ring: () => void }>()
  const timer: Edges['timer'] = (callback, ms) => {
    const set = { at: Date.now() + ms, ring: () => (cancel(), callback()) }
    const real = setTimeout(set.ring, ms)
    real.unref()
    const cancel = (): void => {
      clearTimeout(real)
      timers.delete(set)
    }
    timers.add(set)
    return cancel
  }
  return {
    timer,
    /** What is due by now. */
    ring: (): void => {
      for (const { at, ring } of [...timers]) if (at <= Date.now()) ring()
    },
    /** That `fetch`, given up after `patience` ms of the test's time. */
    fetch:
      (fetch: Fetch, patience = 10_000): Fetch =>
      async (input, init = {}) => {
        const limit = new AbortController()
        const cancel = timer(() => limit.abort(new DOMException('timed out', 'TimeoutError')), patience)
        const signals = [limit.signal, ...(init.signal ? [init.signal] : [])]
        const answer = await fetch(input, { ...init, signal: AbortSignal.any(signals) }).finally(cancel)
        return answer
      },
  }
}
