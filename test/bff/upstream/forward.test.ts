import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { callsOver, transports } from './calls.js'
import { startUpstream } from './upstream-server.js'

describe.each(transports)('over %s', (name, forwarded) => {
  const on = callsOver(forwarded)
  const { call } = on
  const problem = async (answer: Response): Promise<unknown> => {
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('x-tandem')).toBe('1')
    expect(answer.headers.get('x-request-id')).toBe('request-1')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    return answer.json()
  }

  it('a call arrives with the token and without the cookie', async () => {
    const headers = { Cookie: '__Host-Http-session=x', Authorization: 'Bearer theirs', 'X-CSRF-Token': 'y' }
    const answer = await call('42?x=1', { headers })
    expect(await answer.json()).toEqual({ method: 'GET', url: '/v1/42?x=1', body: '' })
    expect(on.api.header('authorization')).toEqual(['Bearer test-access-token'])
    for (const header of ['cookie', 'x-csrf-token']) expect(on.api.header(header)).toEqual([])
    expect(on.api.header('x-forwarded-for')).toEqual(['203.0.113.7'])
    expect(on.api.header('x-forwarded-host')).toEqual(['app.example.com'])
    expect(on.api.header('x-forwarded-proto')).toEqual(['https'])
    expect(on.api.header('x-request-id')).toEqual(['request-1'])
    expect(on.api.header('host')).toEqual([on.api.url.host])
  })

  it("the answer is the upstream's, but for the request id", async () => {
    on.api.answer = (_, response) => {
      response.writeHead(409, {
        'X-Request-Id': 'theirs',
        'X-Tandem': '1',
        'Set-Cookie': 'a=1',
        'X-Total': '3',
      })
      response.end('conflict')
    }
    const answer = await call('42')
    expect(answer.status).toBe(409)
    expect(await answer.text()).toBe('conflict')
    expect(answer.headers.get('x-total')).toBe('3')
    expect(answer.headers.get('x-request-id')).toBe('request-1')
    expect(answer.headers.get('x-tandem')).toBeNull()
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s brings its body', async (method) => {
    const answer = await call('', {
      method,
      body: '{"a":1}',
      headers: { 'Content-Type': 'application/json' },
    })
    expect(await answer.json()).toEqual({ method, url: '/v1/', body: '{"a":1}' })
    expect(on.api.header('content-type')).toEqual(['application/json'])
  })

  it.each([204, 304])('%d has no body', async (status) => {
    on.api.answer = (_, response) => response.writeHead(status, { ETag: '"1"' }).end()
    const answer = await call('42')
    expect([answer.status, answer.body, answer.headers.get('etag')]).toEqual([status, null, '"1"'])
  })

  it('HEAD has the length of what GET would bring', async () => {
    on.api.answer = (_, response) => response.writeHead(200, { 'Content-Length': '1000' }).end()
    const answer = await call('42', { method: 'HEAD' })
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '1000'])
    expect(await answer.text()).toBe('')
  })

  it('a redirect is not followed, and leads only where the BFF leads', async () => {
    on.api.answer = (_, response) =>
      response.writeHead(302, { Location: 'http://169.254.169.254/latest' }).end()
    const answer = await call('42')
    expect([answer.status, answer.headers.get('location')]).toEqual([302, null])
    on.api.answer = (_, response) => response.writeHead(307, { Location: '/v1/43?y=2' }).end()
    expect((await call('42')).headers.get('location')).toBe('/bff/api/orders/43?y=2')
    expect(on.api.received).toHaveLength(2)
  })

  it('no answer in time: 504', async () => {
    on.api.answer = () => {}
    on.upstream = { ...on.upstream, timeout: 0.2 }
    const answer = await call('slow')
    expect(answer.status).toBe(504)
    expect(await problem(answer)).toMatchObject({ code: 'upstream_timeout', status: 504 })
    await vi.waitFor(() => expect(on.api.received[0]?.abandoned()).toBe(true))
  })

  it("nobody there: 502, and not a word of the upstream's address", async () => {
    const port = on.api.url.port
    await on.api.close()
    const answer = await call('42')
    expect(answer.status).toBe(502)
    const text = JSON.stringify(await problem(answer))
    expect(text).toContain('upstream_failed')
    expect(text).not.toMatch(new RegExp(`ECONNREFUSED|127\\.0\\.0\\.1|${port}`))
    on.api = await startUpstream()
  })

  it('an answer that is none: 502', async () => {
    const bad = createServer((socket) => socket.on('data', () => socket.end('SSH-2.0-OpenSSH_9.0\r\n\r\n')))
    await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', resolve))
    const { port } = bad.address() as AddressInfo
    const other = { ...on.upstream, url: new URL(`http://127.0.0.1:${port}/`) }
    expect((await call('42', { method: 'POST' }, { upstream: other })).status).toBe(502)
    await new Promise((resolve) => bad.close(resolve))
    on.api.answer = (_, response) => response.writeHead(407, { 'Proxy-Authenticate': 'Basic' }).end()
    expect((await call('42')).status).toBe(502)
  })

  it('methods that are not listed: 405 with those that are', async () => {
    on.upstream = { ...on.upstream, methods: ['GET', 'HEAD'] }
    const answer = await call('42', { method: 'DELETE' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect(await problem(answer)).toMatchObject({ code: 'invalid_request', status: 405 })
    expect(on.api.received).toHaveLength(0)
    expect((await call('42')).status).toBe(200)
  })

  it('paths that are refused, and service workers: 400, and no request', async () => {
    for (const path of ['a%2fb', '%252e%252e/x', 'a//b', '@evil/']) {
      const answer = await call(path)
      expect(answer.status).toBe(400)
      expect(await problem(answer)).toMatchObject({ code: 'invalid_request' })
    }
    expect((await call('sw.js', { headers: { 'Service-Worker': 'script' } })).status).toBe(400)
    expect(on.api.received).toHaveLength(0)
  })

  it('a body over the limit: 413, told beforehand or found on the way', async () => {
    on.upstream = { ...on.upstream, maxBody: 1000 }
    const body = 'x'.repeat(1001)
    const told = await call('', { method: 'POST', body, headers: { 'Content-Length': '1001' } })
    expect(told.status).toBe(413)
    expect(await problem(told)).toMatchObject({ code: 'payload_too_large' })
    expect(on.api.received).toHaveLength(0)
    const stream = new Blob([body.slice(0, 900), body]).stream()
    const found = await call('', { method: 'POST', body: stream, duplex: 'half' })
    expect([found.status, found.headers.get('x-tandem')]).toEqual([413, '1'])
    expect((await call('', { method: 'POST', body: body.slice(1) })).status).toBe(200)
  })

  it('nothing is decompressed on the way', async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000))
    on.api.answer = (request, response) => {
      const encoded = request.headers['accept-encoding']?.includes('gzip') === true
      response.writeHead(200, {
        'Content-Type': 'text/plain',
        ...(encoded && { 'Content-Encoding': 'gzip' }),
      })
      response.end(encoded ? bomb : 'plain')
    }
    const answer = await call('42', { headers: { 'Accept-Encoding': 'gzip' } })
    const body = Buffer.from(await answer.arrayBuffer())
    // `fetch` would decompress it: it asks for what is not compressed.
    const [encoding, content] = name === 'undici' ? ['gzip', bomb] : [null, Buffer.from('plain')]
    expect(answer.headers.get('content-encoding')).toBe(encoding)
    expect(body.equals(content)).toBe(true)
  })
})
