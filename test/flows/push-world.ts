/**
 * A world for stories of the event stream: the real provider, which tells the BFF of logouts by a call of its own, a BFF that can be
 * started anew over the same store, and one browser with the app in many tabs.
 */
import { onTestFinished } from 'vitest'
import { createBff } from '../../src/bff/bff.js'
import type { Edges } from '../../src/bff/edges.js'
import type { Bff, BffOptions } from '../../src/bff/index.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { bffClient, createSessionClient } from '../../src/index.js'
import type { SessionClient, SessionEvents, SessionState } from '../../src/index.js'
import { Browser } from '../bff/bench.js'
import { cookiesOn } from '../support/app-tab.js'
import { APP_ORIGIN, BFF_CLIENT_ID, BFF_CLIENT_SECRET, startTestIdp, type Idp } from '../support/idp.js'
import { createTestBrowser, createTestPlatform, type TestPlatform } from '../support/test-platform.js'
import { createUserAgent } from '../support/user-agent.js'

/** The app in a tab, started. */
export interface PushTab {
  readonly page: TestPlatform
  readonly client: SessionClient
  readonly state: SessionState
  /** Every status since it was started, each change once. */
  readonly statuses: SessionState['status'][]
  /** What its app was told, oldest first. */
  readonly told: { readonly type: keyof SessionEvents; readonly detail: unknown }[]
  types(): (keyof SessionEvents)[]
  of<Type extends keyof SessionEvents>(type: Type): SessionEvents[Type][]
}

/** Everything there is. */
export interface PushWorld {
  readonly idp: Idp
  /** The instance that runs. */
  readonly bff: Bff
  /** What pages of the app do beside the tabs: logins and calls. */
  readonly user: Browser
  /** A new tab of the browser, with the app in it, started. */
  open(): Promise<PushTab>
  /** How many streams are open. */
  readonly streams: number
  /** How often that door was called. */
  readonly asked: number
  /** The BFF is stopped; the proxy in front of it answers. */
  stop(): Promise<void>
  /** Another instance runs, over the same store. */
  start(): void
  /** Time passes in the browser, ms. */
  advance(ms: number): void
}

const EVENTS: readonly (keyof SessionEvents)[] = [
  ...(['authenticated', 'refreshed', 'refresh-failed', 'idp-session-ended'] as const),
  ...(['expiring', 'ended', 'error'] as const),
]

/** @param edges of the BFF, where a test has its own */
export async function startPushWorld(
  session: BffOptions['session'] = {},
  edges: Partial<Edges> = {},
): Promise<PushWorld> {
  const idp = await startTestIdp({
    backchannelLogout: true,
    fetch: (input, init) => answer(new Request(input as string, init)),
  })
  const store = memoryStore()
  const make = (): Bff =>
    createBff(
      {
        origin: APP_ORIGIN,
        idp: { issuer: idp.issuer, clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET },
        secrets: ['test-secret-of-thirty-two-letters-or-more'],
        store,
        session,
      },
      edges,
    )
  let bff: Bff | null = make()
  let asked = 0
  const open = new Set<unknown>()
  onTestFinished(async () => {
    await bff?.close()
    await idp.close()
  })

  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith('/bff/')) return new Response('the app')
    if (pathname === '/bff/events') asked += 1
    if (bff === null) return new Response('<h1>Bad gateway</h1>', { status: 502 })
    const response = await bff.fetch(request)
    return response.headers.get('content-type') === 'text/event-stream' ? counted(response) : response
  }
  /** The same answer, while its body is read on. */
  const counted = (response: Response): Response => {
    const reader = response.body!.getReader()
    open.add(reader)
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          open.delete(reader)
          controller.close()
        },
        async cancel() {
          open.delete(reader)
          await reader.cancel()
        },
      },
      { highWaterMark: 0 },
    )
    return new Response(body, response)
  }
  const user = new Browser(createUserAgent({ handlers: { [APP_ORIGIN]: answer } }))
  const browser = createTestBrowser()

  return {
    idp,
    get bff() {
      if (bff === null) throw new Error('the BFF is stopped')
      return bff
    },
    user,
    async open() {
      const address = `${APP_ORIGIN}/`
      const page = createTestPlatform({
        ...{ browser, address, cookies: cookiesOn(user.agent, address) },
        fetch: user.agent.newTab().fetchFrom(address),
      })
      const client = createSessionClient({ oauth: bffClient({ basePath: '/bff' }) }, page)
      const told: PushTab['told'] = []
      for (const type of EVENTS) client.on(type, (detail) => told.push({ type, detail }))
      const state = await client.start()
      const statuses = [state.status]
      client.subscribe((now, before) => now.status !== before.status && statuses.push(now.status))
      onTestFinished(() => client.stop())
      return {
        ...{ page, client, told, statuses },
        get state() {
          return client.getState()
        },
        types: () => told.map(({ type }) => type),
        of: (type) => told.filter((one) => one.type === type).map(({ detail }) => detail as never),
      }
    },
    get streams() {
      return open.size
    },
    get asked() {
      return asked
    },
    async stop() {
      const stopped = bff
      bff = null
      await stopped?.close()
    },
    start: () => void (bff = make()),
    advance: browser.advance,
  }
}
