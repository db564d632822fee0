/** Talks to the BFF's own doors: JSON in and out, problems as errors. */
import type { Platform } from '../browser/platform.js'
import { BffError, NetworkError } from '../errors.js'
import type { BffProblemCode } from '../errors.js'
import { CSRF_HEADER, TANDEM_HEADER, isProblem } from '../protocol.js'
import type { Problem } from '../protocol.js'

/** Calls a door and resolves with its JSON answer. */
export type Door = (method: 'GET' | 'POST', path: string, options: DoorOptions) => Promise<unknown>

export interface DoorOptions {
  readonly csrf: string
  readonly body?: unknown
  readonly signal?: AbortSignal
  /** Let the request outlive the page. */
  readonly keepalive?: boolean
}

/**
 * Opens the way to the doors below `basePath`. Rejects with a `BffError` for a problem of the BFF's own that is an answer
 * (4xx), and with a retryable `NetworkError` for everything that is none: offline, 5xx, somebody else's page.
 */
export function openDoors({ fetch, clock }: Pick<Platform, 'fetch' | 'clock'>, basePath: string): Door {
  const ask: Door = async (method, path, { csrf, body, signal, keepalive }) => {
    const headers: Record<string, string> = { Accept: 'application/json', [CSRF_HEADER]: csrf }
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    const askedAt = clock.device()
    let response: Response
    let json: unknown
    try {
      response = await fetch(basePath + path, {
        method,
        headers,
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal !== undefined && { signal }),
        ...(keepalive === true && { keepalive }),
      })
      json = await response.json().catch(() => undefined)
    } catch (cause) {
      if (signal?.aborted) throw signal.reason
      throw new NetworkError('network_failed', `The BFF at ${basePath} could not be reached.`, { cause })
    }
    const ours = response.headers.has(TANDEM_HEADER)
    if (response.ok && ours) {
      const now = (json as { now?: unknown } | undefined)?.now
      if (typeof now === 'number') clock.learn(now, askedAt, clock.device())
      return json
    }
    if (ours && response.status < 500 && isProblem(json)) throw problemError(json)
    throw new NetworkError(
      response.status === 503 ? 'idp_unavailable' : 'network_failed',
      `${method} ${basePath}${path} was answered ${response.status}${ours ? '' : ' by something that is not the BFF'}.`,
      { retryAfter: retryAfter(response, clock.now()) },
    )
  }
  // The answer to a tossed cookie also clears it: asking once more is clean.
  return (method, path, options) =>
    ask(method, path, options).catch((error: unknown) => {
      if (error instanceof BffError && error.code === 'cookie_conflict') return ask(method, path, options)
      throw error
    })
}

/** The BFF's problem in an answer to a routed call, or null where the answer is an upstream's or no problem. */
export async function problemIn(response: Response): Promise<Problem | null> {
  if (!response.headers.has(TANDEM_HEADER) || response.status < 400) return null
  const json: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  return isProblem(json) ? json : null
}

const problemError = (problem: Problem): BffError =>
  new BffError(problem.code as BffProblemCode, problem.status, problem)

/** `Retry-After` in ms (RFC 9110 §10.2.3): seconds or a date. */
function retryAfter({ headers }: Response, now: number): number | undefined {
  const value = headers.get('Retry-After')
  if (value === null) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}
