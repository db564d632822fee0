import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { listen } from '../../../src/bff/node/listen.js'
import type { Listening } from '../../../src/bff/node/listen.js'
import { answerTo as answersOf } from './answer-to.js'

let server: Listening
afterEach(() => server.close(0))

const answerTo = (...pieces: string[]): Promise<string> => answersOf(server.url, ...pieces)

const start = async (): Promise<void> => {
  server = await listen(
    (request, response) => {
      response.write('begun')
      request.on('error', () => {}).resume()
    },
    { host: '127.0.0.1', port: 0, option: 'port', timeouts: { head: 0.3 } },
  )
}
const head = (...lines: string[]): string =>
  `GET /a/b HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
const crowd = (size: number): string =>
  Array.from({ length: 30 }, (_, i) => `c${i}=${'x'.repeat(size)}`).join('; ')

describe('what cannot be read', () => {
  it.each([
    ['no HTTP', 'nonsense\r\n\r\n', '400'],
    ['a slow head', 'GET / HTTP/1.1\r\n', '408'],
    ['a long head', head('Host: a', `X-A: ${'x'.repeat(17_000)}`), '431'],
  ])('%s is answered with %s', async (_, text, status) => {
    await start()
    const answer = await answerTo(text)
    expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true)
    expect(answer).toContain('Connection: close\r\n')
    expect(answer).not.toContain('Set-Cookie')
  })

  it('breaks an answer off that has begun', async () => {
    await start()
    const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    let received = ''
    socket.on('data', (data) => (received += String(data)))
    socket.on('error', () => {})
    socket.write(chunked)
    await expect.poll(() => received).toContain('begun')
    socket.write('zz\r\n')
    await once(socket, 'close')
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })
})

describe('a head that is too long for its cookies', () => {
  it('has the largest that others set taken away, for every domain and path they can have', async () => {
    await start()
    const answer = await answerTo(
      head('Host: a.example.test:1', `Cookie: __Host-a=1; ${crowd(600)}; big=${'x'.repeat(900)}`),
    )
    const cleared = answer.match(/Set-Cookie: .*(?=\r)/g) ?? []
    expect(cleared[0]).toBe('Set-Cookie: big=; Max-Age=0; Path=/; Domain=a.example.test')
    expect(cleared).toContain('Set-Cookie: c0=; Max-Age=0; Path=/a; Domain=example.test')
    expect(cleared.every((line) => line.includes('; Domain='))).toBe(true)
    expect(cleared.join('\r\n').length).toBeLessThanOrEqual(12 * 1024)
    expect(answer).not.toContain('__Host-')
  })

  it.each([
    ['no host', []],
    ['a host that is an address', ['Host: 127.0.0.1']],
    ['a host that is none', ['Host: a.test; Domain=b.test']],
    ['a name that is none', ['Host: a.example.test']],
  ])('has nothing taken away for %s', async (what, lines) => {
    await start()
    const cookies = what === 'a name that is none' ? crowd(600).replaceAll('=', ',=') : crowd(600)
    expect(await answerTo(head(...lines, `Cookie: ${cookies}`))).not.toContain('Set-Cookie')
  })
})
