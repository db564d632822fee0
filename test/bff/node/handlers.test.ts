import express from 'express'
import { describe, expect, it } from 'vitest'
import { adapterOf } from './harness.js'
import { app, eachTest, serve, start, upstream } from './proxy-bench.js'

eachTest()

describe('doors', () => {
  it('get a Request with all that came in, and their answer goes out with all its cookies', async () => {
    await start()
    const answer = await app.call('/bff/logout?x=1', {
      method: 'POST',
      body: '{"scope":"app"}',
      headers: { Host: 'app.example.com' },
    })
    expect(JSON.parse(answer.body)).toEqual({
      method: 'POST',
      url: 'http://app.example.com/bff/logout?x=1',
      body: '{"scope":"app"}',
      clientAddress: '127.0.0.1',
    })
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(answer.headers['x-door']).toBe('/bff/logout')
  })

  it('an address that is none of them goes to whoever comes next; the probes are', async () => {
    const node = adapterOf(upstream)
    await serve((request, response) => node(request, response, () => response.end('next')))
    for (const path of ['/', '/bffx', '/BFF/session', '/x/../bff/session', '/?/bff/', '/healthz/x'])
      expect((await app.call(path)).body).toBe('next')
    for (const path of ['/bff', '/bff/', '/bff/session', '/bff?x', '/bff/nothing', '/healthz', '/readyz?x'])
      expect((await app.call(path)).headers['x-door']).toBe(path.split('?')[0])
  })

  it("without anybody next, every address is the BFF's", async () => {
    await start()
    expect((await app.call('/other')).headers['x-door']).toBe('/other')
  })

  it('a router that cuts off the path it is mounted at changes nothing', async () => {
    const node = adapterOf(upstream)
    await serve((request, response) => {
      Object.assign(request, { originalUrl: request.url })
      request.url = '/session'
      node(request, response)
    })
    expect((await app.call('/bff/session')).headers['x-door']).toBe('/bff/session')
  })

  it('an answer streams, and is given up when the client goes', async () => {
    let cancelled = (): void => {}
    const gone = new Promise<void>((resolve) => (cancelled = resolve))
    let aborted = false
    await serve(
      adapterOf(upstream, {
        async fetch(request) {
          request.signal.addEventListener('abort', () => (aborted = true))
          return new Response(
            new ReadableStream({
              start: (controller) => controller.enqueue(Buffer.from('first')),
              cancel: cancelled,
            }),
          )
        },
      }),
    )
    const answer = await app.head('/bff/events')
    const first = await new Promise((resolve) => answer.once('data', resolve))
    expect(String(first)).toBe('first')
    answer.destroy()
    await gone
    expect(aborted).toBe(true)
  })

  it('an answer that breaks half way is cut, not ended', async () => {
    const fetch = async (): Promise<Response> => {
      let pieces = 0
      const pull = (controller: ReadableStreamDefaultController): void =>
        pieces++ === 0 ? controller.enqueue(Buffer.from('half')) : controller.error(new Error('lost'))
      return new Response(new ReadableStream({ pull }))
    }
    await serve(adapterOf(upstream, { fetch }))
    await expect(app.call('/bff/session')).rejects.toThrow(/aborted|hang up/)
  })

  it('a BFF that fails is told to the next error handler, or is a 500 that says nothing', async () => {
    const fetch = async (): Promise<Response> => {
      throw new Error('hunter-test')
    }
    const node = adapterOf(upstream, { fetch })
    await serve((request, response) =>
      request.headers['x-alone'] === undefined
        ? node(request, response, (error) => response.end(error?.message ?? 'next'))
        : node(request, response),
    )
    expect((await app.call('/bff/session')).body).toBe('hunter-test')
    const alone = await app.call('/bff/session', { headers: { 'X-Alone': '1' } })
    expect(alone.status).toBe(500)
    expect(alone.body).not.toContain('hunter')
  })
})

describe('heads that are none', () => {
  it.each([
    [
      'an absolute form',
      'GET http://evil.example/bff/session HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n',
    ],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n'],
    [
      'two hosts',
      'GET /bff/session HTTP/1.1\r\nHost: app.example.com\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    ],
    ['a host that is none', 'GET /bff/session HTTP/1.1\r\nHost: a b[\r\nConnection: close\r\n\r\n'],
  ])('%s: 400', async (_, text) => {
    await start()
    const answer = await app.raw(text)
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*"code":"invalid_request"/s)
    expect(answer).toMatch(/x-tandem: 1/i)
  })
})

describe('protect', () => {
  it('sets request.tandem, the request id and the cookies, and goes on', async () => {
    const server = express()
    server.use((_, response, next) => next(void response.setHeader('Set-Cookie', 'own=1')))
    // Typed without the types of Express knowing of it.
    server.get('/own', adapterOf(upstream).protect(), async ({ tandem }, response) => {
      response.send(`${tandem.session.user.sub} ${await tandem.accessToken()}`)
    })
    server.get('/kept', adapterOf(upstream).protect(), (_, response) => {
      response.setHeader('Cache-Control', 'private, max-age=60').send('kept')
    })
    await serve(server)
    const answer = await app.call('/own')
    expect(answer.body).toBe('alice test-token')
    expect(answer.headers).toMatchObject({ 'x-request-id': 'request-1', 'set-cookie': ['own=1', 'c=3'] })
    expect(answer.headers['cache-control']).toBe('no-store')
    expect((await app.call('/kept')).headers).toMatchObject({
      'cache-control': 'private, max-age=60, no-cache="Set-Cookie, Set-Cookie2"',
      ...{ vary: 'Cookie', 'set-cookie': ['own=1', 'c=3'] },
    })
  })

  it('answers whoever is not let in', async () => {
    const asked: unknown[] = []
    const node = adapterOf(upstream, {
      async admitRoute(_, criteria) {
        asked.push(criteria)
        return new Response('no', { status: 401 })
      },
    })
    let passed = false
    await serve((request, response) => node.protect({ acr: 'mfa' })(request, response, () => (passed = true)))
    expect(await app.call('/own')).toMatchObject({ status: 401, body: 'no' })
    expect([passed, asked]).toEqual([false, [{ acr: 'mfa' }]])
  })
})
