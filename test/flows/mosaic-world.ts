/** A BFF that knows no more of the Mosaic emulator than the preset tells it, and browsers with the app. Time is the process's. */
import { onTestFinished } from 'vitest'
import { createBff, memoryStore } from 'tandem-session/bff'
import type { Bff, LogEntry, PresetBffOptions } from 'tandem-session/bff'
import { Browser, ORIGIN, SECRET, startApi, type EchoApi } from '../bff/bench.js'
import {
  MOSAIC_CLIENT_SECRET,
  ORDERS_RESOURCE,
  startTestMosaic,
  WEB_CLIENT_ID,
  type Mosaic,
} from '../support/mosaic.js'
import { createUserAgent } from '../support/user-agent.js'

export { ORIGIN }

export interface MosaicWorld {
  readonly mosaic: Mosaic
  readonly bff: Bff
  readonly api: EchoApi
  readonly log: LogEntry[]
  readonly browser: Browser
  newBrowser(): Browser
  /** From now on another instance answers, over the same store. */
  restart(): void
  /** Where `/login` with this query sends a browser. */
  ask(query?: string): Promise<URL>
  /** The access token that the API was called with last. */
  bearer(): string
}

/** Starts it; it ends with the test. `idp` is laid over what the preset is told. */
export async function startMosaicWorld(
  idp: Partial<PresetBffOptions['idp']> = {},
  more: Partial<Omit<PresetBffOptions, 'idp'>> = {},
  upstreams: (url: string) => PresetBffOptions['upstreams'] & object = (url) => ({
    orders: { url },
    strict: { url, require: { acr: 'mfa' } },
  }),
): Promise<MosaicWorld> {
  const mosaic = await startTestMosaic()
  const api = await startApi()
  const log: LogEntry[] = []
  const take = (entry: LogEntry): void => void log.push(entry)
  const make = (): Bff => {
    const made = createBff({
      preset: 'mosaic',
      origin: ORIGIN,
      idp: {
        baseUrl: mosaic.baseUrl,
        clientId: WEB_CLIENT_ID,
        clientSecret: MOSAIC_CLIENT_SECRET,
        resource: ORDERS_RESOURCE,
        ...idp,
      },
      secrets: [SECRET],
      store,
      upstreams: upstreams(api.url),
      log: { info: take, warn: take, error: take },
      ...more,
    })
    onTestFinished(() => made.close())
    return made
  }
  const store = memoryStore()
  onTestFinished(() => mosaic.close())
  let bff = make()
  const app = (request: Request): Response | Promise<Response> =>
    new URL(request.url).pathname.startsWith('/bff/') ? bff.fetch(request) : new Response('the app')
  const newBrowser = (): Browser =>
    new Browser(createUserAgent({ now: () => Date.now(), handlers: { [ORIGIN]: app } }))
  return {
    mosaic,
    bff,
    api,
    log,
    browser: newBrowser(),
    newBrowser,
    restart: () => void (bff = make()),
    ask: async (query = '') => {
      const answer = await bff.fetch(new Request(`${ORIGIN}/bff/login?${query}`))
      return new URL(answer.headers.get('location') ?? '', ORIGIN)
    },
    bearer: () => api.calls.at(-1)?.headers.authorization?.replace('Bearer ', '') ?? '',
  }
}
