/** Waiting with an end: no question is waited for without one. */
import type { Clock } from '../browser/clock.js'
import { NetworkError, SessionError } from '../errors.js'

/** How long an answer is waited for, ms: `start()` settles within 10 s. */
export const PATIENCE = 8_000

/**
 * Asks, and resolves with the answer if it comes within `patience` ms; then, or when `stop` is aborted, the question's signal is
 * aborted too. Rejects with a `SessionError`: what is none is a failure to get an answer, a `NetworkError`.
 */
export async function withPatience<T>(
  clock: Pick<Clock, 'now' | 'at'>,
  question: (signal: AbortSignal) => Promise<T>,
  patience: number = PATIENCE,
  stop?: AbortSignal,
): Promise<T> {
  const limit = new AbortController()
  const { signal } = limit
  const cancel = clock.at(clock.now() + patience, () =>
    limit.abort(new NetworkError('timeout', `No answer came within ${patience / 1000} s.`)),
  )
  const stopped = (): void => limit.abort(stop?.reason)
  stop?.addEventListener('abort', stopped)
  const given = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      cancel()
      reject(signal.reason)
    })
  })
  try {
    return await Promise.race([question(signal), given])
  } catch (cause) {
    if (cause instanceof SessionError) throw cause
    throw new NetworkError('network_failed', `No usable answer came (${cause}). Try again in a moment.`, {
      cause,
    })
  } finally {
    cancel()
    stop?.removeEventListener('abort', stopped)
  }
}
