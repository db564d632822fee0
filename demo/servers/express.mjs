// Tandem in an Express 5 app: doors and proxy by one middleware, own routes behind another.
import express from 'express'
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

  const app = express()
  app.use(express.json()) // may stand before the BFF: what was parsed is sent on
  app.use(bff.node)

  app.get('/', (_request, response) => {
    response.send('<h1>Express</h1><p><a href="/hello">Say hello</a></p>')
  })
  app.get('/hello', bff.node.protect(), async (request, response) => {
    const { session, accessToken } = request.tandem
    const orders = await fetch(`${api}orders`, {
      headers: { Authorization: `Bearer ${await accessToken()}` },
    })
    response.json({ hello: session.user.sub, orders: (await orders.json()).orders.length })
  })
  app.post('/notes', bff.node.protect(), (request, response) => {
    response.status(201).json({ by: request.tandem.session.user.sub, note: request.body.note })
  })
  app.get('/vault', bff.node.protect({ acr: 'mfa' }), (_request, response) => response.json({ open: true }))

  const server = app.listen(port, 'localhost')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  return {
    url: `http://localhost:${port}`,
    async close() {
      await new Promise((resolve) => server.close(resolve))
      await bff.close()
    },
  }
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
