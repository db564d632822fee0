import { afterEach, describe, expect, it } from 'vitest'
import { requestIdOf, send, writeHead } from '../../../src/bff/node/outgoing.js'
import { run } from './harness.js'
import type { Running } from './harness.js'

let app: Running
afterEach(() => app.close())

describe('sending a Response', () => {
  it('adds its headers to those that were set; of the same name, its own win, but cookies add up', async () => {
    app = await run((_, response) => {
      response.setHeader('X-Own', '1')
      response.setHeader('Cache-Control', 'public')
      response.setHeader('Set-Cookie', 'own=1')
      const headers = new Headers({ 'Cache-Control': 'no-store' })
      for (const cookie of ['a=1', 'b=2']) headers.append('Set-Cookie', cookie)
      void send(new Response('body', { status: 201, headers }), response)
    })
    expect(await app.call('/')).toMatchObject({
      status: 201,
      body: 'body',
      headers: { 'x-own': '1', 'cache-control': 'no-store', 'set-cookie': ['own=1', 'a=1', 'b=2'] },
    })
  })

  it('without a body ends at once', async () => {
    app = await run((_, response) => void send(new Response(null, { status: 204 }), response))
    expect(await app.call('/')).toMatchObject({ status: 204, body: '' })
  })

  it('gives the body up where somebody has answered already', async () => {
    let cancelled = false
    const body = (): ReadableStream => new ReadableStream({ cancel: () => void (cancelled = true) })
    app = await run((_, response) => {
      response.end('first')
      void send(new Response(body()), response)
    })
    expect((await app.call('/')).body).toBe('first')
    expect(cancelled).toBe(true)
  })

  it('waits for a slow client as often as it must, and listens to nothing twice', async () => {
    const piece = new Uint8Array(64 * 1024)
    let left = 200
    let most = 0
    const body = new ReadableStream({
      pull: (controller) => ((left -= 1) < 0 ? controller.close() : controller.enqueue(piece)),
    })
    app = await run((_, response) => {
      void send(new Response(body), response)
      response.on('drain', () => (most = Math.max(most, response.listenerCount('close'))))
    })
    const { body: text } = await app.call('/')
    expect(text).toHaveLength(200 * piece.length)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(8)
  })

  it('the request id of an answer is known however its head was written', async () => {
    const ids: unknown[] = []
    app = await run((request, response) => {
      if (request.url === '/flat') writeHead(response, 200, ['X-Request-Id', 'a'], 'a')
      else response.setHeader('X-Request-Id', 'b')
      ids.push(requestIdOf(response))
      response.end()
    })
    await app.call('/flat')
    await app.call('/set')
    expect(ids).toEqual(['a', 'b'])
  })
})
