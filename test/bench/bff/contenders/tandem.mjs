// @ts-check
/** The BFF as `npm run build` makes it, in front of the demo's provider, with one user signed in. `kind`: its store. */
import { createServer } from 'node:http'
import { createBff } from '../../../../dist/bff/index.js'
import { listening } from '../listening.mjs'
import { signedIn } from '../signed-in.mjs'

/** @param {string} upstream @param {string} store */
export async function start(upstream, store) {
  /** @type {import('node:http').RequestListener} */
  let answer = (_request, response) => void response.writeHead(503).end()
  const server = createServer((request, response) => answer(request, response))
  const url = (await listening(server)).replace('127.0.0.1', 'localhost')
  const { idp, login } = await signedIn(url, '/bff/callback')
  const bff = createBff({
    origin: url,
    idp,
    secrets: ['bench-secret-for-the-bff-0123456789abcdef'],
    store,
    session: { idle: 86_400, absolute: 86_400 },
    upstreams: { api: { url: `${upstream}/` } },
  })
  answer = (request, response) => bff.node(request, response)
  const cookies = await login(`${url}/bff/login?return_to=/`, [
    '__Host-Http-session',
    '__Host-csrf',
    '__Host-hint',
  ])
  return {
    url,
    headers: {
      cookie: Object.entries(cookies)
        .map(([name, value]) => `${name}=${value}`)
        .join('; '),
      'x-csrf-token': cookies['__Host-csrf'],
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'cors',
      'sec-fetch-dest': 'empty',
      'user-agent':
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
    },
    path: (/** @type {string} */ path) => `/bff/api/api${path}`,
  }
}
