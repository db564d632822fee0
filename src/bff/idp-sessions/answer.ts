/** What an answer of the sessions API means: its value, or the error that says what to do. */
import { NetworkError, OAuthError } from '../../errors.js'
import type { Edges } from '../edges.js'
import { retryAfterOf } from '../idp/verdict.js'

/** How long nothing is asked where the API asks to wait (429) and does not say how long, ms. */
export const PAUSE = 60_000

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

/**
 * Asks, and resolves with the JSON of the answer. Rejects with an {@link OAuthError} for a refusal, whichever of Mosaic's two families it is of
 * (`{ error, error_description }`, or `{ message, error_code }` with one message or several), and with a {@link NetworkError} where no answer
 * came: time-out, 5xx, HTML; `retryAfter` where the API asks to wait (429).
 */
export async function askApi({ fetch, now, timeout }: ApiEdges, { url, ...init }: ApiCall): Promise<unknown> {
  let answer: Response
  let text: string
  try {
    answer = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeout) })
    text = await answer.text()
  } catch (cause) {
    throw new NetworkError(
      'idp_unavailable',
      'The sessions API could not be reached. Try again later, or check idp.sessionsApi.url.',
      {
        cause,
      },
    )
  }
  const body = parsed(text)
  if (answer.ok && body !== undefined) return body
  if (answer.status === 429)
    throw new NetworkError('idp_unavailable', 'The sessions API asks to wait (429). Ask less often.', {
      retryAfter: retryAfterOf(answer.headers.get('retry-after'), now()) ?? PAUSE,
    })
  const refusal = refusalOf(answer.status, body)
  if (refusal !== null) throw new OAuthError(refusal)
  throw new NetworkError(
    'idp_unavailable',
    `The sessions API gave no usable answer (${answer.status}). Try again later.`,
    { retryAfter: retryAfterOf(answer.headers.get('retry-after'), now()) },
  )
}

const names: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'invalid_token',
  403: 'access_denied',
  404: 'not_found',
  409: 'invalid_request',
}

/** The refusal in a body of either family; `null` where it is none. */
function refusalOf(status: number, body: unknown): { error: string; error_description?: string } | null {
  const name = names[status]
  if (name === undefined) return null
  const { error, error_description, message } = Object(body) as Readonly<Record<string, unknown>>
  const told = [message].flat().filter((one) => typeof one === 'string')
  const described = typeof error_description === 'string' ? error_description : told.join('; ')
  // A gateway in between refuses, too, but in no language of the API: 403 with a page.
  if (typeof error !== 'string' && told.length === 0 && body === undefined) return null
  return {
    error: typeof error === 'string' ? error : name,
    ...(described !== '' && { error_description: described.slice(0, 500) }),
  }
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
