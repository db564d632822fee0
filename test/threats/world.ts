/**
 * What the threats are tried against: a BFF that listens, an API behind it that remembers what it received, a provider whose every trait is
 * a switch, and browsers that are a jar of cookies and a socket.
 */
import { onTestFinished } from 'vitest'
import { createBff } from '../../src/bff/bff.js'
import type { Bff } from '../../src/bff/bff.js'
import type { Edges } from '../../src/bff/edges.js'
import type { LogEntry } from '../../src/bff/log.js'
import { serve } from '../../src/bff/node/serve.js'
import type { ServeOptions } from '../../src/bff/node/serve.js'
import type { BffOptions } from '../../src/bff/options.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import type { SessionStore } from '../../src/bff/stores/store.js'
import { testClock } from '../bff/bench.js'
import type { TestClock } from '../bff/bench.js'
import { startUpstream } from '../bff/upstream/upstream-server.js'
import type { UpstreamServer } from '../bff/upstream/upstream-server.js'
import { startMisbehavingProvider } from '../support/misbehaving-provider.js'
import type { MisbehavingProvider, Traits } from '../support/misbehaving-provider.js'
import { Visitor } from './visitor.js'
import type { WireAnswer } from './wire.js'

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
  /** The store of all instances, unless a test has its own. */
  readonly store: SessionStore
  /** Another browser, with no cookies yet. */
  visitor(headers?: Record<string, string>): Visitor
  /** Another browser, signed in as whoever the provider says. */
  signedIn(headers?: Record<string, string>): Promise<Visitor>
  /** Posts a logout token as the provider does, with these claims and header; a text is sent as it is. */
  tellLogout(
    claims: Record<string, unknown> | string,
    header?: Record<string, string>,
    at?: Instance,
  ): Promise<WireAnswer>
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
  const store = memoryStore()
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
      store,
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
    ...{ origin, idp, api, clock, store, visitor },
    async signedIn(headers) {
      const one = visitor(headers)
      await one.signIn()
      return one
    },
    async tellLogout(claims, header, at = first) {
      const iat = Math.floor(clock.now() / 1000)
      const token =
        typeof claims === 'string'
          ? claims
          : await idp.logoutToken({ iat, exp: iat + 120, ...claims }, header)
      return visitor()
        .at(at)
        .send('/bff/backchannel-logout', {
          method: 'POST',
          headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
          body: `logout_token=${encodeURIComponent(token)}`,
        })
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

/** Holds back what the provider answers at its token endpoint, once it is told to. */
export interface Gate {
  /** The way to the provider, for the edges of a BFF. */
  readonly fetch: Edges['fetch']
  /** From now on answers wait. */
  hold(): void
  /** How many wait. */
  waiting(): number
  /** Those that wait go on, and no other waits. */
  open(): void
}

/** A gate that is open. */
export function createGate(): Gate {
  const held: (() => void)[] = []
  let holds = false
  return {
    async fetch(input, init) {
      const answer = await fetch(input, init)
      const url = input instanceof Request ? input.url : String(input)
      if (holds && url.endsWith('/token')) await new Promise<void>((resolve) => held.push(resolve))
      return answer
    },
    hold: () => void (holds = true),
    waiting: () => held.length,
    open() {
      holds = false
      for (const go of held.splice(0)) go()
    },
  }
}
