/** Somebody signed in, whose page calls the same again and again. */
import type { Bff } from '../../src/bff/bff.js'
import type { BffOptions } from '../../src/bff/options.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import type { SessionStore } from '../../src/bff/stores/store.js'
import { cookieNames } from '../../src/protocol.js'
import { ORIGIN, problemOf, startBench } from './bench.js'

export const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36'
export const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** A store that counts who waits for it, and who is told at once. */
export function countingStore(): { store: SessionStore; counts: { get: number; peek: number } } {
  const store = memoryStore()
  const counts = { get: 0, peek: 0 }
  return {
    counts,
    store: {
      ...store,
      get: (key) => (counts.get++, store.get(key)),
      peek: (key) => (counts.peek++, store.peek?.(key) ?? null),
    },
  }
}

/** What a call of the page is, where it is not the usual one. */
export interface Call {
  readonly path?: string
  readonly method?: string
  readonly site?: string
  readonly agent?: string
  readonly csrf?: string | null
}

/** Somebody signed in, and calls of their page. */
export async function signedIn(store: SessionStore = memoryStore(), session: BffOptions['session'] = {}) {
  const bench = await startBench({
    bff: (base) => {
      const url = base.upstreams?.['echo']?.url ?? ''
      const upstreams = {
        echo: { url },
        strict: { url, require: { maxAge: 400 } },
        open: { url, token: 'none' as const },
      }
      return { ...base, store, session, upstreams }
    },
  })
  const browser = bench.newBrowser({ 'user-agent': CHROME })
  await browser.login('alice')
  const request = ({
    path = 'echo/x',
    method = 'GET',
    site = 'same-origin',
    agent = CHROME,
    csrf,
  }: Call = {}): Request => {
    const cookies = (['session', 'csrf', 'hint'] as const).map(
      (name) => `${cookieNames[name]}=${browser.cookie(name)}`,
    )
    const token = csrf === undefined ? (browser.cookie('csrf') ?? null) : csrf
    return new Request(`${ORIGIN}/bff/api/${path}`, {
      method,
      headers: {
        cookie: cookies.join('; '),
        'sec-fetch-site': site,
        'user-agent': agent,
        ...(method === 'POST' && { origin: ORIGIN }),
        ...(token !== null && { 'x-csrf-token': token }),
      },
    })
  }
  const call = async (given?: Call, bff: Bff = bench.bff): Promise<[status: number, code: unknown]> => {
    const answer = await bff.fetch(request(given))
    const isProblem = answer.headers.get('content-type') === 'application/problem+json'
    return [answer.status, isProblem ? (await problemOf(answer))['code'] : (await answer.text(), undefined)]
  }
  return { ...bench, browser, request, call }
}
