/** Small bodies of the BFF's own doors. */
import { problem } from './problems.js'

/** Longest body a door reads, bytes. */
const MAX_BODY = 64 * 1024

/** The text of a body, or the refusal where it is too long, or broke off: nobody may hear that any more, and it is no fault of ours. */
export async function readText(request: Request): Promise<string | Response> {
  if (request.body === null) return ''
  const decoder = new TextDecoder()
  const reader = request.body.getReader()
  let text = ''
  for (let length = 0; ;) {
    const piece = await reader.read().catch(() => null)
    if (piece === null) return problem('invalid_request', { detail: 'The body broke off. Send it whole.' })
    const { done, value } = piece
    if (done) return text + decoder.decode()
    length += value.byteLength
    if (length > MAX_BODY) {
      await reader.cancel()
      return problem('payload_too_large', { detail: `This door reads at most ${MAX_BODY} bytes.` })
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** The members of a JSON object, or the refusal. No body is an empty object. */
export async function readMembers(request: Request): Promise<Readonly<Record<string, unknown>> | Response> {
  const text = await readText(request)
  if (typeof text !== 'string') return text
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>
  } catch {
    // Answered below.
  }
  return problem('invalid_request', { detail: 'The body is no JSON object. Send one, or nothing.' })
}
