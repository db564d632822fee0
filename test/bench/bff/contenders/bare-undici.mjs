// @ts-check
/** The ceiling: socket to socket by undici, and not a check on the way. */
import { createServer } from 'node:http'
import { Pool } from 'undici'
import { listening } from '../listening.mjs'
import { someSession } from '../browser.mjs'

/** @param {string} upstream */
export async function start(upstream) {
  const pool = new Pool(upstream)
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request
    delete headers.connection
    pool.stream(
      /** @type {import('undici').Dispatcher.RequestOptions<null>} */ ({
        path: url,
        method,
        headers,
        body: method === 'GET' ? null : request,
        opaque: null,
      }),
      ({ statusCode, headers: answered }) => {
        response.writeHead(statusCode, answered)
        return response
      },
      (error) => error && response.destroy(),
    )
  })
  return { url: await listening(server), headers: someSession, path: (/** @type {string} */ path) => path }
}
