/** A folder that a BFF serves as its users' pages; nobody signs in there. */
import { createBff } from 'tandem-session/bff'
import { serve } from 'tandem-session/bff/node'

export interface Served {
  readonly url: string
  close(): Promise<void>
}

/** Serves it, with everything as it is by default. */
export async function served(folder: string): Promise<Served> {
  const bff = createBff({
    origin: 'http://localhost:3000',
    idp: { issuer: 'https://idp.example.com', clientId: 'app', clientSecret: 'test-secret' },
    secrets: ['test-secret-of-thirty-two-letters'],
    store: 'memory:',
  })
  const server = await serve(bff, { host: 'localhost', port: 0, static: folder })
  return {
    url: server.url,
    async close() {
      await server.close()
      await bff.close()
    },
  }
}
