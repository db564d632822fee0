/** What a server answers to bytes that no client of HTTP would send. */
import { once } from 'node:events'
import { connect } from 'node:net'

/** What comes back for these bytes until the connection closes. */
export async function answerTo(url: string, ...pieces: string[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let received = ''
  socket.on('data', (data) => (received += data.toString('latin1')))
  socket.on('error', () => {})
  for (const piece of pieces) socket.write(piece, 'latin1')
  await once(socket, 'close')
  return received
}
