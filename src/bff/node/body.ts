/** The body of a request of node:http, also after a body parser has read it. */
import type { IncomingMessage } from 'node:http'
import type { OutgoingBody } from '../upstream/transport-undici.js'

/** A body that can be sent on, with the headers that belong to it: names and values in turn. */
export interface IncomingBody {
  readonly source: OutgoingBody | null
  readonly headers: readonly string[]
}

/** The body, or `null` where it was read by somebody who left nothing it could be made of again. */
export function bodyOf(request: IncomingMessage): IncomingBody | null {
  const { headers, rawHeaders } = request
  const none = headers['transfer-encoding'] === undefined && !(Number(headers['content-length'] ?? 0) > 0)
  if (none) return { source: null, headers: rawHeaders }
  if (!request.readableDidRead && !request.readableEnded)
    // The stream is the client's connection: giving up reading it must not close that before it has an answer.
    return { source: request.iterator({ destroyOnReturn: false }), headers: rawHeaders }

  const { body } = request as { body?: unknown }
  const type = headers['content-type'] ?? ''
  const source = serialized(body, type)
  if (source === null) return null
  const kept = rawHeaders.filter((_, i) => !replaced.has(rawHeaders[i - (i % 2)]?.toLowerCase() ?? ''))
  if (type !== '') kept.push('content-type', type.replace(/;\s*charset=[^;]*/i, '; charset=utf-8'))
  return { source, headers: [...kept, 'content-length', String(source.byteLength)] }
}

// What a parser has undone, and what it knows in another form.
const replaced = new Set(['content-length', 'transfer-encoding', 'content-encoding', 'content-type'])

function serialized(body: unknown, type: string): Uint8Array | null {
  if (body instanceof Uint8Array) return body
  const media = type.split(';')[0]?.trim().toLowerCase() ?? ''
  if (media === 'application/json' || media.endsWith('+json'))
    return body === undefined ? null : Buffer.from(JSON.stringify(body))
  if (typeof body === 'string') return Buffer.from(body)
  if (media === 'application/x-www-form-urlencoded') return form(body)
  return null
}

/** A form of plain fields and lists of them; nested ones have no spelling everybody agrees on. */
function form(body: unknown): Uint8Array | null {
  if (typeof body !== 'object' || body === null) return null
  const fields = new URLSearchParams()
  for (const [name, value] of Object.entries(body))
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof one !== 'string') return null
      fields.append(name, one)
    }
  return Buffer.from(fields.toString())
}
