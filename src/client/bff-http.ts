/** Talks to the BFF's own doors: JSON in and out, problems as errors. */
import type { Platform } from '../browser/platform.js'
import { BffError, NetworkError } from '../errors.js'
import type { BffProblemCode, EndReason, SessionError } from '../errors.js'
import { CSRF_HEADER, TANDEM_HEADER, isProblem } from '../protocol.js'
import type { Door, Problem } from '../protocol.js'
import type { Absent } from './oauth-client.js'

/** Calls a door and resolves with its JSON answer. */
export type Ask = (method: 'GET' | 'POST', path: Door, options: DoorOptions) => Promise<unknown>

export interface DoorOptions {
  readonly csrf: string
  /** More headers: `Authorization` for the one door that takes it, `POST /session`. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal
  /** Let the request outlive the page. */
  readonly keepalive?: boolean
}

/**
 * Opens the way to the doors below `basePath`. Rejects with a `BffError` for a problem of the BFF's own that is an answer
 * (4xx), with a retryable `NetworkError` for what is none (5xx, somebody else's page), and as `fetch` does where nothing came:
 * `withPatience`, which every question is asked with, makes a `NetworkError` of that, too.
 */
export function openDoors({ fetch, clock }: Pick<Platform, 'fetch' | 'clock'>, basePath: string): Ask {
  const ask: Ask = async (method, path, { csrf, headers, body, ...passed }) => {
    const json = 'application/json'
    const askedAt = clock.device()
    const response = await fetch(basePath + path, {
      method,
      headers: {
        Accept: json,
        [CSRF_HEADER]: csrf,
        ...(body !== undefined && { 'Content-Type': json }),
        ...headers,
      },
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...passed,
    })
    if (!response.ok || !isOwn(response))
      throw await refusal(response, `${method} ${basePath}${path}`, clock.now())
    const answer: unknown = await response.json().catch(() => undefined)
    const { now } = Object(answer) as { now?: unknown }
    if (typeof now === 'number') clock.learn(now, askedAt, clock.device())
    return answer
  }
  // The answer to a tossed cookie also clears it: asking once more is clean.
  return (method, path, options) =>
    ask(method, path, options).catch((error: unknown) => {
      if (error instanceof BffError && error.code === 'cookie_conflict') return ask(method, path, options)
      throw error
    })
}

/** Whether the BFF itself gave this answer, and nothing behind it or on the way to it. */
export const isOwn = ({ headers }: Response): boolean => headers.has(TANDEM_HEADER)

/**
 * Why an answer is none that was asked for: a `BffError` where it is a problem of the BFF's own that is an answer (4xx), else a
 * retryable `NetworkError` with what `Retry-After` says.
 * @param call method and path
 */
export async function refusal(response: Response, call: string, now: number): Promise<SessionError> {
  const { status } = response
  const ours = isOwn(response)
  const answer: unknown = await response.json().catch(() => undefined)
  if (ours && status < 500 && status !== 429 && isProblem(answer)) {
    return new BffError(answer.code as BffProblemCode, status, answer)
  }
  return new NetworkError(
    status === 503 ? 'idp_unavailable' : 'network_failed',
    `${call} was answered ${status}${ours ? '' : ' by something that is not the BFF'}.`,
    { retryAfter: retryAfter(response, now) },
  )
}

/** The BFF's problem in an answer to a routed call, or null where the answer is an upstream's or no problem. */
export async function problemIn(response: Response): Promise<Problem | null> {
  if (!isOwn(response) || response.status < 400) return null
  const json: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  return isProblem(json) ? json : null
}

/** What a problem says about the session: that it is over, why, and since when. */
export const absentBy = ({ ended_by, ended_at }: { readonly [member: string]: unknown }): Absent => ({
  type: 'absent',
  reason: ended_by as EndReason | undefined,
  endedAt: ended_at as number | undefined,
})

/** `Retry-After` in ms (RFC 9110 §10.2.3): seconds or a date. */
function retryAfter({ headers }: Response, now: number): number | undefined {
  const value = headers.get('Retry-After')
  if (value === null) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return ms > 0 ? ms : undefined
}
