import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Endpoint } from './traffic.js'

/**
 * What can go wrong with one request:
 * - `status`: this answer instead of the provider's, which never sees the request
 * - `hang`: no answer, until `release` lets the request through
 * - `cut`: the connection is closed, the provider never sees the request
 * - `delay`: the request waits `ms` before the provider sees it
 * - `lost-answer`: the provider does its work (a refresh token is rotated), then the connection is closed
 * - `half-answer`: the provider does its work, and the connection is closed in the middle of its answer
 * - `held-answer`: the provider does its work; its answer waits for `release`
 */
export type Fault =
  | {
      kind: 'status'
      status: number
      /** Text as it is; anything else as JSON. */
      body?: unknown
      contentType?: string
      headers?: Record<string, string>
    }
  | { kind: 'hang' }
  | { kind: 'cut' }
  | { kind: 'delay'; ms: number }
  | { kind: 'lost-answer' }
  | { kind: 'half-answer' }
  | { kind: 'held-answer' }

/** The faults of a running server, by its doors. Preflights (OPTIONS) never meet one. */
export interface Faults<Door extends string = Endpoint> {
  /** Every request at the endpoint from now on. */
  set(endpoint: Door, fault: Fault): void
  /** The next requests, one each, before any standing fault; null lets one through. */
  next(endpoint: Door, ...faults: (Fault | null)[]): void
  /** Ends standing and queued faults, of one endpoint or all. What hangs or is held goes on waiting. */
  clear(endpoint?: Door): void
  /** Lets hanging requests and held answers go on. Returns how many there were. */
  release(): number
  /** How many requests hang or have their answer held. */
  waiting(): number
}

/** The inner side: takes the fault of one request, and applies it. */
export interface FaultLine<Door extends string = Endpoint> extends Faults<Door> {
  take(endpoint: Door): Fault | null
  /** False when the fault has dealt with the request, so that the provider must not see it. */
  apply(fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

const answer = (
  fault: Extract<Fault, { kind: 'status' }>,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  const text = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? '')
  const type = fault.contentType ?? (typeof fault.body === 'object' ? 'application/json' : 'text/plain')
  // A page must be able to read the fault as it would read the provider's own answer.
  const cors = request.headers.origin ? { 'access-control-allow-origin': request.headers.origin } : {}
  request.resume()
  response.writeHead(fault.status, { 'content-type': type, ...cors, ...fault.headers })
  response.end(fault.body === undefined ? '' : text)
}

const beforeEnd = (response: ServerResponse, instead: (end: () => void) => void): void => {
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse
  response.end = ((...args: unknown[]) => {
    instead(() => end(...args))
    return response
  }) as typeof response.end
}

/** Sends half of what is to be sent first, then closes the connection. */
const halve = (request: IncomingMessage, response: ServerResponse): void => {
  const write = response.write.bind(response)
  const half = (chunk: unknown): boolean => {
    const bytes = Buffer.from(typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : '')
    write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy())
    return true
  }
  response.write = half as typeof response.write
  response.end = ((chunk?: unknown) => {
    half(chunk)
    return response
  }) as typeof response.end
}

/** No faults yet. */
export const createFaults = <Door extends string = Endpoint>(): FaultLine<Door> => {
  const standing = new Map<Door, Fault>()
  const queues = new Map<Door, (Fault | null)[]>()
  const held = new Set<() => void>()
  const wait = (): Promise<void> =>
    new Promise((resolve) => {
      held.add(resolve)
    })

  const apply: FaultLine<Door>['apply'] = async (fault, request, response) => {
    switch (fault.kind) {
      case 'status':
        answer(fault, request, response)
        return false
      case 'cut':
        request.socket.destroy()
        return false
      case 'hang':
        await wait()
        return !request.socket.destroyed
      case 'delay':
        await new Promise((resolve) => setTimeout(resolve, fault.ms))
        return !request.socket.destroyed
      case 'lost-answer':
        beforeEnd(response, () => request.socket.destroy())
        return true
      case 'half-answer':
        halve(request, response)
        return true
      case 'held-answer':
        beforeEnd(response, (end) => void wait().then(end))
        return true
    }
  }

  return {
    set: (endpoint, fault) => void standing.set(endpoint, fault),
    next: (endpoint, ...faults) => void queues.set(endpoint, [...(queues.get(endpoint) ?? []), ...faults]),
    clear: (endpoint) => {
      for (const map of [standing, queues]) {
        if (endpoint) map.delete(endpoint)
        else map.clear()
      }
    },
    release: () => {
      const waiters = [...held]
      held.clear()
      for (const go of waiters) go()
      return waiters.length
    },
    waiting: () => held.size,
    take: (endpoint) => {
      const queue = queues.get(endpoint)
      if (queue && queue.length > 0) return queue.shift() ?? null
      return standing.get(endpoint) ?? null
    },
    apply,
  }
}
