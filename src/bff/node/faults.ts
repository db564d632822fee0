/**
 * What a client gets whose request cannot be read: too long a head, too slow, or no HTTP. A head may be too long because a sibling of this site fills the
 * browser's cookie jar: the answer takes those cookies away, or no request would ever get through again.
 */
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { domainsOf, pathsTo } from '../cookies.js'
import { tellUnreadable } from './unreadable.js'

/** From how much on cookies are why a head is too long, bytes. */
const CROWD = 8 * 1024
/** How long the lines that take cookies away may be together, bytes: a proxy in between takes no head of any length. */
const ROOM = 12 * 1024

/** How many cookies are looked at: browsers keep some 200 of a domain. */
const MOST = 1000

const always = [
  'Connection: close',
  'Cache-Control: no-store',
  'Content-Type: text/plain',
  'X-Content-Type-Options: nosniff',
  "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
]

const CURED =
  'Another site of this domain has set so many cookies that this one cannot be asked any more. Some were cleared: load this page again, a few times.\n'

/** Answers what node:http cannot read, with the status it would give it, and tells of it. */
export function answerFaults(server: Server, answering: Iterable<ServerResponse>): void {
  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, stream) => {
    const socket = stream as Socket
    // An answer that has begun cannot be taken back: it breaks off.
    const hasBegun = [...answering].some((response) => response.socket === socket && response.headersSent)
    if (socket.writable && !hasBegun) {
      const status = statusOf(error.code)
      // Browsers open connections that they may never use.
      if (socket.bytesRead > 0) tellUnreadable(server, Number.parseInt(status, 10), error.code ?? 'UNKNOWN')
      const cookies = status.startsWith('431') ? cure(error.rawPacket?.toString('latin1') ?? '') : []
      const body = cookies.length === 0 ? '' : CURED
      const lines = [`HTTP/1.1 ${status}`, ...always, ...cookies, `Content-Length: ${body.length}`, '', body]
      socket.write(lines.join('\r\n'), 'latin1')
    }
    socket.destroy(error)
  })
  server.on('checkExpectation', (_, response: ServerResponse) => {
    tellUnreadable(server, 417, 'UNKNOWN_EXPECTATION')
    response.writeHead(417).end()
  })
}

function statusOf(code: string | undefined): string {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return '431 Request Header Fields Too Large'
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return '413 Payload Too Large'
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return '408 Request Timeout'
    default:
      return '400 Bad Request'
  }
}

/**
 * The `Set-Cookie` lines that take cookies away which other hosts of this domain set, the largest first. Only a cookie with a `Domain` is reached by
 * them: those this host set for itself stay, so that nobody is signed out by a link that is too long.
 */
function cure(head: string): string[] {
  const [, path = '/'] = /^[A-Z]+ (\/[^\s?#]*)/.exec(head) ?? []
  const host = (/\r\nHost: *([^\r:]+)/i.exec(head)?.[1] ?? '').trim().toLowerCase()
  const pairs = [...head.matchAll(/\r\nCookie:([^\r]*)/gi)].flatMap(([, line = '']) => line.split(';'))
  if (!/^[\w.-]+$/.test(host) || pairs.join(';').length < CROWD) return []
  const names = new Set(
    pairs
      .slice(0, MOST)
      .toSorted((one, other) => other.length - one.length)
      .map((pair) => pair.split('=', 1)[0]?.trim() ?? '')
      .filter((name) => /^[\w!#$%&'*+.^`|~-]{1,256}$/.test(name) && !name.startsWith('__Host-')),
  )
  const lines: string[] = []
  let room = ROOM
  for (const name of names)
    for (const domain of domainsOf(host))
      for (const at of pathsTo(path)) {
        const line = `Set-Cookie: ${name}=; Max-Age=0; Path=${at}; Domain=${domain}`
        if ((room -= line.length + 2) < 0) return lines
        lines.push(line)
      }
  return lines
}
