import { describe, expect, it, vi } from 'vitest'
import { createEventStream } from '../../../src/bff/push/event-stream.js'

describe('an event stream', () => {
  it('is written as the specification has it', async () => {
    const stream = createEventStream(() => {})
    stream.retry(1500)
    stream.event('ended', { ended_by: 'logout', text: 'two\nlines' })
    stream.comment()
    stream.end()
    expect(await new Response(stream.body).text()).toBe(
      'retry: 1500\n\nevent: ended\ndata: {"ended_by":"logout","text":"two\\nlines"}\n\n:\n\n',
    )
  })

  it('is over once: ended, or left by its client; nothing is written after', async () => {
    const over = vi.fn()
    const ended = createEventStream(over)
    ended.end()
    ended.end()
    ended.event('late', {})
    expect(over).toHaveBeenCalledTimes(1)
    const left = createEventStream(over)
    await left.body.cancel()
    left.comment()
    left.end()
    expect(over).toHaveBeenCalledTimes(2)
  })

  it('is over for a client that takes nothing any more', () => {
    const over = vi.fn()
    const stream = createEventStream(over)
    for (let i = 0; i < 1000 && over.mock.calls.length === 0; i++) stream.comment()
    expect(over).toHaveBeenCalledTimes(1)
  })
})
