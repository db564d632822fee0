import type { IncomingMessage } from 'node:http'
import { escape } from './pages/layout.js'

const LIMIT = 64 * 1024

/** The body of a request, as text; at most 64 kB. */
export const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LIMIT) throw new Error('the form is larger than 64 kB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The fields of a submitted form. */
export const readForm = async (request: IncomingMessage): Promise<URLSearchParams> =>
  new URLSearchParams(await readBody(request))

/** What an error says, as HTML. */
export const errorText = (error: unknown): string => escape(error instanceof Error ? error.message : error)

/** Which client a request comes from: HTTP Basic (RFC 6749 §2.3.1) or the form's `client_id`. */
export const clientIn = (request: IncomingMessage, form: URLSearchParams): string | null => {
  const [scheme, credentials] = (request.headers.authorization ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'basic' || !credentials) return form.get('client_id')
  const [id] = Buffer.from(credentials, 'base64').toString('utf8').split(':')
  return id === undefined ? null : decodeURIComponent(id.replaceAll('+', ' '))
}
