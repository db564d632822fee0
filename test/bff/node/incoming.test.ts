import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { bodyOf } from '../../../src/bff/node/body.js'
import { headFault, headOf, peerOf, targetOf, toRequest } from '../../../src/bff/node/incoming.js'
import { run } from './harness.js'
import type { Running } from './harness.js'

let app: Running
afterEach(() => app.close())

/** What `look` makes of a request as node:http gives it. */
async function seen<T>(text: string, look: (request: IncomingMessage) => T): Promise<T | undefined> {
  let found: T | undefined
  app = await run((request, response) => {
    found = look(request)
    response.end()
  })
  await app.raw(`${text}Connection: close\r\n\r\n`)
  return found
}

describe('a request of node:http', () => {
  it('has a head that is not normalised, and values as HTTP joins them', async () => {
    const text =
      'GET /bff/api/a/../%2e?x=%20 HTTP/1.1\r\nHost: app.example.com\r\nCookie: a=1\r\nCookie: b=2\r\nX-A: 1\r\nx-a: 2\r\n'
    const head = await seen(text, headOf)
    expect([head?.method, head?.url]).toEqual(['GET', 'http://app.example.com/bff/api/a/../%2e?x=%20'])
    expect(['Cookie', 'x-a', 'missing', '__proto__'].map((name) => head?.headers.get(name))).toEqual([
      'a=1; b=2',
      '1, 2',
      null,
      null,
    ])
  })

  it('comes from the address the socket tells, whatever headers say', async () => {
    const text = 'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n'
    expect(await seen(text, peerOf)).toEqual({ clientAddress: '127.0.0.1' })
  })

  it('is what the client asked for, where a router has cut its path', async () => {
    const cut = (request: IncomingMessage): string =>
      targetOf(Object.assign(request, { originalUrl: request.url, url: '/x' }))
    expect(await seen('GET /mounted/x?y HTTP/1.1\r\nHost: a\r\n', cut)).toBe('/mounted/x?y')
  })

  it.each([
    ['GET / HTTP/1.1\r\nHost: a:80\r\n', null],
    ['GET //evil/ HTTP/1.1\r\nHost: a\r\n', null],
    ['GET http://a/ HTTP/1.1\r\nHost: a\r\n', 'not a path'],
    ['OPTIONS * HTTP/1.1\r\nHost: a\r\n', 'not a path'],
    ['GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n', 'one Host header'],
    ['GET / HTTP/1.0\r\n', 'one Host header'],
    ['GET / HTTP/1.1\r\nHost: \r\n', 'malformed'],
    ['GET / HTTP/1.1\r\nHost: a:b\r\n', 'malformed'],
  ])('%j: %s', async (text, fault) => {
    expect(await seen(text, headFault)).toEqual(fault === null ? null : expect.stringContaining(fault))
  })

  it('becomes a Request whose address stays on the host it names', async () => {
    app = await run((request, response) => {
      const { url, method } = toRequest(request, response, { source: null, headers: request.rawHeaders })
      response.end(`${method} ${url}`)
    })
    expect(
      await app.raw('GET //evil.example/x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n'),
    ).toContain('GET http://a.example//evil.example/x')
  })

  it('whose body is given up does not hold up the next one on its connection', async () => {
    app = await run(async (request, response) => {
      const { url } = request
      const { body } = toRequest(request, response, bodyOf(request) ?? { source: null, headers: [] })
      const reader = body?.getReader()
      await reader?.read()
      await reader?.cancel()
      response.end(`answer to ${url}`)
    })
    const large = `POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000_000)}`
    const answers = await app.raw(`${large}GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    expect(answers.match(/answer to \S+?(?=HTTP|$)/g)).toEqual(['answer to /first', 'answer to /second'])
  })
})
