/** The adapter over real sockets, around a BFF that lets everything in. */
import { createServer, request as send } from 'node:http'
import type { IncomingMessage, RequestListener, RequestOptions, Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { nodeAdapter } from '../../../src/bff/node/adapter.js'
import type { NodeCore } from '../../../src/bff/node/core.js'
import { targetOf } from '../../../src/bff/request.js'
import type { ResolvedUpstream } from '../../../src/bff/upstream/call.js'
import type { Session } from '../../../src/session/session.js'

/** A session nobody looks into. */
export const session: Session = {
  ref: 'ref-1',
  user: { sub: 'alice' },
  app: { startedAt: 0, endsAt: 1e15 },
  idp: { status: 'active' },
  access: { expiresAt: 1e15, extendable: true, scope: [], audience: [], roles: [] },
  authentication: { time: 0, amr: [] },
}

/** A core whose doors echo and whose guard lets everybody in; `changes` take parts of it. */
export const openCore = (upstream: ResolvedUpstream, changes: Partial<NodeCore> = {}): NodeCore => ({
  origin: 'https://app.example.com',
  basePath: '/bff',
  async fetch(request, { clientAddress }) {
    const body = Buffer.from(await request.arrayBuffer()).toString()
    const headers = new Headers({ 'X-Door': new URL(request.url).pathname })
    headers.append('Set-Cookie', 'a=1')
    headers.append('Set-Cookie', 'b=2')
    return Response.json({ method: request.method, url: request.url, body, clientAddress }, { headers })
  },
  async admitCall(head, { clientAddress }) {
    const { path, query } = targetOf(head.url)
    const rest = /^\/bff\/api\/orders\/?(.*)$/.exec(path)?.[1] ?? ''
    const call = {
      path: rest + query,
      upstream,
      accessToken: 'test-token',
      requestId: 'request-1',
      clientAddress,
    }
    return { call, cookies: ['c=3'] }
  },
  upstreamFailed: () => null,
  async admitRoute() {
    const context = { session, accessToken: async () => 'test-token', fetch: globalThis.fetch }
    return { context, requestId: 'request-1', cookies: ['c=3'] }
  },
  ...changes,
})

/** A server for the test. */
export interface Running {
  readonly server: Server
  readonly port: number
  /** Sends a request and waits for the head of the answer. */
  head(path: string, options?: RequestOptions & { body?: string | Buffer }): Promise<IncomingMessage>
  /** The same, and its whole body. */
  call(path: string, options?: RequestOptions & { body?: string | Buffer }): Promise<Answer>
  /** Writes bytes to the socket; what comes back until it closes. */
  raw(text: string): Promise<string>
  close(): Promise<void>
}

/** A whole answer. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Starts a server around `listener`. */
export async function run(listener: RequestListener): Promise<Running> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const head: Running['head'] = (path, { body, ...options } = {}) =>
    new Promise((resolve, reject) => {
      const request = send({ host: '127.0.0.1', port, path, agent: false, ...options }, resolve)
      request.on('error', reject)
      request.end(body)
    })
  return {
    server,
    port,
    head,
    async call(path, options) {
      const answer = await head(path, options)
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk as Buffer)
      return {
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: Buffer.concat(chunks).toString(),
      }
    },
    raw: (text) =>
      new Promise((resolve, reject) => {
        let received = ''
        const socket = connect(port, '127.0.0.1', () => socket.write(text))
        socket.on('data', (chunk) => (received += chunk.toString('latin1')))
        socket.on('close', () => resolve(received))
        socket.on('error', reject)
      }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The adapter of an open core. */
export const adapterOf = (upstream: ResolvedUpstream, changes?: Partial<NodeCore>) =>
  nodeAdapter(openCore(upstream, changes))
