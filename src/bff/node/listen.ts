/** A server of node:http that listens, with limits, and closes without cutting off whoever it is answering. */
import { createServer } from 'node:http'
import type { RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigurationError } from '../../errors.js'
import { close } from './closing.js'
import { answerFaults } from './faults.js'
import { wellFramed } from './framing.js'
import { dropSlowReaders } from './slow-readers.js'
import { dropStalled, serverTimeouts } from './timeouts.js'
import type { Timeouts } from './options.js'

/** A server that listens. */
export interface Listening {
  /** Where it listens, e.g. `http://127.0.0.1:3000`. */
  readonly url: string
  /**
   * Stops listening, ends event streams, waits for the answers on the wire, at most `grace` ms (default 10 000), and closes the connections;
   * those without a request after `linger` ms (default 0), in which they may still bring one: for a server behind a proxy that keeps connections.
   */
  close(grace?: number, linger?: number): Promise<void>
}

const MAX_HEAD = 16 * 1024
const GRACE = 10_000

/** Listens at `host` and `port` (0: one that is free). `option` names the port in errors, and the host beside it. */
export function listen(
  listener: RequestListener,
  {
    host,
    port,
    option,
    timeouts = {},
    cut = () => {},
  }: {
    readonly host: string
    readonly port: number
    readonly option: string
    readonly timeouts?: Timeouts
    /** Told how many calls were cut off where closing did not wait any longer. */
    readonly cut?: (calls: number) => void
  },
): Promise<Listening> {
  const server = createServer(
    // A request for no host is refused in `wellFramed`, and told of.
    {
      ...serverTimeouts(timeouts),
      maxHeaderSize: MAX_HEAD,
      insecureHTTPParser: false,
      requireHostHeader: false,
    },
    wellFramed(listener),
  )
  // All that fit into a head: one that is dropped would be read by whoever stands in front, and not here.
  server.maxHeadersCount = 0
  const answering = new Set<ServerResponse>()
  server.on('request', (_, response) => {
    answering.add(response)
    response.once('close', () => answering.delete(response))
  })
  answerFaults(server, answering)
  dropStalled(server, answering, timeouts.stalled)
  dropSlowReaders(server, answering, timeouts.slow)
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new ConfigurationError(
          isOfHost(error) ? option.replace(/port$/, 'host') : option,
          `cannot listen on ${host}:${port}: ${reasonOf(error)}`,
          { cause: error },
        ),
      ),
    )
    server.listen(port, host, () =>
      resolve({
        url: urlOf(server, host),
        close: (grace = GRACE, linger = 0) => close(server, answering, { grace, linger, cut }),
      }),
    )
  })
}

const isOfHost = ({ code = '' }: NodeJS.ErrnoException): boolean =>
  code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'another process listens there. Choose another port, or end that process.'
    case 'EACCES':
      return 'this user may not. Choose a port above 1023.'
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address. Choose one it has, e.g. 127.0.0.1.'
    default:
      return error.message
  }
}

function urlOf(server: Server, host: string): string {
  const { port, family } = server.address() as AddressInfo
  const any = host === '0.0.0.0' || host === '::'
  const name = any ? 'localhost' : family === 'IPv6' && host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
