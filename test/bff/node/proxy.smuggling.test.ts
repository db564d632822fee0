import { describe, expect, it } from 'vitest'
import { api, app, start, eachTest } from './proxy-bench.js'

eachTest()

describe('smuggling', () => {
  const head = (extra: string): string =>
    `POST /bff/api/orders/ HTTP/1.1\r\nHost: app.example.com\r\n${extra}\r\n\r\n`
  const inner = 'GET /bff/api/orders/smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  it.each([
    ['two lengths', head('Content-Length: 5\r\nContent-Length: 6') + inner],
    ['length and chunked', head('Content-Length: 5\r\nTransfer-Encoding: chunked') + `0\r\n\r\n${inner}`],
    ['chunked with a space', head('Transfer-Encoding : chunked') + `0\r\n\r\n${inner}`],
    ['an unknown encoding', head('Transfer-Encoding: xchunked') + inner],
    ['a folded header', head('X-A: 1\r\n folded\r\n: x') + inner],
    ['a header with NUL', head('X-A: a\0b') + inner],
    ['a bare line feed in the head', 'GET /bff/api/orders/ HTTP/1.1\nHost: x\n\n' + inner],
  ])('%s: refused and closed; nothing is smuggled', async (_, text) => {
    await start()
    expect(await app.raw(text)).toMatch(/^HTTP\/1\.1 400 [^]*$/)
    expect(api.received.filter(({ url }) => url.includes('smuggled'))).toHaveLength(0)
  })

  it('the rest of a body that a refusal leaves unread is no request: the connection is closed', async () => {
    await start({ maxBody: 10 })
    const answer = await app.raw(head('Content-Length: 1000') + inner)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toMatch(/\r\nConnection: close\r\n/i)
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(api.received).toEqual([])
  })

  it('hop-by-hop headers do not take ours away, and h2c is not spoken', async () => {
    await start()
    const answer = await app.raw(
      'GET /bff/api/orders/42 HTTP/1.1\r\nHost: app.example.com\r\n' +
        'Connection: close, authorization, x-request-id, x-forwarded-for, Upgrade, HTTP2-Settings\r\n' +
        'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nTE: trailers\r\nExpect: 100-continue\r\n\r\n',
    )
    expect(answer).toMatch(/HTTP\/1\.1 200/)
    expect(answer).not.toContain('101')
    expect(api.header('authorization')).toEqual(['Bearer test-token'])
    expect(api.header('x-request-id')).toEqual(['request-1'])
    expect(api.header('x-forwarded-for')).toEqual(['127.0.0.1'])
    for (const name of ['upgrade', 'http2-settings', 'te', 'expect']) expect(api.header(name)).toEqual([])
  })
})
