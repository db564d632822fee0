/** The log of `tandem-bff`: JSON lines. A request is its method, its door, its trace and how it ended; no other header, no query. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sep } from 'node:path'
import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'
import type { DoorName } from '../door-names.js'
import type { NodeHandler } from '../node/adapter.js'
import { codeOf, fileOf, troubleOf } from '../node/notes.js'
import { requestIdOf } from '../node/outgoing.js'
import type { Hearing, Unreadable } from '../node/unreadable.js'
import { createSeldom } from '../seldom.js'
import { traceIdIn } from '../trace.js'

/** A log that writes to `destination`, by default the standard output. */
export function openLog(destination?: DestinationStream): Logger {
  const options = { name: 'tandem-bff', base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/**
 * The handler, each of its answers a line in the log. A path is told as far as it is a door's or an upstream's, or where it is a file that is there: what
 * else is in it users write. What went wrong with an upstream is in the line of its call, and the code of a problem in that of its request. Requests that
 * could not be read have none: they are told once a minute for each reason. `now` in ms.
 */
export function logged(
  node: NodeHandler & Hearing,
  log: Logger,
  nameOf: (address: string) => DoorName,
  now: () => number = Date.now,
): NodeHandler & Hearing {
  const seldom = createSeldom({ now }, TELL_EVERY)
  const unreadable: Unreadable = (status, code) => {
    node.unreadable?.(status, code)
    const due = seldom(`${status} ${code}`)
    if (due === null) return
    log.warn({ event: 'unreadable', status, code, ...due }, told(status))
  }
  const handler: NodeHandler = (given, answer, next) => {
    const [request, response] = [given as IncomingMessage, answer as ServerResponse]
    const started = performance.now()
    const trace = traceIdIn([request.headers['traceparent']].flat().join(','))
    const { path } = nameOf(request.url ?? '')
    response.once('close', () => {
      const [file, trouble, code] = [fileOf(response), troubleOf(response), codeOf(response)]
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
          ...(code !== undefined && { code }),
          ...trouble,
        },
        'request',
      )
    })
    node(given, answer, next)
  }
  return Object.assign(handler, { unreadable })
}

/** How often one reason for which requests cannot be read is told of, ms: whoever sends them may send many. */
const TELL_EVERY = 60_000

/** What is to be told of requests that were answered `status` and that nobody could read. */
function told(status: number): string {
  switch (status) {
    case 431:
      return 'A request was refused whose head is longer than 16 KiB: see whether cookies of this domain fill it, or a link is too long.'
    case 408:
      return 'A request was given up that came too slowly: timeouts.head and timeouts.request say how long is waited.'
    default:
      return 'A request was refused that could not be read: it is no HTTP/1.1, as it stands in RFC 9112.'
  }
}

/** The path of a file in the folder, on every system alike. */
const pathOf = (file: string): string => `/${file.replaceAll(sep, '/')}`
