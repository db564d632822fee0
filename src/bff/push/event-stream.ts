/** The body of a `text/event-stream` (HTML Living Standard §9.2): what is written arrives as soon as the client takes it. */
import { bytesOf } from '../bytes.js'

/** A stream that events are written to. Writing to one that is over does nothing. */
export interface EventStream {
  readonly body: ReadableStream<Uint8Array>
  /** An event; `data` is sent as JSON. */
  event(name: string, data: unknown): void
  /** A comment: says that the connection lives. */
  comment(): void
  /** How long to wait before connecting again, ms. */
  retry(ms: number): void
  /** Ends the stream. */
  end(): void
}

/** How many pieces may wait for a client that takes none, before it counts as gone. */
const MOST_WAITING = 64

/** Makes a stream. `over` is called once: it was ended, the client went away, or it takes nothing any more. */
export function createEventStream(over: () => void): EventStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const finish = (close: boolean): void => {
    const open = controller
    if (open === undefined) return
    controller = undefined
    if (close) open.close()
    over()
  }
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given
    },
    cancel: () => finish(false),
  })
  const write = (text: string): void => {
    if (controller === undefined) return
    controller.enqueue(bytesOf(text))
    if ((controller.desiredSize ?? 0) < -MOST_WAITING) finish(true)
  }
  return {
    body,
    // JSON has no line breaks of its own.
    event: (name, data) => write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
    comment: () => write(':\n\n'),
    retry: (ms) => write(`retry: ${ms}\n\n`),
    end: () => finish(true),
  }
}
