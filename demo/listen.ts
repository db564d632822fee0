import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const LOOPBACK = ['127.0.0.1', '::1'] as const
const TRIES = 20

const failure = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

const bind = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

/** One listener for both addresses `localhost` may stand for. */
export interface Listener {
  readonly port: number
  close(): Promise<void>
}

/**
 * Listens on the loopback addresses of this machine and on nothing else: whichever of the two `localhost` means to a
 * browser, the same server answers.
 * @param port 0 takes a free one
 */
export const listenOnLoopback = async (listener: RequestListener, port: number): Promise<Listener> => {
  for (let attempt = 1; ; attempt += 1) {
    const servers = LOOPBACK.map(() => createServer(listener))
    let bound = port
    try {
      for (const [index, server] of servers.entries()) {
        try {
          bound = await bind(server, bound, LOOPBACK[index] ?? LOOPBACK[0])
        } catch (error) {
          // A machine without IPv6 has no ::1.
          if (index === 0 || !['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(failure(error))) throw error
        }
      }
      return { port: bound, close: async () => void (await Promise.all(servers.map(close))) }
    } catch (error) {
      await Promise.all(servers.map(close))
      // A port that is free on one address may be taken on the other.
      if (port !== 0 || failure(error) !== 'EADDRINUSE' || attempt === TRIES) throw error
    }
  }
}

/**
 * The first port from `wanted` on that is free on both loopback addresses and not among `others`; 0 stays 0.
 * @throws {Error} where the next twenty are all taken, saying how to choose another
 */
export const freePort = async (wanted: number, others: readonly number[] = []): Promise<number> => {
  if (wanted === 0) return 0
  for (let port = wanted; port < wanted + TRIES; port += 1) {
    if (others.includes(port)) continue
    try {
      const listener = await listenOnLoopback((_request, response) => void response.end(), port)
      await listener.close()
      return port
    } catch (error) {
      if (failure(error) !== 'EADDRINUSE') throw error
    }
  }
  throw new Error(`The ports from ${wanted} to ${wanted + TRIES - 1} are all taken; choose another.`)
}
