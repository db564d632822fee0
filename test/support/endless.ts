/** A server whose every answer is JSON without an end: short on the wire, for it is compressed, and as long as anybody reads. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGzip } from 'node:zlib'
import { onTestFinished } from 'vitest'

export interface Endless {
  readonly url: string
  /** Resolves once nobody reads the first answer any more. */
  readonly over: Promise<void>
}

/** Starts it for one test. */
export async function endless(): Promise<Endless> {
  let gone = (): void => {}
  const over = new Promise<void>((resolve) => (gone = resolve))
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' })
    const gzip = createGzip()
    gzip.pipe(response)
    const blanks = Buffer.alloc(64 * 1024, ' ')
    const more = (): void => {
      while (!response.destroyed && gzip.write(blanks));
      if (!response.destroyed) gzip.once('drain', more)
    }
    response.once('close', gone)
    more()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, over }
}
