import { describe, expect, it, vi } from 'vitest'
import { callsOver, transports } from './calls.js'

describe.each(transports)('over %s', (_, forwarded) => {
  const on = callsOver(forwarded)
  const { call } = on

  it('the answer streams: its first piece is there before the last is made', async () => {
    let finish = (): void => {}
    on.api.answer = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n')
      finish = () => response.end('data: 2\n\n')
    }
    const answer = await call('events')
    const reader = answer.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 1\n\n')
    finish()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 2\n\n')
    expect((await reader?.read())?.done).toBe(true)
  })

  it('the request streams: the upstream has its first piece before the last is made', async () => {
    let finish = (): void => {}
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from('first '))
        finish = () => {
          controller.enqueue(Buffer.from('last'))
          controller.close()
        }
      },
    })
    const first = new Promise<string>((resolve) => {
      on.api.answer = (request, response, received) => {
        request.once('data', (chunk: Buffer) => resolve(chunk.toString()))
        received.body.then(
          (all) => response.end(all),
          () => response.destroy(),
        )
      }
    })
    const answer = call('', { method: 'POST', body, duplex: 'half' })
    expect(await first).toBe('first ')
    finish()
    expect(await (await answer).text()).toBe('first last')
  })

  it('a reader that stops makes the upstream wait', async () => {
    let written = 0
    on.api.answer = (_, response) => {
      const more = (): void => {
        do written++
        while (response.write(Buffer.alloc(65_536)))
      }
      response.on('drain', more)
      more()
    }
    const answer = await call('endless')
    await vi.waitFor(() => expect(written).toBeGreaterThan(0))
    let before = -1
    await vi.waitFor(
      () => {
        const still = written === before
        before = written
        expect(still).toBe(true)
      },
      { interval: 100, timeout: 5000 },
    )
    expect(written).toBeLessThan(500)
    await answer.body?.cancel()
    await vi.waitFor(() => expect(on.api.received[0]?.abandoned()).toBe(true))
  })

  it('a client that goes takes the call with it', async () => {
    on.api.answer = () => {}
    const client = new AbortController()
    const answer = call('slow', { signal: client.signal })
    await vi.waitFor(() => expect(on.api.received).toHaveLength(1))
    client.abort()
    expect((await answer).status).toBe(502)
    await vi.waitFor(() => expect(on.api.received[0]?.abandoned()).toBe(true))
  })

  it('an answer that stops half way breaks, and does not end', async () => {
    on.api.answer = (_, response) => response.writeHead(200).write('half')
    on.upstream = { ...on.upstream, timeout: 0.2 }
    await expect((await call('slow')).text()).rejects.toThrow('upstream_timeout')
    on.api.answer = (_, response) => void response.writeHead(200).write('half', () => response.destroy())
    await expect((await call('cut')).text()).rejects.toThrow('upstream_failed')
  })

  it('large bodies come through whole, both ways', async () => {
    const body = Buffer.alloc(5_000_000, 'abc')
    on.api.answer = (request, response) => void request.pipe(response)
    const answer = await call('', { method: 'POST', body })
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true)
  })
})
