/** What a `text/event-stream` says, as a client reads it (HTML Living Standard §9.2.6). */
import { expect } from 'vitest'

/** An event, a comment (`name` is `:`) or a wish for when to connect again (`name` is `retry`). */
export interface Told {
  readonly name: string
  readonly data: unknown
}

/** A stream that is being read. */
export interface Listening {
  /** Everything so far. */
  readonly told: Told[]
  /** Data of the events of one name so far. */
  of(name: string): Record<string, unknown>[]
  /** Resolves with the data of the event of this name once there are `count`. */
  next(name: string, count?: number): Promise<Record<string, unknown>>
  /** Resolves once the stream has ended. */
  readonly ended: Promise<void>
  /** Goes away. */
  leave(): Promise<void>
}

const read = (block: string): Told => {
  if (block.startsWith(':')) return { name: ':', data: block.slice(1) }
  const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)))
  if ('retry' in fields) return { name: 'retry', data: Number(fields['retry']) }
  return { name: String(fields['event']), data: JSON.parse(String(fields['data'])) }
}

/** Reads an answer that is an event stream. */
export function listenTo(answer: Response): Listening {
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  const told: Told[] = []
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  const reading = async (): Promise<void> => {
    let text = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const blocks = (text + value).split('\n\n')
      text = blocks.pop() ?? ''
      told.push(...blocks.map(read))
    }
  }
  const of = (name: string): Record<string, unknown>[] =>
    told.filter((one) => one.name === name).map(({ data }) => data as Record<string, unknown>)
  return {
    told,
    of,
    async next(name, count = 1) {
      await expect.poll(() => of(name).length, { timeout: 4000, interval: 5 }).toBeGreaterThanOrEqual(count)
      return of(name)[count - 1] ?? {}
    },
    ended: reading(),
    leave: () => reader.cancel(),
  }
}
