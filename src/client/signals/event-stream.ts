/**
 * One connection to an event stream (`text/event-stream`, HTML Living Standard §9.2), by `fetch`: that shows what `EventSource`
 * hides, the status, problems and signs of life.
 */
import type { Platform } from '../../browser/platform.js'
import { isOwn, refusal } from '../bff-http.js'

/** What is heard on a connection. */
export interface StreamListener {
  /** Something came, an event or not: the connection lives. */
  alive(): void
  /** An event. One whose data is no JSON is passed over. */
  event(name: string, data: unknown): void
  /** How long to wait before connecting again, ms. */
  retry(ms: number): void
}

/**
 * Connects to the BFF's event stream at `path`. Resolves when that ends. Rejects with a `BffError` for a problem of the BFF's own that
 * is an answer, with a `NetworkError` where something else answers, and as `fetch` does where nothing comes or it breaks off.
 * Nothing is heard any more once `signal` is aborted.
 */
export async function listen(
  { fetch, clock }: Pick<Platform, 'fetch' | 'clock'>,
  path: string,
  listener: StreamListener,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(path, {
    headers: { Accept: 'text/event-stream' },
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'error',
    signal,
  })
  if (!response.ok || !response.body || !isOwn(response)) {
    throw await refusal(response, `GET ${path}`, clock.now())
  }
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  const read = createReading(listener, signal)
  for (;;) {
    const { done, value } = await reader.read()
    if (done || signal.aborted) return
    listener.alive()
    read(decoder.decode(value, { stream: true }))
  }
}

/** Reads a stream piece by piece, wherever it is cut. */
function createReading({ event, retry }: StreamListener, signal: AbortSignal): (text: string) => void {
  let rest = ''
  let wasReturn = false
  let name = ''
  let data: string[] = []

  const take = (line: string): void => {
    if (line === '') {
      // An event without data is none.
      const json = data.length > 0 ? parsed(data.join('\n')) : undefined
      if (json !== undefined) event(name || 'message', json)
      name = ''
      data = []
      return
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'event') name = value
    else if (field === 'data') data.push(value)
    else if (field === 'retry' && /^\d+$/.test(value)) retry(Number(value))
  }

  return (text) => {
    if (text === '') return
    // A carriage return ends a line at once; the line feed that may belong to it comes later.
    const lines = (rest + (wasReturn && text.startsWith('\n') ? text.slice(1) : text)).split(/\r\n?|\n/)
    wasReturn = text.endsWith('\r')
    rest = lines.pop() ?? ''
    // Whoever hears of an event may want to hear no more.
    for (const line of lines) if (!signal.aborted) take(line)
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
