import { Agent, request as send } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { api, app, eachTest, restart, start } from './proxy-bench.js'

eachTest()

describe('the short way', () => {
  it('a call arrives as it was sent, and its answer as it was given', async () => {
    await start()
    api.answer = (_, response) => {
      response.writeHead(201, {
        'Content-Type': 'application/json',
        'Set-Cookie': 'x=1',
        Location: '/v1/43',
        ETag: '"1"',
      })
      response.end('{}')
    }
    const answer = await app.call('/bff/api/orders/42/%C3%A9?a=%2f', {
      headers: { Cookie: 'a=1', 'X-Custom': 'b' },
    })
    expect(api.received[0]).toMatchObject({ method: 'GET', url: '/v1/42/%C3%A9?a=%2f' })
    expect(api.header('authorization')).toEqual(['Bearer test-token'])
    expect(api.header('x-custom')).toEqual(['b'])
    expect(api.header('cookie')).toEqual([])
    expect(api.header('x-forwarded-for')).toEqual(['127.0.0.1'])
    expect(api.header('x-forwarded-host')).toEqual(['app.example.com'])
    expect(answer).toMatchObject({
      status: 201,
      body: '{}',
      headers: {
        'content-type': 'application/json',
        location: '/bff/api/orders/43',
        etag: '"1"',
        'cache-control': 'no-store',
        'x-request-id': 'request-1',
        'set-cookie': ['c=3'],
      },
    })
    expect(answer.headers['x-tandem']).toBeUndefined()
  })

  it.each([
    ['without a slash', '/bff/api/orders', '/v1/'],
    ['with one', '/bff/api/orders/', '/v1/'],
    ['with a query alone', '/bff/api/orders?x', '/v1/?x'],
  ])('the root of the upstream, %s', async (_, path, url) => {
    await start()
    await app.call(path)
    expect(api.received[0]?.url).toBe(url)
  })

  it('names no proxy to an API, nor to a page what the API is made of', async () => {
    await start()
    api.answer = (_, response) => {
      response.writeHead(200, { Server: 'Ursa/0.9', 'X-Powered-By': 'PHP/5.3', 'X-Custom': 'b' })
      response.end('{}')
    }
    const { headers } = await app.call('/bff/api/orders/42', {
      headers: { Proxy: 'http://attacker.test:8080', 'X-Custom': 'a' },
    })
    expect([api.header('proxy'), api.header('x-custom')]).toEqual([[], ['a']])
    expect([headers['server'], headers['x-powered-by'], headers['x-custom']]).toEqual([
      undefined,
      undefined,
      'b',
    ])
  })

  it('a client that has gone while it was let in is not called for', async () => {
    await start({}, (node) => (request, response) => {
      if (request.url?.endsWith('/gone') !== true) return node(request, response)
      response.once('close', () => node(request, response)).destroy()
    })
    await expect(app.call('/bff/api/orders/gone')).rejects.toThrow()
    expect((await app.call('/bff/api/orders/here')).status).toBe(200)
    expect(api.received.map(({ url }) => url)).toEqual(['/v1/here'])
  })

  it('headers set before stay, those of the answer win', async () => {
    await start({}, (node) => (request, response) => {
      response.setHeader('X-Powered-By', 'test')
      response.setHeader('Cache-Control', 'public')
      node(request, response)
    })
    const { headers } = await app.call('/bff/api/orders/42')
    expect(headers).toMatchObject({ 'x-powered-by': 'test', 'cache-control': 'no-store' })
  })

  it.each([
    '/bff/api/orders/../../internal',
    '/bff/api/orders/%2e%2e/x',
    '/bff/api/orders/..%2f..%2fadmin',
    '/bff/api/orders//evil',
    '/bff/api/orders/a%5cb',
    '/bff/api/orders/a\\b',
    '/bff/api/orders/x%00',
    '/bff/api/orders/..;/admin',
  ])('%s is refused as it was sent', async (path) => {
    await start()
    const answer = await app.call(path)
    expect([answer.status, answer.headers['x-tandem'], answer.headers['x-request-id']]).toEqual([
      400,
      '1',
      'request-1',
    ])
    expect(api.received).toHaveLength(0)
  })

  it('streams both ways', async () => {
    await start()
    api.answer = (request, response) => {
      response.writeHead(200)
      response.flushHeaders()
      request.pipe(response)
    }
    const options = { port: app.port, path: '/bff/api/orders/echo', method: 'POST' }
    const request = send({ host: '127.0.0.1', ...options })
    const answer = await new Promise<NodeJS.ReadableStream>((resolve) => {
      request.on('response', resolve)
      request.write('first')
    })
    expect(String(await new Promise((resolve) => answer.once('data', resolve)))).toBe('first')
    request.write('second')
    expect(String(await new Promise((resolve) => answer.once('data', resolve)))).toBe('second')
    request.end()
    await new Promise((resolve) => answer.once('end', resolve))
  })

  it('an event stream is there before its first event', async () => {
    await start()
    let finish = (): void => {}
    api.answer = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
      finish = () => response.end('data: 1\n\n')
    }
    const answer = await app.head('/bff/api/orders/events')
    expect(answer.headers['content-type']).toBe('text/event-stream')
    finish()
    expect(String(await new Promise((resolve) => answer.once('data', resolve)))).toBe('data: 1\n\n')
  })

  it('a client that reads slowly slows the upstream down; one that goes ends the call', async () => {
    await start()
    let written = 0
    api.answer = (_, response) => {
      const more = (): void => {
        do written++
        while (response.write(Buffer.alloc(65_536)))
      }
      response.on('drain', more)
      more()
    }
    const answer = await app.head('/bff/api/orders/endless')
    answer.pause()
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
    answer.destroy()
    await vi.waitFor(() => expect(api.received[0]?.abandoned()).toBe(true))
  })

  it('a client that goes during its upload ends the call', async () => {
    await start()
    const request = send({ host: '127.0.0.1', port: app.port, path: '/bff/api/orders/', method: 'POST' })
    request.on('error', () => {})
    request.write('half')
    await vi.waitFor(() => expect(api.received).toHaveLength(1))
    request.destroy()
    await expect(api.received[0]?.body).rejects.toThrow('aborted')
  })

  it('faults: 502, 504, 405, 413; the client gets its answer although its body was not read', async () => {
    await start({ timeout: 0.2, methods: ['GET', 'POST'], maxBody: 10_000_000 })
    api.answer = () => {}
    expect(await app.call('/bff/api/orders/42')).toMatchObject({ status: 504 })
    expect(await app.call('/bff/api/orders/42', { method: 'PUT' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, POST' },
    })
    const large = Buffer.alloc(10_000_001)
    const chunked = { 'Transfer-Encoding': 'chunked' }
    expect(await app.call('/bff/api/orders/', { method: 'POST', body: large })).toMatchObject({ status: 413 })
    api.answer = (request) => void request.resume()
    expect(
      await app.call('/bff/api/orders/', { method: 'POST', body: large, headers: chunked }),
    ).toMatchObject({
      status: 413,
    })
    const port = api.url.port
    await api.close()
    const answer = await app.call('/bff/api/orders/', { method: 'POST', body: 'x'.repeat(1_000_000) })
    expect(answer).toMatchObject({ status: 502, headers: { 'x-tandem': '1', 'set-cookie': ['c=3'] } })
    expect(answer.body).not.toContain(port)
    await restart()
  })

  it('an upstream that answers before it has read everything is heard, and so is what comes next on the connection', async () => {
    await start()
    api.answer = (_, response) => response.writeHead(413).end('too much')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    let connections = 0
    app.server.on('connection', () => connections++)
    const body = Buffer.alloc(50_000_000)
    const answer = await app.call('/bff/api/orders/', { agent, method: 'POST', body })
    expect(answer).toMatchObject({ status: 413, body: 'too much' })
    expect(answer.headers['x-tandem']).toBeUndefined()
    // It has one connection: the next request is sent once the body of the first one was taken.
    api.answer = (_, response) => response.end('next')
    expect(await app.call('/bff/api/orders/', { agent })).toMatchObject({ status: 200, body: 'next' })
    expect(connections).toBe(1)
    agent.destroy()
  })

  it('an answer that stops half way is cut, not ended', async () => {
    await start()
    api.answer = (_, response) => void response.writeHead(200).write('half', () => response.destroy())
    await expect(app.call('/bff/api/orders/42')).rejects.toThrow('aborted')
  })
})
