/** All the streams that are open at this instance. */
import type { Edges } from '../edges.js'
import type { Holder } from '../holder.js'
import type { Hub } from '../hub.js'
import type { Log } from '../log.js'
import type { Sessions } from '../sessions/sessions.js'
import { startSessionStream } from './session-stream.js'
import type { SessionStream } from './session-stream.js'

/** Opens streams, and closes them. */
export interface Streams {
  /** The body of a new stream; `null` where none is opened any more. `signal` aborts when its client goes. */
  open(holder: Holder, request: string, signal: AbortSignal): ReadableStream<Uint8Array> | null
  /** Ends all streams, and opens no more. Their sessions go on: clients connect again. */
  close(): void
}

/** How many streams one session may have: a browser needs one, whatever its tabs. */
const MOST = 8
/** When the client of a stream that gave way may come again, ms: not at once, or the streams of one browser would drive each other out. */
const RETRY_REPLACED = 60_000

/** Makes the streams of one instance. */
export function createStreams({
  hub,
  sessions,
  edges,
  log,
}: {
  readonly hub: Hub
  readonly sessions: Pick<Sessions, 'again'>
  readonly edges: Edges
  readonly log: Log
}): Streams {
  const open = new Map<string, Set<SessionStream>>()
  let closed = false
  return {
    open({ open: opened, session }, request, signal) {
      if (closed) return null
      const { key } = opened.record
      const others = open.get(key) ?? new Set()
      open.set(key, others)
      for (const oldest of others) {
        if (others.size < MOST) break
        oldest.end(RETRY_REPLACED)
      }
      const parts = {
        edges,
        log,
        look: () => sessions.again(opened, request),
        subscribe: (listener: () => void) => hub.subscribe(key, listener),
      }
      const stream = startSessionStream(parts, session, () => {
        others.delete(stream)
        edges.metrics.stream(-1)
        if (others.size === 0 && open.get(key) === others) open.delete(key)
      })
      open.set(key, others.add(stream))
      edges.metrics.stream(1)
      const gone = (): void => stream.end()
      if (signal.aborted) gone()
      else signal.addEventListener('abort', gone, { once: true })
      return stream.body
    },
    close() {
      closed = true
      for (const streams of open.values()) for (const stream of streams) stream.end()
    },
  }
}
