import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { settleCaching, varyByCookie, withoutCookies } from '../../src/bff/caching.js'
import type { NodeHandler } from '../../src/bff/node/adapter.js'
import type { Bff } from '../../src/bff/bff.js'
import { ORIGIN, startOddBench } from './bench.js'
import type { BffBench, Browser } from './bench.js'
import { createSharedCache } from './shared-cache.js'
import type { CacheTraits } from './shared-cache.js'
import { over } from './wired.js'

const QUALIFIED = 'no-cache="Set-Cookie, Set-Cookie2"'

describe('withoutCookies', () => {
  it.each([
    ['public, max-age=60', `public, max-age=60, ${QUALIFIED}`],
    ['private', `private, ${QUALIFIED}`],
    [`max-age=1, ${QUALIFIED}`, `max-age=1, ${QUALIFIED}`],
    ['no-store', 'no-store'],
    ['private, NO-STORE ,max-age=0', 'private, NO-STORE ,max-age=0'],
    ['no-store-ish', `no-store-ish, ${QUALIFIED}`],
  ])('%s', (given, expected) => expect(withoutCookies(given)).toBe(expected))
})

describe('varyByCookie', () => {
  it.each([
    [null, 'Cookie'],
    ['', 'Cookie'],
    ['Accept', 'Accept, Cookie'],
    ['accept, COOKIE', 'accept, COOKIE'],
    ['*', '*'],
    ['X-Cookie', 'X-Cookie, Cookie'],
  ])('%s', (given, expected) => expect(varyByCookie(given)).toBe(expected))
})

describe('settleCaching', () => {
  const settled = (given: Record<string, string>, setsCookies: boolean) => {
    const headers = new Headers(given)
    settleCaching(headers, setsCookies)
    return Object.fromEntries(headers)
  }

  it('lets nothing be kept where nothing is said', () => {
    for (const given of [{}, { 'cache-control': ' ' }])
      expect(settled(given, true)).toEqual({ 'cache-control': 'no-store' })
  })
  it('leaves what is not to be kept as it is', () =>
    expect(settled({ 'cache-control': 'no-store, private' }, true)).toEqual({
      'cache-control': 'no-store, private',
    }))
  it('says nothing of cookies where none are set', () =>
    expect(settled({ 'cache-control': 'public' }, false)).toEqual({
      'cache-control': 'public',
      vary: 'Cookie',
    }))
})

/** An own route that may be kept by every cache, over fetch. */
const overFetch = async ({ bff }: BffBench, cacheControl: string | null) => {
  const route = bff.protect(
    (_, { session }) =>
      new Response(
        `for ${session.user.sub}`,
        cacheControl === null ? {} : { headers: { 'Cache-Control': cacheControl } },
      ),
  )
  return (request: Request) => route(request)
}

/** The same over a socket, its headers given in one of the ways node:http has. */
const overNode =
  (way: 'setHeader' | 'object' | 'pairs') =>
  async ({ bff }: BffBench, cacheControl: string | null) => {
    const url = await listening(bff, way, cacheControl)
    return (request: Request) => over(url, request, {})
  }

async function listening(bff: Bff, way: string, cacheControl: string | null): Promise<string> {
  const guard = bff.node.protect()
  const headers: Record<string, string> = cacheControl === null ? {} : { 'Cache-Control': cacheControl }
  const server = createServer((request, response) =>
    guard(request, response, () => {
      const { tandem } = request as IncomingMessage & Express.Request
      if (way === 'setHeader')
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      else if (way === 'object') response.writeHead(200, 'Fine', headers)
      else response.writeHead(200, Object.entries(headers).flat())
      response.end(`for ${tandem.session.user.sub}`)
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const ways = [
  ['fetch', overFetch],
  ['node:http, setHeader', overNode('setHeader')],
  ['node:http, writeHead with an object', overNode('object')],
  ['node:http, writeHead with a list', overNode('pairs')],
] as const

describe.each(ways)('an own route (%s) behind a cache that users share', (_, serve) => {
  async function start(cacheControl: string | null, traits: Partial<CacheTraits> = {}) {
    const bench = await startOddBench()
    const route = await serve(bench, cacheControl)
    const cache = createSharedCache(route, traits)
    const visitor = async (user: string): Promise<Browser> => {
      const browser = bench.newBrowser()
      browser.agent.handle(ORIGIN, (request) => {
        const { pathname } = new URL(request.url)
        if (pathname === '/route') return cache.fetch(request)
        return pathname.startsWith('/bff/') ? bench.bff.fetch(request) : new Response('the app')
      })
      bench.idp.traits.user = { sub: user }
      await browser.login()
      // Another tab is about to log in: the cookie that will be set is not one everybody is given.
      await browser.fetch('/bff/login?return_to=/other', { redirect: 'manual' })
      return browser
    }
    return { cache, visitor }
  }

  it('sets a cookie on what may be kept with the exact directive (S42)', async () => {
    const { visitor } = await start('public, max-age=60')
    const answer = await (await visitor('alice')).fetch('/route')
    expect(answer.headers.getSetCookie().join()).toContain('__Host-Http-login=')
    expect(answer.headers.get('cache-control')).toBe(`public, max-age=60, ${QUALIFIED}`)
    expect(answer.headers.get('vary')).toContain('Cookie')
    expect(await answer.text()).toBe('for alice')
  })

  it.each([
    ['keeps to all of HTTP', {}],
    ['does not look at Vary', { looksAtVary: false }],
    ['does not know the directive', { knowsFields: false }],
  ])('gives no second user the cookies of the first one, if the cache %s', async (_why, traits) => {
    const { visitor, cache } = await start('public, max-age=60', traits)
    const [alice, bob] = [await visitor('alice'), await visitor('bob')]
    const own = (await alice.fetch('/route')).headers.getSetCookie()
    expect(own.join()).toMatch(/__Host-Http-login=[\w.-]{100,};/)
    expect(cache.stored()).toBe(1)
    const other = (await bob.fetch('/route')).headers.getSetCookie()
    for (const cookie of own) expect(other).not.toContain(cookie)
  })

  it('is stored by no cache where it says nothing of it', async () => {
    const { visitor, cache } = await start(null)
    const answer = await (await visitor('alice')).fetch('/route')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(cache.stored()).toBe(0)
  })
})

describe('an answer of an upstream', () => {
  const served = (handler: NodeHandler) => {
    const server = createServer((request, response) => handler(request, response))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return new Promise<string>((resolve) =>
      server.listen(0, '127.0.0.1', () =>
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
      ),
    )
  }

  it.each(['fetch', 'node'])(
    'that may be kept by the browser sets cookies with the directive (%s)',
    async (way) => {
      const bench = await startOddBench()
      const { browser, bff, api } = bench
      const url = await served(bff.node)
      if (way === 'node')
        browser.agent.handle(ORIGIN, (request) =>
          new URL(request.url).pathname.startsWith('/bff') ? over(url, request, {}) : new Response('the app'),
        )
      api.answer = (_, response) =>
        response.writeHead(200, { 'cache-control': 'private, max-age=60' }).end('x')
      await browser.login()
      const first = await browser.fetch('/bff/api/echo/x')
      expect(first.headers.getSetCookie().join()).toContain('__Host-Http-login=')
      expect(first.headers.get('cache-control')).toBe(`private, max-age=60, ${QUALIFIED}`)
      expect(first.headers.get('vary')).toContain('Cookie')
      const second = await browser.fetch('/bff/api/echo/x')
      expect(second.headers.get('cache-control')).toBe('private, max-age=60')
    },
  )

  it.each(['public, max-age=60', 's-maxage=60, private', 'max-age=60', 'immutable'])(
    'that says "%s" is stored by no shared cache',
    async (cacheControl) => {
      const { browser, bff, api } = await startOddBench()
      const cache = createSharedCache((request) => bff.fetch(request), {})
      browser.agent.handle(ORIGIN, (request) =>
        new URL(request.url).pathname.startsWith('/bff') ? cache.fetch(request) : new Response('the app'),
      )
      api.answer = (_, response) => response.writeHead(200, { 'cache-control': cacheControl }).end('x')
      await browser.login()
      await browser.session()
      const answer = await browser.fetch('/bff/api/echo/x')
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
      expect(cache.stored()).toBe(0)
    },
  )
})

describe('every answer of the BFF itself', () => {
  it('is stored by nobody, and another one for every cookie', async () => {
    const { browser, bff } = await startOddBench({}, { bff: (base) => ({ ...base, mediateTokens: true }) })
    const seen: [string, string | null, string | null][] = []
    browser.agent.handle(ORIGIN, async (request) => {
      const { pathname } = new URL(request.url)
      if (!pathname.startsWith('/bff/')) return new Response('the app')
      const answer = await bff.fetch(request)
      const { headers } = answer
      seen.push([`${request.method} ${pathname}`, headers.get('cache-control'), headers.get('vary')])
      return answer
    })
    await browser.login()
    await browser.session()
    await browser.post('/bff/refresh')
    await browser.fetch('/bff/token')
    const events = await browser.fetch('/bff/events')
    await events.body?.cancel()
    await browser.fetch('/bff/api/nothing/x')
    await browser.post('/bff/logout')
    await browser.fetch('/bff/api/echo/x')
    expect(seen.map(([door]) => door)).toContain('GET /bff/callback')
    expect(seen.length).toBeGreaterThanOrEqual(9)
    for (const [door, cacheControl, vary] of seen)
      expect([door, cacheControl, vary]).toEqual([
        door,
        expect.stringMatching(/^no-store(?:, no-transform)?$/),
        expect.stringContaining('Cookie'),
      ])
  })
})
