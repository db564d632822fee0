// Tandem in a Fastify 5 app: doors and proxy by one hook, own routes behind another.
import Fastify from 'fastify'
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
  /** @param {import('tandem-session/bff').Criteria} [criteria] */
  const signedIn = (criteria) => {
    const middleware = bff.node.protect(criteria)
    return { onRequest: (request, reply, done) => middleware(request.raw, reply.raw, done) }
  }

  const app = Fastify()
  app.addHook('onRequest', (request, reply, done) => bff.node(request.raw, reply.raw, done))

  app.get('/', async (_request, reply) => {
    return reply.type('text/html').send('<h1>Fastify</h1><p><a href="/hello">Say hello</a></p>')
  })
  app.get('/hello', signedIn(), async (request) => {
    const { session, accessToken } = request.raw.tandem
    const orders = await fetch(`${api}orders`, {
      headers: { Authorization: `Bearer ${await accessToken()}` },
    })
    return { hello: session.user.sub, orders: (await orders.json()).orders.length }
  })
  app.post('/notes', signedIn(), async (request, reply) => {
    return reply.code(201).send({ by: request.raw.tandem.session.user.sub, note: request.body.note })
  })
  app.get('/vault', signedIn({ acr: 'mfa' }), async () => ({ open: true }))

  await app.listen({ port, host: 'localhost' })
  return {
    url: `http://localhost:${port}`,
    async close() {
      await app.close()
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
