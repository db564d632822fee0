// @ts-check
/** The API behind every proxy: so many bytes down, or takes what comes up. Says to its parent where it listens. */
import { createServer } from 'node:http'

const piece = Buffer.alloc(64 * 1024, 'x')

const server = createServer((request, response) => {
  const { method, url = '/' } = request
  if (method === 'POST') {
    let length = 0
    request.on('data', (chunk) => (length += chunk.length))
    request.on('end', () => response.end(String(length)))
    return
  }
  const size = Number(url.slice(url.lastIndexOf('/') + 1))
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size })
  let left = size
  const write = () => {
    while (left > 0) {
      const part = left < piece.length ? piece.subarray(0, left) : piece
      left -= part.length
      if (!response.write(part) && left > 0) return void response.once('drain', write)
    }
    response.end()
  }
  write()
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ url: `http://127.0.0.1:${typeof address === 'object' && address?.port}` })
})
