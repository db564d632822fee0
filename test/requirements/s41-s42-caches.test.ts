/** S41 and S42: what caches are told, and what one that users share makes of it. */
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createSharedCache as createWilfulCache, type CacheTraits } from '../bff/shared-cache.js'
import type { Browser } from '../bff/bench.js'
import { observe, visitEveryDoor } from './observed.js'
import { createSharedCache } from './shared-cache.js'
import { APP_ORIGIN, startWorld, type World } from './world.js'

const start = (own = {}): Promise<World> =>
  startWorld({
    bff: (base) => ({ ...base, mediateTokens: true, session: { ...base.session, idle: 0 } }),
    own,
  })

/** From now on the API says this of caching. */
const say = ({ api }: World, headers: Record<string, string>): void => {
  api.answer = ({ headers: { authorization } }, response: ServerResponse) =>
    response.writeHead(200, headers).end(`secret of ${authorization?.slice(-12)}`)
}

describe('S41 nothing of a session is kept by a cache', () => {
  it('S41 every answer says no-store, and that it is another one for every cookie', async () => {
    const world = await start()
    say(world, { 'cache-control': 'public, max-age=600', expires: new Date(Date.now() + 6e5).toUTCString() })
    const seen = observe(world, world.browser)
    await visitEveryDoor(world, world.browser)
    const ofSession = seen.filter(({ door }) => !/GET \/(app)?$/.test(door))
    const doors = new Set(ofSession.map(({ door }) => door))
    for (const door of ['session', 'callback', 'login', 'events', 'token', 'api/orders/1', 'api/nowhere/1'])
      expect([...doors]).toContain(`GET /bff/${door}`)
    for (const door of ['POST /bff/refresh', 'POST /bff/logout', 'GET /own'])
      expect([...doors]).toContain(door)
    for (const { door, status, headers } of ofSession)
      expect([door, status, headers.get('cache-control')]).toEqual([
        door,
        status,
        expect.stringMatching(/^no-store\b/),
      ])
    const own = ofSession.filter(({ headers }) => headers.get('x-tandem') === '1')
    for (const { door, headers } of own)
      expect([door, headers.get('vary')]).toEqual([door, expect.stringMatching(/\bCookie\b/)])
  })

  it('S41 an API’s answer that this browser may keep is kept for the holder of the cookie alone', async () => {
    const world = await start()
    say(world, { 'cache-control': 'private, max-age=60' })
    await world.browser.login('alice')
    await world.browser.signedIn()
    const { headers } = await world.browser.fetch('/bff/api/orders/1')
    expect(headers.get('cache-control')).toBe('private, max-age=60')
    expect(headers.get('vary')).toMatch(/\bCookie\b/)
  })

  it.each([
    ['public, max-age=600'],
    ['max-age=600'],
    ['s-maxage=600, private'],
    ['public, s-maxage=600, must-revalidate'],
    ['private, max-age=600'],
    [''],
  ])('S41 a cache between stores nothing, though the API says "%s"', async (cacheControl) => {
    const world = await start()
    const expires = new Date(Date.now() + 600_000).toUTCString()
    say(world, cacheControl === '' ? { expires, etag: '"1"' } : { 'cache-control': cacheControl, expires })
    const cache = createSharedCache((request) => world.app(request))
    const [alice, bob] = [world.newBrowser(), world.newBrowser()]
    for (const browser of [alice, bob])
      browser.agent.handle(APP_ORIGIN, (request) =>
        /^\/(?:app)?$/.test(new URL(request.url).pathname) ? world.app(request) : cache.fetch(request),
      )
    await visitEveryDoor(world, alice)
    expect(cache.stored).toEqual([])

    await alice.login('alice')
    await bob.login('bob')
    const read = async (browser: Browser) => (await browser.fetch('/bff/api/orders/1')).text()
    expect(await read(alice)).not.toBe(await read(bob))
    expect((await bob.signedIn()).user.sub).toBe('bob')
    expect(await (await bob.fetch('/own')).json()).toMatchObject({ sub: 'bob' })
    expect(cache.hits).toEqual([])
  })

  it('S41 the cache would store what may be stored', async () => {
    const cache = createSharedCache(
      () => new Response('for all', { headers: { 'cache-control': 'public, max-age=60' } }),
    )
    for (let visits = 0; visits < 2; visits += 1) await cache.fetch(new Request(`${APP_ORIGIN}/page`))
    expect([cache.stored, cache.hits]).toEqual([['GET /page'], ['GET /page']])
  })
})

describe('S42 what may be cached is cached without the cookies', () => {
  const DIRECTIVE = 'no-cache="Set-Cookie, Set-Cookie2"'

  /** A page behind the session that allows every cache to keep it, and two users about to see it; each is sent a cookie with it. */
  const startCacheable = async (between: (origin: World['app']) => { fetch: World['app'] }) => {
    const world = await start()
    const page = world.bff.protect(
      (_request, { session }) =>
        new Response(`for ${session.user.sub}`, { headers: { 'cache-control': 'public, max-age=60' } }),
    )
    const cache = between((request) => page(request))
    const visitor = async (user: string): Promise<Browser> => {
      const browser = world.newBrowser()
      browser.agent.handle(APP_ORIGIN, (request) =>
        new URL(request.url).pathname === '/page' ? cache.fetch(request) : world.app(request),
      )
      await browser.login(user)
      // Another tab has begun to log in, so that its transaction is in the cookie that is written with the next answer.
      await browser.fetch('/bff/login?return_to=/other', { redirect: 'manual' })
      return browser
    }
    return { cache, alice: await visitor('alice'), bob: await visitor('bob') }
  }

  it('S42 an answer that may be cached and sets a cookie has the exact directive', async () => {
    const { alice } = await startCacheable((fetch) => ({ fetch }))
    const first = await alice.fetch('/page')
    expect(first.headers.getSetCookie().join()).toMatch(/^__Host-Http-login=[^;]{100,}/)
    expect(first.headers.get('cache-control')).toBe(`public, max-age=60, ${DIRECTIVE}`)
    expect(first.headers.get('vary')).toMatch(/\bCookie\b/)
    const second = await alice.fetch('/page')
    expect(second.headers.getSetCookie()).toEqual([])
    expect(second.headers.get('cache-control')).toBe('public, max-age=60')
  })

  it.each<[string, Partial<CacheTraits> | null]>([
    ['takes the directive for plain no-cache, as many do', null],
    ['knows the directive', {}],
    ['knows the directive and not Vary', { looksAtVary: false }],
    ['does not know the directive', { knowsFields: false }],
  ])('S42 a second user never gets the first one’s cookie, where the cache %s', async (_, traits) => {
    const { alice, bob } = await startCacheable((origin) =>
      traits === null
        ? createSharedCache(origin)
        : createWilfulCache(async (request) => origin(request), traits),
    )
    const ofAlice = (await alice.fetch('/page')).headers.getSetCookie()
    expect(ofAlice).toHaveLength(1)
    for (let visits = 0; visits < 2; visits += 1) {
      const ofBob = (await bob.fetch('/page')).headers.getSetCookie()
      expect(ofBob).not.toContain(ofAlice[0])
    }
    expect((await bob.signedIn()).user.sub).toBe('bob')
  })

  it('S42 no secret relies on it: the session cookie is only ever set with no-store', async () => {
    const world = await start()
    const seen = observe(world, world.browser)
    await visitEveryDoor(world, world.browser)
    const setting = seen.filter(({ headers }) =>
      headers.getSetCookie().some((line) => /^__Host-(?:Http-session|csrf)=[^;]/.test(line)),
    )
    expect(setting.length).toBeGreaterThanOrEqual(3)
    for (const { headers } of setting) expect(headers.get('cache-control')).toBe('no-store')
  })
})
