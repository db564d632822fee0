/** Where tokens are, and where they never are: looked for in everything that a browser is sent, sends and keeps. */
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET } from '../../demo/idp/index.js'
import { listenOnLoopback } from '../../demo/listen.js'
import { useApp, type App, type Mode } from './app.js'
import { at, choose, getOrders, inState, press, sees, signIn } from './user.js'
import { tapTokens, tapWire, tokensIn, type Exchanged, type Issued } from './wire.js'

/** All that a script of the page can read, beside its memory. */
const kept = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const all: unknown[] = [
      document.cookie,
      location.href,
      history.state,
      name,
      { ...localStorage },
      { ...sessionStorage },
    ]
    all.push(document.documentElement.outerHTML)
    for (const { name: database = '' } of await indexedDB.databases()) {
      const opened = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(database)
        opening.addEventListener('success', () => resolve(opening.result))
        opening.addEventListener('error', () => reject(opening.error ?? new Error('cannot be opened')))
      })
      for (const store of opened.objectStoreNames) {
        const rows = await new Promise((resolve) => {
          const reading = opened.transaction(store).objectStore(store).getAll()
          reading.addEventListener('success', () => resolve(reading.result))
        })
        all.push(database, store, rows)
      }
      opened.close()
    }
    for (const cache of await caches.keys()) {
      for (const request of await (await caches.open(cache)).keys()) {
        all.push(request.url, await (await caches.match(request))?.text())
      }
    }
    return JSON.stringify(all)
  })

/** A whole run: login, calls, a renewal, a step-up, a reload, a call that is refused, and out of both sessions. */
const run = async (
  app: App,
  mode: Mode,
  asked: boolean,
  look: (page: Page) => Promise<void>,
): Promise<void> => {
  const page = await app.open(at(mode, '/orders/1001'))
  await signIn(page)
  await look(page)
  await getOrders(page)
  await press(page, 'refresh')
  await sees(page, 'Access is renewed.')
  await look(page)
  await press(page, 'api-mfa')
  await choose(page, 'mfa')
  await sees(page, 'The API accepts the call')
  await look(page)
  await page.reload()
  await inState(page, 'authenticated')
  await getOrders(page)
  await look(page)
  await press(page, 'logout-idp')
  // A provider that is not shown who is to be signed out asks the user.
  if (asked) await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL((url) => url.origin === app.demo.url && url.pathname === '/')
  await inState(page, 'unauthenticated')
  await look(page)
}

let wire: ReturnType<typeof tapWire>
let issued: Issued
beforeEach(() => {
  wire = tapWire()
})
afterEach(() => wire.stop())

const whatWasKept = async (app: App, mode: Mode, asked = false): Promise<string[]> => {
  issued = tapTokens(app.demo.idp)
  const found: string[] = []
  await run(app, mode, asked, async (page) => void found.push(...tokensIn(await kept(page), issued)))
  // Unless tokens were issued, and the wire was heard, finding nothing means nothing.
  expect(issued.access.size, 'access tokens issued').toBeGreaterThan(2)
  expect(issued.refresh.size, 'refresh tokens issued').toBeGreaterThan(2)
  expect(issued.id.size, 'ID tokens issued').toBeGreaterThan(1)
  expect(wire.exchanged.length).toBeGreaterThan(20)
  return found
}

const doorOf = ({ method, url }: Exchanged, { demo }: App): string => {
  const { origin, pathname } = new URL(url)
  const who = { [demo.url]: 'app', [demo.idp.origin]: 'provider', [demo.api.url]: 'API' }[origin] ?? origin
  return `${method} ${who} ${pathname.replace(/\/orders\/.+/, '/orders/…')}`
}

/** Where which tokens were seen: `what door: kinds`. */
const seen = (app: App): string[] => {
  const lines = wire.exchanged.flatMap((exchange) =>
    (['url', 'asked', 'answered'] as const).flatMap((part) =>
      tokensIn(exchange[part], issued).map((kind) => `${kind} token: ${part}, ${doorOf(exchange, app)}`),
    ),
  )
  return [...new Set(lines)].toSorted()
}

describe('tokens held by the BFF', () => {
  const app = useApp({ bff: { mediateTokens: false } })

  it('reach the browser nowhere, but for the ID token that a logout takes to the provider', async () => {
    expect(await whatWasKept(app, 'bff')).toEqual([])
    expect(seen(app)).toEqual([
      'id token: answered, POST app /bff/logout',
      'id token: url, GET provider /session/end',
    ])
  })
})

describe('tokens held by the BFF, with idTokenHint: false', () => {
  const app = useApp(async () => {
    // The issuer is part of the same options, so its port comes first.
    const { port, close } = await listenOnLoopback(() => {}, 0)
    await close()
    const client = { clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET }
    const scope = 'openid profile email offline_access orders:read orders:write'
    return {
      idpPort: port,
      bff: { idp: { issuer: `http://localhost:${port}`, ...client, scope, idTokenHint: false } },
    }
  })

  it('reach the browser nowhere at all', async () => {
    expect(await whatWasKept(app, 'bff', true)).toEqual([])
    expect(seen(app)).toEqual([])
  })
})

describe('tokens handed out by the BFF', () => {
  const app = useApp()

  it('are access tokens, kept in the page’s memory alone', async () => {
    expect(await whatWasKept(app, 'mediated')).toEqual([])
    expect(seen(app).filter((line) => !line.startsWith('id token'))).toEqual([
      'access token: answered, GET app /bff/token',
      'access token: asked, GET API /mfa',
      'access token: asked, GET API /orders',
      'access token: asked, GET API /orders/…',
    ])
  })
})

describe('tokens held by the page', () => {
  const app = useApp()

  it('are in its memory alone', async () => {
    expect(await whatWasKept(app, 'browser')).toEqual([])
    expect(seen(app)).toEqual([
      'access token: answered, POST provider /token',
      'access token: asked, GET API /mfa',
      'access token: asked, GET API /orders',
      'access token: asked, GET API /orders/…',
      'id token: answered, POST provider /token',
      'id token: url, GET provider /session/end',
      'refresh token: answered, POST provider /token',
    ])
  })
})
