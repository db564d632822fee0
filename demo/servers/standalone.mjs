// Tandem as a server of its own, beside an app that is nothing but files: three lines.
import { fileURLToPath } from 'node:url'
import { createBff } from 'tandem-session/bff'
import { serve } from 'tandem-session/bff/node'

// No page may frame this one, and it frames none (docs/hosting.md).
const policy = { 'frame-ancestors': "'none'", 'frame-src': "'none'", 'connect-src': "'self'" }

/** @param {{ port: number, idp: import('tandem-session/bff').IdpOptions, api: string, secrets: string[] }} options */
export async function start({ port, idp, api, secrets }) {
  const origin = `http://localhost:${port}`
  const bff = createBff({ origin, idp, secrets, store: 'memory:', upstreams: { shop: { url: api } } })
  const folder = fileURLToPath(new URL('./public', import.meta.url))
  const server = await serve(bff, {
    host: 'localhost',
    port,
    static: { folder, contentSecurityPolicy: policy },
  })
  return {
    url: origin,
    async close() {
      await server.close()
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
