/** The outside world as the BFF sees it: clock, chance, network, timers, and who counts. Tests put their own in. */
import { noMetrics } from './metrics.js'
import type { Metrics } from './metrics.js'

/** Everything that is not a pure function of its arguments. */
export interface Edges {
  /** ms since the epoch */
  now(): number
  /** Random bytes fit for secrets. */
  random(length: number): Uint8Array<ArrayBuffer>
  /** Calls the IDP, and APIs for own routes. */
  fetch: typeof globalThis.fetch
  /**
   * Calls back once, after `ms`, unless the returned function is called first. A `background` timer does not keep the
   * process alive.
   */
  timer(callback: () => void, ms: number, background?: boolean): () => void
  /** Counts; nothing by default. */
  readonly metrics: Metrics
}

/** Random bytes are fetched in stock: each request needs a few, and a call for a few costs as much as one for many. */
const STOCK = 4096
const stock = new Uint8Array(STOCK)
let used = STOCK

function random(length: number): Uint8Array<ArrayBuffer> {
  if (length > STOCK / 8) return crypto.getRandomValues(new Uint8Array(length))
  if (used + length > STOCK) {
    crypto.getRandomValues(stock)
    used = 0
  }
  const taken = stock.slice(used, used + length)
  // Nothing that may become a secret is kept twice.
  stock.fill(0, used, (used += length))
  return taken
}

/** The real ones. */
export const systemEdges: Edges = {
  now: () => Date.now(),
  random,
  fetch: (input, init) => globalThis.fetch(input, init),
  timer(callback, ms, background = false) {
    const timer: unknown = setTimeout(callback, ms)
    if (background && typeof timer === 'object' && timer !== null && 'unref' in timer)
      (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>)
  },
  metrics: noMetrics,
}

/** Resolves after `ms`. */
export const sleep = (edges: Pick<Edges, 'timer'>, ms: number): Promise<void> =>
  new Promise((resolve) => void edges.timer(resolve, ms))

/** `promise`, or `undefined` where it takes longer than `ms`. */
export function atMost<Value>(
  edges: Pick<Edges, 'timer'>,
  promise: Promise<Value>,
  ms: number,
): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = edges.timer(() => resolve(undefined), ms)
    promise.then(resolve, reject).finally(cancel)
  })
}
