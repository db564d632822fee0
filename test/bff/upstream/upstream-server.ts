/** A real API for tests of the proxy: remembers what it received, answers what it is told to. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as it arrived. */
export interface Received {
  readonly method: string
  readonly url: string
  /** Names (lower case) and values, repeated ones kept. */
  readonly headers: readonly (readonly [string, string])[]
  /** Resolves when the body was read to its end. */
  readonly body: Promise<Buffer>
  /** Whether the connection was closed before the answer was complete. */
  readonly abandoned: () => boolean
}

/** The running API. */
export interface UpstreamServer {
  readonly url: URL
  readonly server: Server
  readonly received: Received[]
  /** Answers the requests from here on; by default with what was received, as JSON. */
  answer: (request: IncomingMessage, response: ServerResponse, received: Received) => void
  /** Values of a header of the newest request. */
  header(name: string): string[]
  close(): Promise<void>
}

const echo: UpstreamServer['answer'] = (_request, response, received) => {
  const answer = (body: Buffer): void => {
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ method: received.method, url: received.url, body: body.toString() }))
  }
  received.body.then(answer, () => response.destroy())
}

/** Starts the API on a free port. */
export async function startUpstream(path = '/v1/'): Promise<UpstreamServer> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const { rawHeaders: raw } = request
    let abandoned = false
    response.on('close', () => (abandoned = !response.writableFinished))
    const one: Received = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: raw.flatMap((name, i) =>
        i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1] ?? ''] as const] : [],
      ),
      body: collect(request),
      abandoned: () => abandoned,
    }
    received.push(one)
    upstream.answer(request, response, one)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const upstream: UpstreamServer = {
    url: new URL(`http://127.0.0.1:${port}${path}`),
    server,
    received,
    answer: echo,
    header: (name) =>
      (received.at(-1)?.headers ?? []).filter(([key]) => key === name).map(([, value]) => value),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return upstream
}

function collect(request: IncomingMessage): Promise<Buffer> {
  const body = new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', reject)
  })
  body.catch(() => {})
  return body
}
