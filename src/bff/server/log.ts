/** The log of `tandem-bff`: JSON lines. A request is its method, its door, its trace and how it ended; no other header, no query. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sep } from 'node:path'
import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'
import type { DoorName } from '../door-names.js'
import type { NodeHandler } from '../node/adapter.js'
import { fileOf, troubleOf } from '../node/notes.js'
import { requestIdOf } from '../node/outgoing.js'
import { traceIdIn } from '../trace.js'

/** A log that writes to `destination`, by default the standard output. */
export function openLog(destination?: DestinationStream): Logger {
  const options = { name: 'tandem-bff', base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/**
 * The handler, each of its answers a line in the log. A path is told as far as it is a door's or an upstream's, or where it is a file that is there: what
 * else is in it users write. What went wrong with an upstream is in the line of its call.
 */
export function logged(node: NodeHandler, log: Logger, nameOf: (address: string) => DoorName): NodeHandler {
  return (given, answer, next) => {
    const [request, response] = [given as IncomingMessage, answer as ServerResponse]
    const started = performance.now()
    const trace = traceIdIn([request.headers['traceparent']].flat().join(','))
    const { path } = nameOf(request.url ?? '')
    response.once('close', () => {
      const [file, trouble] = [fileOf(response), troubleOf(response)]
      log[trouble === undefined ? 'info' : 'warn'](
        {
          request: requestIdOf(response),
          ...(trace !== null && { trace }),
          method: request.method,
          path: path ?? (file === undefined ? undefined : pathOf(file)),
          // Until its head is sent, an answer has the one it would have had.
          ...(response.headersSent && { status: response.statusCode }),
          ms: Math.round(performance.now() - started),
          ...(!response.writableFinished && { aborted: true }),
          ...trouble,
        },
        'request',
      )
    })
    node(given, answer, next)
  }
}

/** The path of a file in the folder, on every system alike. */
const pathOf = (file: string): string => `/${file.replaceAll(sep, '/')}`
