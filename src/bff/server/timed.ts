/** Each answer of the app's listener, counted: by its door or upstream, never by its path, which users write. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DoorName } from '../door-names.js'
import type { NodeHandler } from '../node/adapter.js'
import { isUpstreams } from '../node/outgoing.js'
import type { Hearing } from '../node/unreadable.js'

/** Takes what is known of an answer. */
export interface RequestMetrics {
  /** `status`: `2xx` to `5xx`, or `aborted` where the client went before the answer was complete. */
  request(door: string, status: string): void
  /** A call that an upstream answered, from its head to the last byte of the answer. */
  proxied(upstream: string, status: string, seconds: number): void
  /** A request that could not be read, by the status it was answered with. */
  unreadable(status: number): void
}

/** The handler, each of its answers counted. What it passes on (the app's files) counts as `other`. */
export function timed(
  node: NodeHandler,
  metrics: RequestMetrics,
  nameOf: (address: string) => DoorName,
): NodeHandler & Hearing {
  const handler: NodeHandler = (given, answer, next) => {
    const [request, response] = [given as IncomingMessage, answer as ServerResponse]
    const started = performance.now()
    // Middleware may write another address into the request under way.
    const { door, upstream } = nameOf(request.url ?? '')
    response.once('close', () => {
      const status = response.writableFinished ? `${Math.floor(response.statusCode / 100)}xx` : 'aborted'
      metrics.request(door, status)
      // What the BFF itself answers says nothing about the upstream.
      if (upstream !== undefined && isUpstreams(response))
        metrics.proxied(upstream, status, (performance.now() - started) / 1000)
    })
    node(given, answer, next)
  }
  return Object.assign(handler, { unreadable: (status: number) => metrics.unreadable(status) })
}
