/** The API's client before a server that answers as a test says. */
import { createIdpSessionsApi } from '../../../src/bff/idp-sessions/api.js'
import type { IdpSessionsApi } from '../../../src/bff/idp-sessions/api.js'
import type { SessionsApiOptions } from '../../../src/bff/idp-sessions/options.js'
import { validateOptions } from '../../../src/bff/validate.js'
import { startSessionsServer } from './sessions-server.js'
import type { SessionsServer } from './sessions-server.js'

export const record = {
  user_id: 'alice',
  session_id: 's1',
  client_id: 'web',
  start_time: '2026-01-01T00:00:00.000Z',
  expiration_time: '2026-01-15T00:00:00.000Z',
}
export const session = {
  id: 's1',
  sub: 'alice',
  clientId: 'web',
  startedAt: Date.parse(record.start_time),
  expiresAt: Date.parse(record.expiration_time),
}

export interface World {
  readonly server: SessionsServer
  readonly api: IdpSessionsApi
  pass(ms: number): void
}

export async function world(changes: SessionsApiOptions = {}, timeout = 10): Promise<World> {
  const server = await startSessionsServer()
  const sessionsApi = { url: server.url, clientId: 'admin', clientSecret: 'test-secret', ...changes }
  const options = validateOptions({
    origin: 'https://app.example.com',
    idp: { issuer: server.url, clientId: 'web', clientSecret: 'test-secret', timeout, sessionsApi },
    secrets: ['test-secret-for-the-bff-0123456789abcdef'],
  })
  let offset = 0
  const api = createIdpSessionsApi(options, { fetch, now: () => Date.now() + offset })
  return { server, api, pass: (ms) => void (offset += ms) }
}
