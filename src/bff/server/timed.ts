/** Each answer of the app's listener, counted: by its door or upstream, never by its path, which users write. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { doors, idpDoors } from '../../protocol.js'
import type { NodeHandler } from '../node/adapter.js'

/** Takes what is known of an answer. */
export interface RequestMetrics {
  /** `status`: `2xx` to `5xx`, or `aborted` where the client went before the answer was complete. */
  request(door: string, status: string): void
  /** A call of an upstream, from its head to the last byte of its answer. */
  proxied(upstream: string, status: string, seconds: number): void
}

/** What tells doors and upstreams apart. */
export interface Doors {
  /** Default `/bff`. */
  readonly basePath?: string | undefined
  readonly upstreams: readonly string[]
}

/** The handler, each of its answers counted. What it passes on (the app's files) counts as `other`. */
export function timed(
  node: NodeHandler,
  metrics: RequestMetrics,
  { basePath = '/bff', upstreams }: Doors,
): NodeHandler {
  const api = `${basePath}${doors.api}`
  const known = new Map<string, string>(
    [...Object.values(doors), ...Object.values(idpDoors)]
      .filter((door) => door !== doors.api)
      .map((door) => [basePath + door, door.slice(1)]),
  )
  for (const probe of ['healthz', 'readyz']) known.set(`/${probe}`, probe)
  const names = new Set(upstreams)

  return (given, answer, next) => {
    const [request, response] = [given as IncomingMessage, answer as ServerResponse]
    const started = performance.now()
    // Middleware may write another address into the request under way.
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    response.once('close', () => {
      const status = response.writableFinished ? `${Math.floor(response.statusCode / 100)}xx` : 'aborted'
      const upstream = path.startsWith(api) ? (path.slice(api.length).split('/', 1)[0] ?? '') : ''
      if (names.has(upstream)) {
        metrics.request(`api/${upstream}`, status)
        metrics.proxied(upstream, status, (performance.now() - started) / 1000)
      } else metrics.request(known.get(path) ?? 'other', status)
    })
    node(given, answer, next)
  }
}
