import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createBff } from '../../src/bff/bff.js'
import type { Bff } from '../../src/bff/bff.js'
import type { Edges } from '../../src/bff/edges.js'
import type { LogEntry } from '../../src/bff/log.js'
import type { BffOptions } from '../../src/bff/options.js'
import { cookieNames } from '../../src/protocol.js'
import type { AuthenticatedAnswer, SessionAnswer } from '../../src/protocol.js'
import { APP_ORIGIN, BFF_CLIENT_ID, BFF_CLIENT_SECRET, startTestIdp } from '../support/idp.js'
import type { Idp, IdpOptions } from '../support/idp.js'
import { startMisbehavingProvider } from '../support/misbehaving-provider.js'
import type { MisbehavingProvider, Traits } from '../support/misbehaving-provider.js'
import { createUserAgent } from '../support/user-agent.js'
import type { UserAgent } from '../support/user-agent.js'

export const ORIGIN = APP_ORIGIN
export const SECRET = 'test-secret-for-the-bff-0123456789abcdef'

/** An API that answers with what it received. */
export interface EchoApi {
  readonly url: string
  readonly calls: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[]
  /** Answers instead of the echo. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | null
}

export async function startApi(): Promise<EchoApi> {
  const calls: EchoApi['calls'] = []
  const api: { url: string; calls: EchoApi['calls']; answer: EchoApi['answer'] } = {
    url: '',
    calls,
    answer: null,
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const call = { method, url, headers, body: Buffer.concat(chunks).toString() }
      calls.push(call)
      if (api.answer !== null) return api.answer(request, response)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(call))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return api
}

/** A clock that stands where the real one is, and can be put forward. */
export interface TestClock {
  now(): number
  advance(seconds: number): void
}

export function testClock(): TestClock {
  let offset = 0
  return { now: () => Date.now() + offset, advance: (seconds) => void (offset += seconds * 1000) }
}

export interface BffBench {
  readonly bff: Bff
  readonly clock: TestClock
  readonly log: (LogEntry & { level: string })[]
  readonly api: EchoApi
  readonly browser: Browser
  /** Another browser: its own cookies. */
  newBrowser(headers?: Record<string, string>): Browser
  /** Another instance of the BFF with the same options, e.g. over the same store. */
  another(changes?: Partial<BffOptions>, edges?: Partial<Edges>): Bff
}

/** `origin`: where the provider is. */
type Changes = (base: BffOptions, origin: string) => BffOptions

async function startBff(
  { issuer, origin }: { issuer: string; origin: string },
  client: { clientId: string; clientSecret: string },
  change: Changes,
  edges: Partial<Edges>,
): Promise<BffBench> {
  const clock = testClock()
  const api = await startApi()
  const log: BffBench['log'] = []
  const take =
    (level: string) =>
    (entry: LogEntry): void =>
      void log.push({ level, ...entry })
  const base: BffOptions = {
    origin: ORIGIN,
    idp: { issuer, ...client },
    secrets: [SECRET],
    store: 'memory:',
    upstreams: { echo: { url: api.url } },
    log: { info: take('info'), warn: take('warn'), error: take('error') },
  }
  const options = change(base, origin)
  const make = (changes: Partial<BffOptions> = {}, more: Partial<Edges> = {}): Bff => {
    const bff = createBff({ ...options, ...changes }, { now: clock.now, ...edges, ...more })
    onTestFinished(() => bff.close())
    return bff
  }
  const bff = make()
  const app = (request: Request): Response | Promise<Response> =>
    new URL(request.url).pathname.startsWith('/bff/') ? bff.fetch(request) : new Response('the app')
  const newBrowser = (headers: Record<string, string> = {}): Browser =>
    new Browser(createUserAgent({ now: clock.now, headers, handlers: { [ORIGIN]: app } }))
  return { bff, clock, log, api, browser: newBrowser(), newBrowser, another: make }
}

/** A BFF before the real provider. */
export async function startBench(
  options: { idp?: IdpOptions; bff?: Changes; edges?: Partial<Edges> } = {},
): Promise<BffBench & { readonly idp: Idp }> {
  const idp = await startTestIdp(options.idp)
  onTestFinished(() => idp.close())
  const client = { clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET }
  const bench = await startBff(idp, client, options.bff ?? ((base) => base), options.edges ?? {})
  return { ...bench, idp }
}

/** A BFF before the provider that misbehaves. */
export async function startOddBench(
  traits: Partial<Traits> = {},
  options: { bff?: Changes; edges?: Partial<Edges> } = {},
): Promise<BffBench & { readonly idp: MisbehavingProvider }> {
  const idp = await startMisbehavingProvider(traits)
  onTestFinished(() => idp.close())
  const client = { clientId: 'odd', clientSecret: 'test-secret' }
  const bench = await startBff(
    { issuer: idp.issuer, origin: idp.issuer },
    client,
    options.bff ?? ((base) => base),
    options.edges ?? {},
  )
  return { ...bench, idp }
}

/** A tab of a browser, and what a page of the app does in it. */
export class Browser {
  readonly agent: UserAgent

  constructor(agent: UserAgent) {
    this.agent = agent
  }

  /** Another tab of the same browser. */
  newTab(): Browser {
    return new Browser(this.agent.newTab())
  }

  /** Goes to the login, and signs in where the provider asks. */
  async login(user = 'alice', query = '/bff/login?return_to=/app'): Promise<URL> {
    const page = await this.agent.navigate(`${ORIGIN}${query}`, { from: `${ORIGIN}/` })
    if (page.url.origin !== ORIGIN) await this.agent.login(user)
    return this.agent.page?.url ?? new URL('about:blank')
  }

  cookie(name: keyof typeof cookieNames): string | undefined {
    return this.agent.cookies.get(ORIGIN, cookieNames[name])?.value
  }

  /** Calls a door as a page of the app does, with the CSRF token of the session that is there. */
  fetch(path: string, init: RequestInit & { csrf?: string | null } = {}): Promise<Response> {
    const { csrf = this.cookie('csrf') ?? '1', ...rest } = init
    const headers = new Headers(rest.headers)
    if (csrf !== null) headers.set('x-csrf-token', csrf)
    return this.agent.fetch(`${ORIGIN}${path}`, { from: `${ORIGIN}/app`, ...rest, headers })
  }

  post(path: string, body?: unknown, init: RequestInit & { csrf?: string | null } = {}): Promise<Response> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    return this.fetch(path, { method: 'POST', ...json, ...init })
  }

  async session(): Promise<SessionAnswer> {
    const answer = await this.fetch('/bff/session', { csrf: '1' })
    return (await answer.json()) as SessionAnswer
  }

  /** The session; throws where there is none. */
  async signedIn(): Promise<AuthenticatedAnswer['session']> {
    const answer = await this.session()
    if (!answer.authenticated) throw new Error(`not signed in: ${JSON.stringify(answer)}`)
    return answer.session
  }
}

/** The problem an answer is. */
export const problemOf = async (answer: Response): Promise<Record<string, unknown>> =>
  (await answer.json()) as Record<string, unknown>
