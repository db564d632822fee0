/** HTTP/1.1 as bytes on a socket: nothing is cleaned up, neither what is sent nor what comes back. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** Names and values, in order, repeated ones kept. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number
  readonly headers: HeaderList
  readonly body: string
  /** Everything that came, until the server closed. */
  readonly bytes: string
  /** The first value of a header; `null` where it is absent. */
  header(name: string): string | null
  all(name: string): string[]
  /** The body as JSON; an empty object where it is none. */
  json(): Record<string, unknown>
}

/** What a request may say beside its path. */
export interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>> | HeaderList
  readonly body?: string
}

const listed = (headers: Asking['headers'] = {}): HeaderList =>
  Array.isArray(headers) ? (headers as HeaderList) : Object.entries(headers)

/** A request as bytes, one letter each; `Host`, `Connection: close` and `Content-Length` where it does not say its own. */
export function requestText(
  host: string,
  path: string,
  { method = 'GET', headers, body }: Asking = {},
): string {
  const given = listed(headers)
  const has = (name: string): boolean => given.some(([one]) => one.toLowerCase() === name)
  const lines = [
    ...(has('host') ? [] : [['Host', host] as const]),
    ...given,
    ...(has('connection') ? [] : [['Connection', 'close'] as const]),
    ...(body === undefined || has('content-length') || has('transfer-encoding')
      ? []
      : [['Content-Length', String(Buffer.byteLength(body))] as const]),
  ]
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `${method} ${path} HTTP/1.1\r\n${head}\r\n${Buffer.from(body ?? '').toString('latin1')}`
}

/** Opens a connection. */
export const dial = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })

/** Writes bytes; what comes back until the server closes, or cuts the connection. */
export async function bytesFor(port: number, text: string | Buffer): Promise<string> {
  const socket = await dial(port)
  return new Promise((resolve) => {
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
    socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  })
}

/** How many answers came one after another on a connection. */
export const answersIn = (bytes: string): number => bytes.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0

/** Reads the first answer out of the bytes. */
export function read(bytes: string): WireAnswer {
  const end = bytes.indexOf('\r\n\r\n')
  const [start = '', ...lines] = bytes.slice(0, end === -1 ? bytes.length : end).split('\r\n')
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  const all = (name: string): string[] => headers.filter(([one]) => one === name).map(([, value]) => value)
  const rest = end === -1 ? '' : bytes.slice(end + 4)
  const body = all('transfer-encoding')[0] === 'chunked' ? dechunked(rest) : rest
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(start)?.[1] ?? 0),
    headers,
    body,
    bytes,
    header: (name) => all(name)[0] ?? null,
    all,
    json() {
      try {
        return JSON.parse(body) as Record<string, unknown>
      } catch {
        return {}
      }
    },
  }
}

function dechunked(text: string): string {
  let body = ''
  for (let at = 0; at < text.length;) {
    const line = text.indexOf('\r\n', at)
    const size = line === -1 ? 0 : parseInt(text.slice(at, line), 16)
    if (!(size > 0)) break
    body += text.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
  }
  return body
}

/** Whether something is so before long. */
export async function eventually(holds: () => boolean, patience = 20_000): Promise<boolean> {
  for (const until = Date.now() + patience; Date.now() < until;) {
    if (holds()) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return holds()
}
