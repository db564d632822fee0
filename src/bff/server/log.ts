/** The log of `tandem-bff`: JSON lines. A request is its method, its path, its trace and how it ended; no other header, no query. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'
import type { NodeHandler } from '../node/adapter.js'
import { requestIdOf } from '../node/outgoing.js'
import { traceIdIn } from '../trace.js'

/** A log that writes to `destination`, by default the standard output. */
export function openLog(destination?: DestinationStream): Logger {
  const options = { name: 'tandem-bff', base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/** The handler, each of its answers a line in the log. */
export function logged(node: NodeHandler, log: Logger): NodeHandler {
  return (given, answer, next) => {
    const [request, response] = [given as IncomingMessage, answer as ServerResponse]
    const started = performance.now()
    const trace = traceIdIn([request.headers['traceparent']].flat().join(','))
    const path = (request.url ?? '').split('?', 1)[0]
    response.once('close', () =>
      log.info(
        {
          request: requestIdOf(response),
          ...(trace !== null && { trace }),
          method: request.method,
          path,
          status: response.statusCode,
          ms: Math.round(performance.now() - started),
          ...(!response.writableFinished && { aborted: true }),
        },
        'request',
      ),
    )
    node(given, answer, next)
  }
}
