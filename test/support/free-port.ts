/** Ports for what a test starts, where it has to be told one before it listens. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

/** Lowest of those handed out: `fetch` refuses some below it. */
const FIRST = 11_000
/** The system gives those from here on to connections that go out: one that is free now may be taken so before it is listened on. */
const OUTGOING = 32_000
const given = new Set<number>()

/** A port that is free, and handed out once. Where a `limit` is given, below it: the nodes of a cluster also need the one 10,000 above. */
export async function freePort(limit = OUTGOING): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (limit - FIRST))
    const needed = limit === OUTGOING ? [port] : [port, port + 10_000]
    if (needed.some((one) => given.has(one))) continue
    for (const one of needed) given.add(one)
    const free = await Promise.all(needed.map(listenOnce))
    if (free.every((one) => one !== null)) return port
  }
}

const listenOnce = (port: number): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(port, '127.0.0.1', () => {
      const taken = (server.address() as AddressInfo).port
      server.close(() => resolve(taken))
    })
  })
