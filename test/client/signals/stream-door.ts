/** The door of the event stream, as far as the wire goes: every call waits for what the test makes of it. */
import { expect, onTestFinished } from 'vitest'
import { TANDEM_HEADER } from '../../../src/protocol.js'
import { wireSession, type Changes } from '../wire-bff.js'

/** A call of the door, and the connection it becomes. */
export interface StreamCall {
  readonly url: string
  readonly init: RequestInit
  /** Neither given up by the page nor ended by the server. */
  readonly open: boolean
  /** Answers 200 with a stream. */
  begin(headers?: Record<string, string>): StreamCall
  /** Sends a piece of the stream, as it is. */
  send(piece: string | Uint8Array): StreamCall
  /** Sends an event of ours. */
  tell(name: string, data: unknown): StreamCall
  /** The stream ends, as where a server stops. */
  end(): void
  /** It breaks off; before the beginning: nothing came. */
  cut(): void
  /** Another answer. */
  answer(response: Response): void
}

export interface StreamDoor {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>
  readonly calls: StreamCall[]
  /** The newest call. */
  readonly last: StreamCall
  /** Resolves with the call of this number, from 1, once it is made. */
  called(count: number): Promise<StreamCall>
  /** What becomes of a call at once; without it the test says so later. */
  always?: (call: StreamCall) => void
}

/** A door. The test fails where two of its streams were open at once. */
export const createStreamDoor = (): StreamDoor => {
  const calls: StreamCall[] = []
  let isShared = false
  onTestFinished(() => expect(isShared, 'two streams were open at once').toBe(false))
  const door: StreamDoor = {
    calls,
    get last() {
      const call = calls.at(-1)
      if (call === undefined) throw new Error('the door was not called')
      return call
    },
    async called(count) {
      await expect.poll(() => calls.length, { interval: 1 }).toBeGreaterThanOrEqual(count)
      const call = calls[count - 1]
      if (call === undefined) throw new Error(`call ${count} is missing`)
      return call
    },
    fetch: (input, init = {}) =>
      new Promise<Response>((resolve, reject) => {
        isShared ||= calls.some(({ open }) => open)
        let over = false
        let controller: ReadableStreamDefaultController<Uint8Array> | undefined
        const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) })
        const finish = (how: () => void): void => {
          if (!over) how()
          over = true
        }
        const fail = (reason: unknown): void => {
          reject(reason)
          finish(() => controller?.error(reason))
        }
        init.signal?.addEventListener('abort', () => fail(init.signal?.reason))
        const call: StreamCall = {
          url: String(input),
          init,
          get open() {
            return !over
          },
          begin(headers = { [TANDEM_HEADER]: '1' }) {
            resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream', ...headers } }))
            return call
          },
          send(piece) {
            if (!over)
              controller?.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece)
            return call
          },
          tell: (name, data) => call.send(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
          end: () => finish(() => controller?.close()),
          cut: () => fail(new TypeError('network error')),
          answer(response) {
            resolve(response)
            finish(() => {})
          },
        }
        calls.push(call)
        door.always?.(call)
      }),
  }
  return door
}

/** What the BFF says of a session first, and after every change. */
export const sessionEvent = (sub: string, now: number, changes?: Changes) => ({
  authenticated: true as const,
  session: wireSession(sub, now, changes),
  now,
})

/** Lets everything that needs no time happen. */
export const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
}
