/** Lets go of clients that read so slowly that what waits for them, and everything behind it, would be held for ever. */
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What is waited for at a time, bytes. */
const PIECE = 64 * 1024
/** How often it is looked at most seldom, ms. */
const SELDOM = 5_000

/** What has to be taken of a connection, and until when. */
interface Due {
  /** Bytes since the connection began. */
  readonly mark: number
  /** ms of a clock that only goes forward */
  readonly until: number
}

/**
 * Every piece of 64 KiB that waits for a client has `slow` seconds, and whatever waits once as much to begin with. A client that takes a byte now and
 * then never stalls, and yet never ends. Where nothing waits, nobody is slow: an event stream may be silent for hours.
 */
export function dropSlowReaders(server: Server, answering: Iterable<ServerResponse>, slow = 120): void {
  const due = new WeakMap<Socket, Due>()
  const look = (): void => {
    const now = performance.now()
    for (const { socket } of answering) {
      if (socket === null) continue
      const waiting = socket.writableLength
      const before = due.get(socket)
      const written = socket.bytesWritten
      if (waiting === 0) due.delete(socket)
      else if (before === undefined || written - waiting >= before.mark)
        due.set(socket, { mark: written, until: now + slow * 1000 * (1 + waiting / PIECE) })
      else if (now > before.until) socket.destroy()
    }
  }
  const looking = setInterval(look, Math.min(SELDOM, slow * 500))
  looking.unref()
  server.once('close', () => clearInterval(looking))
}
