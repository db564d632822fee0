/** An API that answers with whatever bytes it is told to, HTTP or not. */
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** The running API. */
export interface RawUpstream {
  readonly url: string
  /** The heads of all requests, as they came. */
  readonly heads: string[]
  /** Everything that came, on all connections. */
  text(): string
  /** How many connections were opened. */
  connections(): number
  /** How many of them are open. */
  open(): number
  /** Writes to every connection, asked or not. */
  pushAll(bytes: string): void
  /** Answers the request with this head. */
  answer: (socket: Socket, head: string) => void
}

/** Starts the API for one test. */
export async function rawUpstream(answer: RawUpstream['answer']): Promise<RawUpstream> {
  const sockets = new Set<Socket>()
  let all = ''
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    let head = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      all += text
      head += text
      for (let end = head.indexOf('\r\n\r\n'); end !== -1; end = head.indexOf('\r\n\r\n')) {
        // What comes before is the body of the one before.
        const one = /[A-Z]+ \/\S* HTTP\/1\.1\r\n[^]*$/.exec(head.slice(0, end))?.[0]
        head = head.slice(end + 4)
        if (one === undefined) continue
        upstream.heads.push(one)
        upstream.answer(socket, one)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const upstream: RawUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`,
    heads: [],
    text: () => all,
    connections: () => sockets.size,
    open: () => [...sockets].filter((socket) => !socket.destroyed).length,
    pushAll(bytes) {
      for (const socket of sockets) socket.write(bytes)
    },
    answer,
  }
  return upstream
}
