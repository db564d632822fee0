/** Two instances of the BFF behind real sockets, over one store, with a provider and an API; and a clock that goes on only when it is told to. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import { createBff } from '../../../src/bff/bff.js'
import type { Bff } from '../../../src/bff/bff.js'
import type { Edges } from '../../../src/bff/edges.js'
import { listen } from '../../../src/bff/node/listen.js'
import { startMisbehavingProvider } from '../../support/misbehaving-provider.js'
import type { MisbehavingProvider } from '../../support/misbehaving-provider.js'
import { errand, turns, withWays } from './errands.js'
import type { Errand } from './errands.js'
import type { Opened } from './two-instances.js'

/** Where both are, as browsers know it. */
export const ORIGIN = 'http://localhost:3000'

/** A request as it goes over the wire. */
export interface Sent {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer; its body is read, but for that of a stream. */
export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly stream: AsyncIterable<Buffer> & { destroy(): unknown }
}

/** One instance. */
export interface Instance {
  readonly bff: Bff
  /** Sends a request on a socket that is kept. */
  send(request: Sent, own: Errand): Promise<Answered>
}

/** Both. */
export interface Doors {
  readonly instances: readonly [Instance, Instance]
  readonly provider: MisbehavingProvider
  /** Time goes on, ms; what is due rings. */
  pass(ms: number): void
  close(): Promise<void>
}

/** Says whose errand a request is. */
const ERRAND = 'x-errand'

/** Nobody notices a wait as short as this, ms: it is some turns of the event loop, and not time. */
const SHORT = 250

export async function openDoors({ stores, close }: Opened): Promise<Doors> {
  let now = Date.now()
  const timers = new Set<{ readonly at: number; readonly ring: () => void }>()
  const provider = await startMisbehavingProvider({ accessToken: 'opaque' }, () => now)
  const upstream = createServer((_, response) => response.end('done'))
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))

  const edges: Partial<Edges> = {
    now: () => now,
    timer(ring, ms) {
      if (ms <= SHORT) {
        let isCancelled = false
        void turns(Math.ceil(ms / 10)).then(() => isCancelled || ring())
        return () => void (isCancelled = true)
      }
      const timer = { at: now + ms, ring }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    fetch: async (input, init) => {
      const own = errand.getStore()
      if (String(input) !== `${provider.issuer}/token`) return fetch(input, init)
      const isRefresh = String(init?.body).includes('grant_type=refresh_token')
      const mood = (isRefresh && own?.mood) || 'well'
      if (isRefresh && own !== undefined) own.mood = 'well'
      own?.asks()
      await own?.pass()
      if (mood === 'down') return new Response('', { status: 503 })
      if (mood === 'revoked') return Response.json({ error: 'invalid_grant' }, { status: 400 })
      const answer = await fetch(input, init)
      await own?.pass()
      if (mood === 'lost') throw new TypeError('the answer was cut off')
      return answer
    },
  }
  const closing: (() => Promise<unknown>)[] = []
  const open = async (index: 0 | 1): Promise<Instance> => {
    const bff = createBff(
      {
        origin: ORIGIN,
        idp: { issuer: provider.issuer, clientId: 'odd', clientSecret: 'test-secret' },
        secrets: ['test-secret-of-the-doors-0123456789abcdef'],
        store: withWays(stores[index]),
        upstreams: { api: { url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/` } },
        rateLimit: false,
      },
      edges,
    )
    const running = new Map<string, Errand>()
    let sent = 0
    const server = await listen(
      (request, response) => {
        const own = running.get(String(request.headers[ERRAND]))
        if (own === undefined) return bff.node(request, response)
        errand.run(own, () => bff.node(request, response))
      },
      { host: '127.0.0.1', port: 0, option: 'port' },
    )
    const pool = new Pool(server.url, { connections: 32, bodyTimeout: 0 })
    closing.push(
      () => bff.close(),
      () => pool.destroy(),
      () => server.close(0),
    )
    return {
      bff,
      async send({ method = 'GET', path, headers = {}, body = null }, own) {
        const name = String(sent++)
        running.set(name, own)
        const answer = await pool.request({
          ...{ method, path, body },
          headers: { ...headers, host: new URL(ORIGIN).host, [ERRAND]: name },
        })
        running.delete(name)
        const isStream = answer.headers['content-type'] === 'text/event-stream'
        const text = isStream ? '' : await answer.body.text()
        return { status: answer.statusCode, headers: answer.headers, text, stream: answer.body }
      },
    }
  }
  const instances = [await open(0), await open(1)] as const
  return {
    instances,
    provider,
    pass(ms) {
      now += ms
      const due = [...timers].filter(({ at }) => at <= now).sort((one, other) => one.at - other.at)
      for (const timer of due) if (timers.delete(timer)) timer.ring()
    },
    async close() {
      for (const end of closing) await end()
      await provider.close()
      upstream.closeAllConnections()
      upstream.close()
      await close()
    },
  }
}
