/**
 * What the threats are tried against: a BFF that listens, an API behind it that remembers what it received, a provider whose every trait is
 * a switch, and browsers that are a jar of cookies and a socket.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createBff } from '../../src/bff/bff.js'
import type { Bff } from '../../src/bff/bff.js'
import type { Edges } from '../../src/bff/edges.js'
import type { LogEntry } from '../../src/bff/log.js'
import { serve } from '../../src/bff/node/serve.js'
import type { ServeOptions } from '../../src/bff/node/serve.js'
import type { BffOptions } from '../../src/bff/options.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { testClock } from '../bff/bench.js'
import type { TestClock } from '../bff/bench.js'
import { startUpstream } from '../bff/upstream/upstream-server.js'
import type { UpstreamServer } from '../bff/upstream/upstream-server.js'
import { startMisbehavingProvider } from '../support/misbehaving-provider.js'
import type { MisbehavingProvider, Traits } from '../support/misbehaving-provider.js'
import { Visitor } from './visitor.js'

export const SECRET = 'test-secret-for-the-threats-0123456789'

/** One instance of the BFF, listening. */
export interface Instance {
  readonly bff: Bff
  readonly port: number
  /** What it logged, with the texts. */
  readonly log: (LogEntry & { level: string; text: string })[]
  close(): Promise<void>
}

/** Everything there is. */
export interface World extends Instance {
  /** Of the app: `http://localhost:{port}`. */
  readonly origin: string
  readonly idp: MisbehavingProvider
  readonly api: UpstreamServer
  readonly clock: TestClock
  /** Another browser, with no cookies yet. */
  visitor(headers?: Record<string, string>): Visitor
  /** Another browser, signed in as whoever the provider says. */
  signedIn(headers?: Record<string, string>): Promise<Visitor>
  /** Another instance of the BFF, over the same store and of the same origin. */
  another(changes?: Partial<BffOptions>, edges?: Partial<Edges>): Promise<Instance>
}

/** What a test changes. */
export interface Changes {
  readonly traits?: Partial<Traits>
  readonly bff?: (base: BffOptions) => BffOptions
  readonly edges?: Partial<Edges>
  readonly serve?: ServeOptions
}

/** Starts a world; `close()` ends it. */
export async function startWorld(changes: Changes = {}): Promise<World> {
  const idp = await startMisbehavingProvider(changes.traits)
  const api = await startUpstream()
  const clock = testClock()
  const instances: Instance[] = []
  let options: BffOptions | undefined
  let origin = ''

  const listen = async (more: Partial<BffOptions> = {}, edges: Partial<Edges> = {}): Promise<Instance> => {
    const log: World['log'] = []
    const take =
      (level: string) =>
      (entry: LogEntry, text: string): void =>
        void log.push({ level, text, ...entry })
    // The origin has the port that is free: so the server is there before its BFF.
    const made: { bff?: Bff } = {}
    const server = await serve(
      { node: (request, response, next) => made.bff?.node(request, response, next) },
      { ...changes.serve, port: 0 },
    )
    const port = Number(new URL(server.url).port)
    origin ||= `http://localhost:${port}`
    const base: BffOptions = {
      origin,
      idp: { issuer: idp.issuer, clientId: 'odd', clientSecret: 'test-secret' },
      secrets: [SECRET],
      store: memoryStore(),
      upstreams: { orders: { url: api.url.href } },
    }
    options ??= changes.bff?.(base) ?? base
    made.bff = createBff(
      { ...options, log: { info: take('info'), warn: take('warn'), error: take('error') }, ...more },
      { now: clock.now, ...changes.edges, ...edges },
    )
    const { bff } = made
    const instance = {
      ...{ bff, port, log },
      async close() {
        await server.close(100)
        await bff.close()
      },
    }
    instances.push(instance)
    return instance
  }

  const first = await listen()
  const visitor: World['visitor'] = (headers) => new Visitor(first.port, origin, headers)
  return {
    ...first,
    ...{ origin, idp, api, clock, visitor },
    async signedIn(headers) {
      const one = visitor(headers)
      await one.signIn()
      return one
    },
    another: listen,
    async close() {
      await Promise.all(instances.map((one) => one.close()))
      await Promise.all([api.close(), idp.close()])
    },
  }
}

/** The same for one test. */
export async function testWorld(changes: Changes = {}): Promise<World> {
  const world = await startWorld(changes)
  onTestFinished(() => world.close())
  return world
}

/** A server that holds requests to `behind` until they are let through, for one test. */
export async function startGate(behind: () => string): Promise<{
  readonly url: string
  /** How many wait. */
  readonly waiting: () => number
  readonly open: () => void
}> {
  const held: (() => void)[] = []
  let isOpen = false
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    if (!isOpen) await new Promise<void>((resolve) => held.push(resolve))
    const { host: _, connection: __, ...headers } = request.headers
    const answer = await fetch(behind(), {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: Buffer.concat(chunks),
    })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    response.end(await answer.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    waiting: () => held.length,
    open() {
      isOpen = true
      for (const go of held.splice(0)) go()
    },
  }
}
