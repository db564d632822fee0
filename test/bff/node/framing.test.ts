import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { wellFramed } from '../../../src/bff/node/framing.js'
import type { Hearing } from '../../../src/bff/node/unreadable.js'

it('chunks in HTTP/1.0, and no host in HTTP/1.1, end a connection, and what comes behind them is heard by nobody', async () => {
  const heard: string[] = []
  const told: string[] = []
  const server = createServer(
    { requireHostHeader: false },
    wellFramed(
      Object.assign<RequestListener, Hearing>(
        (request, response) => {
          heard.push(request.url ?? '')
          response.end()
        },
        { unreadable: (status, code) => void told.push(`${status} ${code}`) },
      ),
    ),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const answerTo = async (text: string): Promise<string> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    let received = ''
    socket.on('data', (data) => (received += String(data)))
    socket.write(text)
    await once(socket, 'close')
    return received
  }
  const next = 'GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  const chunked = (version: string): string =>
    `POST /${version} HTTP/${version}\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${next}`
  expect((await answerTo(chunked('1.0'))).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400'])
  expect(heard).toEqual([])
  expect((await answerTo(chunked('1.1'))).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200'])
  await answerTo('GET /old HTTP/1.0\r\n\r\n')
  expect(heard).toEqual(['/1.1', '/next', '/old'])
  expect((await answerTo(`GET /nowhere HTTP/1.1\r\n\r\n${next}`)).match(/HTTP\/1\.1 \d+/g)).toEqual([
    'HTTP/1.1 400',
  ])
  expect(heard).toHaveLength(3)
  expect(told).toEqual(['400 CHUNKS_IN_HTTP_1_0', '400 NO_HOST'])
})
