/** An event stream that is kept open, whatever happens to its connections: one at a time, never two. */
import type { Platform } from '../../browser/platform.js'
import type { Wake } from '../../browser/wake.js'
import { BffError, NetworkError } from '../../errors.js'
import { retryDelay } from '../../session/timing.js'
import { listen } from './event-stream.js'

/** How long nothing may come before a connection counts as lost, ms: the BFF says every 15 s that it lives. */
const SILENCE = 40_000
/** What a page that wakes does not believe in any more, ms: more than one sign of life is missing. */
const STALE = 20_000
/** How long a connection lasts that was a good one, ms: the next one is a first try again. */
const GOOD = 10_000
/** No `retry` keeps us waiting for longer, ms. */
const LONGEST_WAIT = 3_600_000

/** What is heard on the stream. */
export interface KeptStreamListener {
  /** @param askedAt of the first event of a connection: when it was asked for, in the device's clock */
  event(name: string, data: unknown, askedAt?: number): void
  /** The BFF refused. Whether trying again may help: else it is closed. */
  refused(problem: BffError): boolean
}

/**
 * Opens the stream at `path` and keeps it open: after a cut, silence or anything that is no answer it connects again, later and later and
 * never at the same moment as other browsers; at once when the page wakes or the network is back, unless it was told to wait.
 * Returns the way to close it: nothing is heard any more then.
 */
export function keepStream(
  platform: Pick<Platform, 'clock' | 'fetch' | 'random' | 'onWake'>,
  path: string,
  { event, refused }: KeptStreamListener,
): () => void {
  const { clock, random, onWake } = platform
  let connection: AbortController | undefined
  let cancel = (): void => {}
  let attempt = 0
  let hint = 0
  let heardAt = 0
  let notBefore = 0

  const drop = (): void => {
    cancel()
    connection?.abort()
    connection = undefined
  }

  const connect = (): void => {
    drop()
    const mine = (connection = new AbortController())
    const startedAt = (heardAt = clock.device())
    let askedAt: number | undefined = startedAt

    const over = (error?: unknown): void => {
      if (connection !== mine) return
      drop()
      if (error instanceof BffError && !refused(error)) return close()
      const asked = error instanceof NetworkError ? error.retryAfter : undefined
      attempt = heardAt - startedAt > GOOD ? 1 : attempt + 1
      notBefore = asked === undefined ? 0 : clock.now() + asked
      cancel = clock.at(clock.now() + hint + retryDelay(attempt, random(), asked), connect)
    }
    const wait = (): void => {
      cancel()
      cancel = clock.at(clock.now() + SILENCE, over)
    }
    wait()
    listen(
      platform,
      path,
      {
        alive() {
          heardAt = clock.device()
          wait()
        },
        event(name, data) {
          const asked = askedAt
          askedAt = undefined
          event(name, data, asked)
        },
        retry(ms) {
          hint = Math.min(ms, LONGEST_WAIT)
        },
      },
      mine.signal,
    ).then(() => over(), over)
  }

  const wake = (sign?: Wake): void => {
    const isDue =
      connection === undefined
        ? clock.now() >= notBefore
        : sign === 'online' || clock.device() - heardAt > STALE
    if (isDue) connect()
  }
  const stops = [onWake(wake), clock.onJump(wake)]
  const close = (): void => {
    drop()
    stops.forEach((stop) => stop())
  }
  connect()
  return close
}
