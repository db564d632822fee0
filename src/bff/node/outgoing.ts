/** A `Response` over node:http. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

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
      if (done || response.destroyed) break
      if (!response.write(value)) await Promise.race([once(response, 'drain'), once(response, 'close')])
    }
    response.end()
  } catch {
    // A body that broke must not look complete.
    response.destroy()
  } finally {
    response.off('close', gone)
  }
}
