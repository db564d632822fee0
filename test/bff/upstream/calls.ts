/** Calls to a real API over either transport, for tests of the proxy. */
import { afterEach, beforeEach } from 'vitest'
import type { ResolvedUpstream, UpstreamCall } from '../../../src/bff/upstream/call.js'
import { disconnect, forward, forwardOver } from '../../../src/bff/upstream/forward.js'
import { fetchUpstream } from '../../../src/bff/upstream/transport-fetch.js'
import { startUpstream } from './upstream-server.js'
import type { UpstreamServer } from './upstream-server.js'

type Forward = (call: UpstreamCall) => Promise<Response>

/** Name of the transport and the proxy over it. */
export const transports: readonly (readonly [name: string, forward: Forward])[] = [
  ['undici', forward],
  ['fetch', (call) => forwardOver(fetchUpstream, call)],
]

/** What calls go to. New for each test, which may change it. */
export interface Calls {
  api: UpstreamServer
  upstream: ResolvedUpstream
  /** Calls `path` of the API, as admitted. */
  call(
    path: string,
    init?: RequestInit & { duplex?: 'half' },
    changes?: Partial<UpstreamCall>,
  ): Promise<Response>
}

/** Starts an API for each test, to be called by `forwarded`. */
export function callsOver(forwarded: Forward): Calls {
  const calls: Calls = {
    // Set before each test.
    api: undefined as never,
    upstream: undefined as never,
    call: (path, init = {}, changes = {}) =>
      forwarded({
        request: new Request(`https://app.example.com/bff/api/orders/${path}`, init),
        path,
        upstream: calls.upstream,
        accessToken: 'test-access-token',
        requestId: 'request-1',
        clientAddress: '203.0.113.7',
        ...changes,
      }),
  }
  beforeEach(async () => {
    calls.api = await startUpstream()
    calls.upstream = {
      name: 'orders',
      url: calls.api.url,
      token: 'user',
      timeout: 5,
      methods: null,
      require: {},
    }
  })
  afterEach(async () => {
    await disconnect([calls.upstream])
    await calls.api.close()
  })
  return calls
}
