/** Tells one stream what becomes of its session: at once how it stands, then every change, at last its end. */
import { sessionToWire } from '../../protocol.js'
import type { PushedEvents } from '../../protocol.js'
import { warningAt } from '../../session/due.js'
import { appEndsAt } from '../../session/session.js'
import type { Session } from '../../session/session.js'
import type { Edges } from '../edges.js'
import { errorEntry } from '../log.js'
import type { Log } from '../log.js'
import type { Lookup } from '../sessions/parts.js'
import { createEventStream } from './event-stream.js'

/** What a stream is told from. */
export interface SessionStreamParts {
  readonly edges: Edges
  readonly log: Log
  /** How the session stands now; the same look that every request takes, so that a session that is over is ended by it. */
  look(): Promise<Lookup>
  /** Calls back whenever there may be news; the returned function ends that. */
  subscribe(listener: () => void): () => void
}

/** A stream of one session. */
export interface SessionStream {
  readonly body: ReadableStream<Uint8Array>
  /** Ends it. `retry`: how long the client is to wait before it connects again, ms. */
  end(retry?: number): void
}

/** How often something is sent, ms: proxies let connections go that are silent for a minute or less. */
const HEARTBEAT = 15_000
/** When a client is to connect again, ms: everybody at another moment, so that a BFF that starts anew is not overrun. */
const RETRY = 1_000
const RETRY_SPREAD = 4_000

/** Begins a stream with the session as it stands. `over` is called once it has ended. */
export function startSessionStream(
  { edges, log, look, subscribe }: SessionStreamParts,
  session: Session,
  over: () => void,
): SessionStream {
  let told: Session | undefined
  let looking = false
  let again = false
  let cancelDue = (): void => {}
  let cancelBeat = (): void => {}

  const stream = createEventStream(() => {
    unsubscribe()
    cancelDue()
    cancelBeat()
    over()
  })
  const send = <Name extends keyof PushedEvents>(name: Name, data: PushedEvents[Name]): void =>
    stream.event(name, data)

  /**
   * Whether there was something to tell. That the idle end moved is told now and then only, for it moves with every call; but before anybody warns the
   * user of the end that was told.
   */
  const tell = (now: Session, beat: boolean): boolean => {
    const known = told !== undefined && same(told, now, beat || warningAt(told) <= edges.now() + HEARTBEAT)
    if (!known) {
      const wasEnded = told === undefined || told.idp.status === 'ended'
      told = now
      send('session', { authenticated: true, session: sessionToWire(now), now: edges.now() })
      if (now.idp.status === 'ended' && !wasEnded)
        send('idp_session_ended', {
          ended_by: now.idp.endedBy ?? 'unknown',
          until: Math.min(now.access.expiresAt, appEndsAt(now)),
        })
    }
    cancelDue()
    const wait = untilDue(now, edges.now())
    if (wait < HEARTBEAT) cancelDue = edges.timer(() => void update(), wait, true)
    return !known
  }

  /** Looks, and tells; a look that is asked for during another one comes after it. Whether something was told. */
  const update = async (beat = false): Promise<boolean> => {
    again = looking
    if (looking) return false
    looking = true
    try {
      for (let wrote = false; ;) {
        again = false
        const lookup = await look()
        if (isOver) return true
        if (lookup.state !== 'live') {
          const ended = lookup.state === 'ended'
          send('ended', {
            ended_by: ended ? lookup.endedBy : 'unknown',
            at: ended ? lookup.at : edges.now(),
          })
          stream.end()
          return true
        }
        wrote = tell(lookup.session, beat) || wrote
        if (!again) return wrote
      }
    } catch (error) {
      // The store does not answer: that ends nothing. The next news or heartbeat looks again.
      log.warn({ event: 'look_failed', ...errorEntry(error) }, 'A stream could not look after its session.')
      return false
    } finally {
      looking = false
    }
  }

  const keepAlive = (): void => {
    cancelBeat = edges.timer(
      () => {
        // First, so that a store that is slow to answer delays no sign of life but its own.
        keepAlive()
        void update(true).then((wrote) => {
          if (!wrote) stream.comment()
        })
      },
      HEARTBEAT,
      true,
    )
  }

  let isOver = false
  const stop = subscribe(() => void update())
  const unsubscribe = (): void => {
    isOver = true
    stop()
  }
  stream.retry(RETRY + Math.floor(((edges.random(1)[0] ?? 0) / 256) * RETRY_SPREAD))
  tell(session, false)
  keepAlive()
  // What happened since the session was looked up, and before this listened.
  void update()
  return {
    body: stream.body,
    end(retry) {
      if (retry !== undefined) stream.retry(retry)
      stream.end()
    },
  }
}

/** Whether two states of a session are the same, perhaps but for the idle end. */
function same(one: Session, other: Session, idleToo: boolean): boolean {
  const text = ({ app: { idleEndsAt, ...app }, ...session }: Session): string =>
    JSON.stringify({ ...session, app, ...(idleToo && { idleEndsAt }) })
  return text(one) === text(other)
}

/** How long until time itself changes something of the session, ms. */
function untilDue(session: Session, now: number): number {
  const { idp, access } = session
  const moments = [appEndsAt(session), idp.endsAt, access.expiresAt, access.extendableUntil]
  return Math.min(...moments.map((at) => (at === undefined || at <= now ? Infinity : at - now)))
}
