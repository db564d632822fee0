/** How long a server waits for clients that are slow, and how it lets go of those that read nothing any more. */
import type { Server, ServerResponse } from 'node:http'
import { ConfigurationError } from '../../errors.js'
import type { Timeouts } from './options.js'

/** The options of node:http for these limits. Throws a `ConfigurationError` for one that is no time. */
export function serverTimeouts({ head = 15, request = 300, idle = 65, stalled = 60, slow = 120 }: Timeouts): {
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  readonly connectionsCheckingInterval: number
} {
  for (const [name, seconds] of Object.entries({ head, request, idle, stalled, slow }))
    if (!(seconds > 0 && seconds <= 86_400))
      throw new ConfigurationError(
        `timeouts.${name}`,
        'is not a time. Write seconds, above 0 and at most 86400.',
      )
  return {
    headersTimeout: head * 1000,
    requestTimeout: Math.max(request, head) * 1000,
    keepAliveTimeout: idle * 1000,
    // How late the first two may be noticed.
    connectionsCheckingInterval: Math.min(5000, Math.ceil((Math.min(head, request) * 1000) / 3)),
  }
}

/**
 * Lets go of clients that have taken nothing for `stalled` seconds of what waits for them: else everything behind an answer, up to the upstream's
 * connection, would wait for ever. Where nothing waits, it is the answer that is slow, and has limits of its own.
 */
export function dropStalled(server: Server, answering: Iterable<ServerResponse>, stalled = 60): void {
  server.setTimeout(stalled * 1000, (socket) => {
    const isBusy = [...answering].some((response) => response.socket === socket)
    if (!isBusy || socket.writableLength > 0) socket.destroy()
  })
}
