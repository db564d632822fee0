/** A sessions API over a real socket that answers as a test says. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** One request it got. */
export interface Call {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly body: string
}

export interface SessionsServer {
  readonly url: string
  readonly calls: Call[]
  /** How many token requests there were. */
  tokens(): number
  /** Answers everything but token requests. */
  answer: (call: Call, response: ServerResponse) => void
  /** Answers token requests. */
  token: (response: ServerResponse) => void
}

export const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void =>
  void response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify(body))

export async function startSessionsServer(): Promise<SessionsServer> {
  const calls: Call[] = []
  let issued = 0
  const server: SessionsServer = {
    url: '',
    calls,
    tokens: () => calls.filter(({ url }) => url === '/cis/oidc/token').length,
    answer: (_call, response) => json(response, 200, []),
    token: (response) => json(response, 200, { access_token: `token-${++issued}`, expires_in: 3600 }),
  }
  const http = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const call = { method, url, authorization: headers.authorization, body }
      calls.push(call)
      if (url === '/cis/oidc/token') server.token(response)
      else server.answer(call, response)
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return Object.assign(server, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` })
}
