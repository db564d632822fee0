/** Requests to the IDP with a bound on time. Their failures are never answers. */
import { NetworkError } from '../errors.js'
import type { Members } from './jwt.js'
import type { World } from './settings.js'

/** An answer, whatever it is. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined where it is none. */
  readonly json: Members | undefined
  /** When it was asked for and when it was there, in the device's clock. */
  readonly askedAt: number
  readonly answeredAt: number
}

/** Sends a request: a POST of `form` where there is one. @throws NetworkError where no answer came within `patience` (ms) */
export type Http = (
  url: string,
  patience: number,
  form?: Form,
  how?: Pick<RequestInit, 'keepalive' | 'cache' | 'headers' | 'redirect'>,
) => Promise<Answer>

/** Parameters of a form; those without a value are left out. */
export type Form = Readonly<Record<string, string | undefined>>

/** Over `fetch`. */
export const createHttp =
  ({ fetch, clock }: Pick<World, 'fetch' | 'clock'>): Http =>
  async (url, patience, form, how) => {
    const limit = new AbortController()
    const cancel = clock.at(clock.now() + patience, () => limit.abort())
    const askedAt = clock.device()
    try {
      const response = await fetch(url, {
        // What a POST carries is for this address only.
        ...(form && { method: 'POST', body: params(form), redirect: 'error' }),
        headers: { Accept: 'application/json' },
        ...how,
        signal: limit.signal,
      })
      const text = await response.text()
      const { status, headers } = response
      return { status, headers, text, json: parsed(text), askedAt, answeredAt: clock.device() }
    } catch (cause) {
      const { origin } = new URL(url)
      throw limit.signal.aborted
        ? new NetworkError('timeout', `${origin} did not answer within ${patience / 1000} s.`, { cause })
        : new NetworkError('network_failed', `${origin} could not be reached.`, { cause })
    } finally {
      cancel()
    }
  }

const params = (form: Form): URLSearchParams =>
  new URLSearchParams(
    Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )

function parsed(text: string): Members | undefined {
  try {
    return JSON.parse(text) as Members
  } catch {
    return undefined
  }
}
