// @ts-check
/** What is asked of a server, and what comes out of it. */
import { request } from 'node:http'
import autocannon from 'autocannon'
import { percentile } from '../percentile.mjs'
import { browser } from './browser.mjs'
import { ask } from './run.mjs'

/**
 * @typedef {import('./run.mjs').Running} Running
 * @typedef {{ rps: number, p50: number, p99: number, cpu: number, rss: number }} Sample
 */

/** In an order of chance. @template Value @param {Value[]} list */
function shuffled(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1))
    ;[list[i], list[other]] = /** @type {[Value, Value]} */ ([list[other], list[i]])
  }
  return list
}

/** @param {readonly Sample[]} samples @returns {Sample} the middle of each figure */
export const middle = (samples) => {
  const of = (/** @type {keyof Sample} */ key) =>
    percentile(
      samples.map((sample) => sample[key]),
      50,
    )
  return { rps: of('rps'), p50: of('p50'), p99: of('p99'), cpu: of('cpu'), rss: of('rss') }
}

/**
 * Asks for `path` by so many connections for so long; throws where an answer is not 2xx. `cpu`: µs for one request. `rss`: bytes.
 * `users`: headers of several, who take turns, each connection in an order of its own.
 * @param {Running} running @param {string} path @param {{ seconds: number, connections: number, users?: readonly Record<string, string>[] }} load @returns {Promise<Sample>}
 */
export async function measure(running, path, { seconds, connections, users = [] }) {
  const { url, headers, name } = running
  const before = await ask(running, 'reset')
  /** @type {number[]} */
  const times = []
  const address = url.replace('localhost', '127.0.0.1') + path
  const common = { ...browser, ...headers, host: new URL(url).host }
  const run = autocannon({
    url: address,
    headers: common,
    connections,
    duration: seconds,
    setupClient(/** @type {import('autocannon').Client} */ client) {
      const turns = users.map((user) => ({ method: 'GET', path, headers: { ...common, ...user } }))
      if (turns.length > 0) client.setRequests(shuffled(turns))
    },
  })
  run.on(
    'response',
    (
      /** @type {unknown} */ _client,
      /** @type {number} */ _status,
      /** @type {number} */ _bytes,
      /** @type {number} */ ms,
    ) => times.push(ms),
  )
  const result = await run
  const after = await ask(running, 'now')
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(
      `${name}: ${result.non2xx} refused, ${result.errors} failed: ${JSON.stringify(result.statusCodeStats)}`,
    )
  return {
    rps: result.requests.total / result.duration,
    p50: percentile(times, 50),
    p99: percentile(times, 99),
    cpu: (after.cpu - before.cpu) / result.requests.total,
    rss: after.peak,
  }
}

/**
 * So many bytes through a server, down or up. @param {Running} running @param {'down' | 'up'} way @param {number} size
 * @returns {Promise<{ seconds: number, grown: number }>} `grown`: what the server took more than before at its peak, bytes
 */
export async function transfer(running, way, size) {
  const before = await ask(running, 'reset')
  const at = performance.now()
  const address = new URL(`${running.url.replace('localhost', '127.0.0.1')}${running.path}/bytes/${size}`)
  const moved = await new Promise((resolve, reject) => {
    const headers = { ...browser, ...running.headers, host: new URL(running.url).host }
    const own =
      way === 'up'
        ? { 'content-type': 'application/octet-stream', 'content-length': size, origin: running.url }
        : {}
    const call = request(
      address,
      { method: way === 'up' ? 'POST' : 'GET', headers: { ...headers, ...own } },
      (answer) => {
        let length = 0
        let text = ''
        answer.on('data', (chunk) => {
          length += chunk.length
          if (way === 'up') text += chunk
        })
        answer.on('end', () => resolve(way === 'up' ? Number(text) : length))
        answer.on('error', reject)
      },
    )
    call.on('error', reject)
    const piece = Buffer.alloc(64 * 1024, 'x')
    let left = way === 'up' ? size : 0
    const write = () => {
      while (left > 0) {
        left -= piece.length
        if (!call.write(piece)) return void call.once('drain', write)
      }
      call.end()
    }
    write()
  })
  if (moved !== size) throw new Error(`${running.name}: ${moved} of ${size} bytes came through`)
  const { peak } = await ask(running, 'now')
  return { seconds: (performance.now() - at) / 1000, grown: peak - before.rss }
}

/** Opens an event stream for each of these. @param {Running} running @param {readonly Record<string, string>[]} browsers */
export async function openStreams(running, browsers) {
  const { hostname, port, host } = new URL(running.url)
  const opened = browsers.map(
    (headers) =>
      new Promise((resolve, reject) => {
        const call = request(
          {
            host: hostname === 'localhost' ? '127.0.0.1' : hostname,
            port,
            path: '/bff/events',
            agent: false,
            headers: { ...browser, ...headers, host, accept: 'text/event-stream' },
          },
          (answer) => {
            if (answer.statusCode !== 200)
              return reject(new Error(`a stream was answered ${answer.statusCode}`))
            answer.once('data', () => resolve(call))
            answer.resume()
          },
        )
        call.on('error', reject)
        call.end()
      }),
  )
  return /** @type {import('node:http').ClientRequest[]} */ (await Promise.all(opened))
}
