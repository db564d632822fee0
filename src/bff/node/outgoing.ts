/** A `Response` over node:http. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { REQUEST_ID_HEADER } from '../../protocol.js'

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

/** The request id an answer carries, for logs. */
export function requestIdOf(response: ServerResponse): string | undefined {
  const header = response.getHeader(REQUEST_ID_HEADER)
  return typeof header === 'string' ? header : requestIds.get(response)
}

/** Resolves when there is room again, or the client has gone. Listens to nothing then: a slow client is waited for often. */
async function drained(response: ServerResponse): Promise<void> {
  const heard = new AbortController()
  const either = (['drain', 'close'] as const).map((event) => once(response, event, { signal: heard.signal }))
  await Promise.race(either).finally(() => heard.abort())
}

/** Sends the answer, its body as fast as the client takes it. Headers somebody else has set before stay, but those it has too. */
export async function send(answer: Response, response: ServerResponse): Promise<void> {
  if (response.headersSent || response.destroyed) {
    await answer.body?.cancel()
    return
  }
  response.statusCode = answer.status
  for (const [name, value] of answer.headers)
    if (name === 'set-cookie') response.appendHeader(name, value)
    else response.setHeader(name, value)
  if (answer.body === null) {
    response.end()
    return
  }
  const reader = answer.body.getReader()
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
