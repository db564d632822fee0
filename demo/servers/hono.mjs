// Tandem in a Hono app: (Request) => Response throughout. The same app runs on Deno, Bun and Workers.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
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

  const app = new Hono()
  app.all('/bff/*', (c) => bff.fetch(c.req.raw))

  app.get('/', (c) => c.html('<h1>Hono</h1><p><a href="/hello">Say hello</a></p>'))

  const hello = bff.protect(async (_request, { session, accessToken }) => {
    const orders = await fetch(`${api}orders`, {
      headers: { Authorization: `Bearer ${await accessToken()}` },
    })
    return Response.json({ hello: session.user.sub, orders: (await orders.json()).orders.length })
  })
  app.get('/hello', (c) => hello(c.req.raw))

  const notes = bff.protect(async (request, { session }) => {
    const { note } = await request.json()
    return Response.json({ by: session.user.sub, note }, { status: 201 })
  })
  app.post('/notes', (c) => notes(c.req.raw))

  const vault = bff.protect(() => Response.json({ open: true }), { acr: 'mfa' })
  app.get('/vault', (c) => vault(c.req.raw))

  const server = serve({ fetch: app.fetch, port, hostname: 'localhost' })
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
