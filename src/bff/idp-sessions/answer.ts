/** What an answer of the sessions API means: its value, or the error that says what to do. */
import { NetworkError, OAuthError } from '../../errors.js'
import type { Edges } from '../edges.js'
import { errorNamed, toldBy } from '../idp/api-error.js'
import { retryAfterOf } from '../idp/verdict.js'

/** How long nothing is asked where the API asks to wait (429) and does not say how long, ms. */
const PAUSE = 60_000

/** What a call takes from the world. */
export interface ApiEdges extends Pick<Edges, 'fetch' | 'now'> {
  /** How long an answer is waited for, ms. */
  readonly timeout: number
}

/** What is asked. */
export interface ApiCall {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Asks, and resolves with the JSON of the answer; `null` where it is empty. */
export type Ask = (call: ApiCall) => Promise<unknown>

/** The API said no. Names are taken from its status where it uses none of OAuth's. */
export class ApiRefusal extends OAuthError {
  declare readonly status: number

  constructor(status: number, wire: { error: string; error_description?: string }) {
    super(wire)
    this.status = status
  }
}

/**
 * A door of the API. Rejects with an {@link ApiRefusal}, whichever of Mosaic's two families it is of (`{ error, error_description }`, or
 * `{ message, error_code }` with one message or several), and with a {@link NetworkError} where no answer came: time-out, 5xx, HTML. Where the API asks
 * to wait (`retryAfter`, ms), nothing is asked until then: calls are refused here, and nothing is tried again by itself.
 */
export function openDoor(edges: ApiEdges): Ask {
  let waitUntil = 0
  return async (call) => {
    const rest = waitUntil - edges.now()
    if (rest > 0)
      throw new NetworkError(
        'idp_unavailable',
        `The sessions API asked to wait, and was not asked again. Try again in ${Math.ceil(rest / 1000)} s.`,
        { retryAfter: rest },
      )
    try {
      return await ask(edges, call)
    } catch (error) {
      if (error instanceof NetworkError && error.retryAfter !== undefined)
        waitUntil = Math.max(waitUntil, edges.now() + error.retryAfter)
      throw error
    }
  }
}

async function ask({ fetch, now, timeout }: ApiEdges, { url, ...init }: ApiCall): Promise<unknown> {
  let answer: Response
  let text: string
  try {
    answer = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeout) })
    text = await answer.text()
  } catch (cause) {
    const isLate = cause instanceof Error && cause.name === 'TimeoutError'
    const what = isLate ? `did not answer within ${timeout / 1000} s` : 'could not be reached'
    throw noAnswer(`${what}. Try again later, or check idp.sessionsApi.url.`, { cause })
  }
  const { status, headers } = answer
  const body = parsed(text)
  if (answer.ok && body !== undefined) return body
  const asked = retryAfterOf(headers.get('retry-after'), now())
  if (status === 429) throw noAnswer('asks to wait (429). Ask less often.', { retryAfter: asked ?? PAUSE })
  const refusal = refusalOf(status, body)
  if (refusal !== null) throw refusal
  throw noAnswer(`gave no usable answer (${status}). Try again later.`, { retryAfter: asked })
}

/** There was no answer. `what`: what the API did instead. */
export const noAnswer = (
  what: string,
  options: { cause?: unknown; retryAfter?: number | undefined } = {},
): NetworkError => new NetworkError('idp_unavailable', `The sessions API ${what}`, options)

/** The refusal in a body of either family; `null` where it is none. */
function refusalOf(status: number, body: unknown): ApiRefusal | null {
  const name = errorNamed(status)
  // A gateway in between refuses, too, but in no language of the API: 403 with a page.
  if (name === undefined || body === undefined) return null
  const { error, error_description, message } = Object(body) as Readonly<Record<string, unknown>>
  const told = toldBy(error_description ?? message, 500)
  return new ApiRefusal(status, {
    error: typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : name,
    ...(told !== undefined && { error_description: told }),
  })
}

/** The JSON in a text; null for none at all, undefined for what is no JSON. */
function parsed(text: string): unknown {
  if (text.trim() === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
