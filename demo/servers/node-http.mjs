// Tandem with node:http and nothing else: own routes beside the doors.
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { createBff } from 'tandem-session/bff'

/** @param {{ port: number, idp: import('tandem-session/bff').IdpOptions, api: string, secrets: string[] }} options */
export async function start({ port, idp, api, secrets }) {
  const bff = createBff({
    origin: `http://localhost:${port}`,
    idp,
    secrets,
    store: 'memory:',
    upstreams: { shop: { url: api } },
  })
  const signedIn = bff.node.protect()
  const signedInTwice = bff.node.protect({ acr: 'mfa' })

  const routes = {
    'GET /'(_request, response) {
      response.setHeader('Content-Type', 'text/html')
      response.end('<h1>node:http</h1><p><a href="/hello">Say hello</a></p>')
    },
    'GET /hello'(request, response) {
      signedIn(request, response, async () => {
        const { session, accessToken } = request.tandem
        const headers = { Authorization: `Bearer ${await accessToken()}` }
        const { orders } = await (await fetch(`${api}orders`, { headers })).json()
        answer(response, 200, { hello: session.user.sub, orders: orders.length })
      })
    },
    'POST /notes'(request, response) {
      signedIn(request, response, async () => {
        const { note } = await json(request)
        answer(response, 201, { by: request.tandem.session.user.sub, note })
      })
    },
    'GET /vault'(request, response) {
      signedInTwice(request, response, () => answer(response, 200, { open: true }))
    },
  }

  const server = createServer((request, response) => {
    bff.node(request, response, (error) => {
      const { pathname } = new URL(request.url, 'http://localhost')
      const route = routes[`${request.method} ${pathname}`]
      if (error !== undefined) answer(response, 500, { error: 'The BFF failed' })
      else if (route === undefined) answer(response, 404, { error: 'Not found' })
      else route(request, response)
    })
  })
  server.listen(port, 'localhost')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  return {
    url: `http://localhost:${port}`,
    async close() {
      await new Promise((resolve) => server.close(resolve))
      await bff.close()
    },
  }
}

function answer(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(body))
}

if (process.argv[1] === import.meta.filename) {
  const {
    PORT = '3000',
    API = '',
    ISSUER = '',
    CLIENT_ID = '',
    CLIENT_SECRET = '',
    SESSION_SECRET = '',
  } = process.env
  const idp = { issuer: ISSUER, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }
  const { url } = await start({ port: Number(PORT), idp, api: API, secrets: [SESSION_SECRET] })
  console.log(`Open ${url}`)
}
