/** A `Response` over node:http. */
import { once } from 'node:events'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { AnswerHeaders } from '../caching.js'
import { REQUEST_ID_HEADER } from '../../protocol.js'
import { problemCodeOf } from '../problems.js'
import { noteCode } from './notes.js'

// Heads written at once cannot be read back from the response.
const requestIds = new WeakMap<ServerResponse, string>()

/** Writes the head at once: names and values in turn. */
export function writeHead(
  response: ServerResponse,
  status: number,
  headers: string[],
  requestId: string,
): void {
  requestIds.set(response, requestId)
  response.writeHead(status, headers)
}

/** Whether the answer is an upstream's: those heads alone are written at once. */
export const isUpstreams = (response: ServerResponse): boolean => requestIds.has(response)

/** The request id an answer carries, for logs. */
export function requestIdOf(response: ServerResponse): string | undefined {
  const header = response.getHeader(REQUEST_ID_HEADER)
  return typeof header === 'string' ? header : requestIds.get(response)
}

/** Calls back just before the head is written, with the headers as they are then, whoever set them and however. */
export function beforeHead(response: ServerResponse, settle: (headers: AnswerHeaders) => void): void {
  const { writeHead } = response
  const settled = (status: number, ...rest: unknown[]): ServerResponse => {
    response.writeHead = writeHead
    const [reason, headers] =
      typeof rest[0] === 'string' ? [rest[0], rest[1]] : [undefined, rest[0] ?? rest[1]]
    put(response, headers)
    settle({
      get(name) {
        const value = response.getHeader(name)
        return value === undefined ? null : Array.isArray(value) ? value.join(', ') : String(value)
      },
      set: (name, value) => void response.setHeader(name, value),
    })
    return reason === undefined ? response.writeHead(status) : response.writeHead(status, reason)
  }
  response.writeHead = settled
}

/** Sets headers in the shapes `writeHead` takes them: names and values in turn, in pairs, or an object. */
function put(response: ServerResponse, given: unknown): void {
  if (typeof given !== 'object' || given === null) return
  if (!Array.isArray(given)) {
    for (const [name, value] of Object.entries(given as OutgoingHttpHeaders))
      if (value !== undefined) response.setHeader(name, value)
    return
  }
  const flat: unknown[] = Array.isArray(given[0]) ? given.flat(1) : given
  for (let i = 0; i + 1 < flat.length; i += 2) response.removeHeader(String(flat[i]))
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const value = flat[i + 1]
    response.appendHeader(String(flat[i]), Array.isArray(value) ? value.map(String) : String(value))
  }
}

/** Resolves when there is room again, or the client has gone. Listens to nothing then: a slow client is waited for often. */
async function drained(response: ServerResponse): Promise<void> {
  const heard = new AbortController()
  const either = (['drain', 'close'] as const).map((event) => once(response, event, { signal: heard.signal }))
  await Promise.race(either).finally(() => heard.abort())
}

/** Sends the answer, its body as fast as the client takes it. Headers somebody else has set before stay, but those it has too. */
export function send(answer: Response, response: ServerResponse): Promise<void> {
  const { body } = answer
  if (response.headersSent || response.destroyed) return body?.cancel() ?? Promise.resolve()
  response.statusCode = answer.status
  const code = answer.status < 400 ? undefined : problemCodeOf(answer)
  if (code !== undefined) noteCode(response, code)
  for (const [name, value] of answer.headers)
    if (name === 'set-cookie') response.appendHeader(name, value)
    else response.setHeader(name, value)
  if (body !== null) return pour(body.getReader(), response)
  response.end()
  return Promise.resolve()
}

/** Apart, so that what an answer was made of is not kept while its body goes on: an event stream's lasts for hours. */
async function pour(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  response: ServerResponse,
): Promise<void> {
  const gone = (): void => void reader.cancel().catch(() => {})
  response.once('close', gone)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || response.destroyed || response.writableEnded) break
      if (!response.write(value)) await drained(response)
    }
    response.end()
  } catch {
    // A body that broke must not look complete.
    response.destroy()
  } finally {
    response.off('close', gone)
  }
}
