/** How a server of node:http goes: nobody who is answered is cut off, and nobody who is about to ask on a connection that was kept. */
import { Server as Listener } from 'node:net'
import type { Server, ServerResponse } from 'node:http'

/** How a server is closed. */
export interface Closing {
  /** How long the answers on the wire are waited for, ms. */
  readonly grace: number
  /**
   * For how long a connection that was kept without a request may still bring one, ms: whoever keeps it learns by the answer that it is the
   * last, where closing it would meet the request half way.
   */
  readonly linger: number
  /** Told how many calls were cut off where closing did not wait any longer. */
  readonly cut: (calls: number) => void
}

/** How often connections that have become idle are looked for, and how long it takes what was cut off to notice, at most. ms */
const SETTLE = 50
const NOTICE = 500

/** Stops listening at once; resolves when every connection is closed, and what was cut off has heard of it. */
export async function close(
  server: Server,
  answering: ReadonlySet<ServerResponse>,
  { grace, linger, cut }: Closing,
): Promise<void> {
  const last = (response: ServerResponse): void => void (response.shouldKeepAlive = false)
  server.prependListener('request', (_, response) => last(response))
  // As node:http closes, but for the connections without a request: it would close them now.
  const closed = new Promise<void>((resolve) => Listener.prototype.close.call(server, () => resolve()))
  for (const response of answering) last(response)
  const idleUntil = performance.now() + linger
  // A connection whose answer was begun before is idle afterwards, and would be kept.
  const settle = (): void => {
    // These have no end of their own; who listens will connect again.
    for (const response of answering) if (isEventStream(response)) response.end()
    if (performance.now() >= idleUntil) server.closeIdleConnections()
  }
  const settling = setInterval(settle, SETTLE)
  const patience = setTimeout(() => {
    const calls = [...answering].filter((response) => !isEventStream(response)).length
    if (calls > 0) cut(calls)
    server.closeAllConnections()
  }, grace)
  settle()
  await closed
  clearInterval(settling)
  clearTimeout(patience)
  // What node:http still does by the clock for its connections.
  server.close()
  await noticed(answering)
}

/** Connections are gone before the answers on them know: whoever waits for these must hear of it before what they need is closed, too. */
async function noticed(answering: ReadonlySet<ServerResponse>): Promise<void> {
  const limit = performance.now() + NOTICE
  while (answering.size > 0 && performance.now() < limit)
    await new Promise((resolve) => setImmediate(resolve))
}

/** The BFF's own; what an upstream streams is not told by a header here. */
const isEventStream = (response: ServerResponse): boolean =>
  String(response.getHeader('content-type')).startsWith('text/event-stream')
