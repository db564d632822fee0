import { describe, expect, it } from 'vitest'
import { noMetrics } from '../../../src/bff/metrics.js'
import type { BffOptions } from '../../../src/bff/options.js'
import { ORIGIN, problemOf, startOddBench } from '../bench.js'

const NAVIGATION = {
  accept: 'text/html',
  'sec-fetch-site': 'none',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}
const CALL = { 'sec-fetch-site': 'same-origin', 'x-csrf-token': '1' }

async function start(rateLimit: BffOptions['rateLimit'], more: Partial<BffOptions> = {}) {
  const counted: string[] = []
  const bench = await startOddBench(
    {},
    {
      bff: (base) => ({ ...base, ...(rateLimit !== undefined && { rateLimit }), ...more }),
      edges: { metrics: { ...noMetrics, rateLimited: (limit) => void counted.push(limit) } },
    },
  )
  const ask = (
    path: string,
    headers: Record<string, string> = CALL,
    clientAddress: string | null = '203.0.113.7',
    method = 'GET',
  ): Promise<Response> => bench.bff.fetch(new Request(ORIGIN + path, { method, headers }), { clientAddress })
  const statuses = async (times: number, work: () => Promise<Response>): Promise<number[]> =>
    Promise.all(Array.from({ length: times }, async () => (await work()).status))
  return { ...bench, ask, statuses, counted }
}

describe('logins', () => {
  it('are counted by address: one too many is asked to wait, and goes on by itself', async () => {
    const { ask, clock } = await start({ login: { burst: 2, perSecond: 0.5 } })
    const path = '/bff/login?return_to=/orders%3Fa%3D"><script>'
    for (let i = 0; i < 2; i++) expect((await ask('/bff/login?return_to=/a', NAVIGATION)).status).toBe(303)
    const answer = await ask(path, NAVIGATION)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '2'])
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(answer.headers.getSetCookie()).toEqual([])
    const text = await answer.text()
    expect(text).toContain('http-equiv="refresh" content="2;url=/bff/login?return_to=/orders')
    expect(text).not.toContain('<script>')
    expect((await ask('/bff/login', NAVIGATION, '203.0.113.8')).status).toBe(303)
    clock.advance(2)
    expect((await ask('/bff/login', NAVIGATION)).status).toBe(303)
  })

  it('that no tab is sent to get a problem', async () => {
    const { ask } = await start({ login: { burst: 1, perSecond: 1 } })
    await ask('/bff/login', {})
    const answer = await ask('/bff/login', {})
    expect(answer.status).toBe(429)
    expect(Number(answer.headers.get('retry-after'))).toBe(1)
    expect(await problemOf(answer)).toMatchObject({ code: 'idp_unavailable', status: 429 })
  })

  it('that come back are kept: the same address once more, and the login is complete', async () => {
    const { browser, bff, clock } = await start({ login: { burst: 2, perSecond: 0.1 } })
    browser.agent.handle(ORIGIN, (request) =>
      new URL(request.url).pathname.startsWith('/bff/')
        ? bff.fetch(request, { clientAddress: '2001:db8::1' })
        : new Response('the app'),
    )
    await bff.fetch(new Request(`${ORIGIN}/bff/login`), { clientAddress: '2001:db8::2' })
    const stopped = await browser.login()
    expect([stopped.pathname, browser.agent.page?.status]).toEqual(['/bff/callback', 429])
    clock.advance(10)
    await browser.agent.navigate(stopped.href)
    expect(browser.agent.page?.url.pathname).toBe('/app')
    expect((await browser.signedIn()).user.sub).toBe('alice')
  })

  it('that come back by POST from the provider’s site are counted once, where they go on as GET', async () => {
    const { ask } = await start({
      login: { burst: 1, perSecond: 0.1 },
      address: { burst: 2, perSecond: 0.1 },
    })
    expect((await ask('/bff/login', NAVIGATION)).status).toBe(303)
    const post = (cookie = ''): Promise<Response> =>
      ask(
        '/bff/callback',
        {
          ...NAVIGATION,
          'sec-fetch-site': 'cross-site',
          'content-type': 'application/x-www-form-urlencoded',
          cookie,
        },
        '203.0.113.7',
        'POST',
      )
    for (let i = 0; i < 2; i++) expect((await post()).status).toBe(303)
    // A form cannot be sent again: the page leads into the app.
    for (const answer of [await post(), await post('__Host-Http-login=x')]) {
      expect(answer.status).toBe(429)
      expect(await answer.text()).toContain('content="10;url=/"')
    }
  })
})

describe('the doors of the session', () => {
  it('are counted by session: another one at the same address goes on', async () => {
    const { browser, newBrowser } = await start({ session: { burst: 20, perSecond: 1 } })
    const other = newBrowser()
    await browser.login()
    await other.login()
    const answers = await Promise.all(Array.from({ length: 60 }, () => browser.fetch('/bff/session')))
    const refused = answers.filter(({ status }) => status === 429)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20)
    for (const answer of refused) {
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(answer.headers.get('x-tandem')).toBe('1')
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect((await browser.post('/bff/refresh')).status).toBe(429)
    expect((await other.signedIn()).user.sub).toBe('alice')
    // Calls of APIs, events and leaving are not counted with them.
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    const events = await browser.fetch('/bff/events')
    expect(events.status).toBe(200)
    await events.body?.cancel()
    expect((await browser.post('/bff/logout', { scope: 'app' })).status).toBe(200)
  })

  it('are counted by address, whatever cookie is tried', async () => {
    const { ask, statuses } = await start({ address: { burst: 50, perSecond: 1 } })
    let tried = 0
    const guess = (address: string): Promise<Response> =>
      ask(
        '/bff/session',
        { ...CALL, cookie: `__Host-Http-session=${String(tried++).padStart(43, 'a')}` },
        address,
      )
    const all = await statuses(80, () => guess('2001:db8:1:2::1'))
    expect(all.filter((status) => status === 200)).toHaveLength(50)
    // A customer has a network of that size at least.
    expect((await guess('2001:db8:1:2:ffff::9')).status).toBe(429)
    expect((await guess('2001:db8:1:3::1')).status).toBe(200)
    expect((await guess('::ffff:192.0.2.1')).status).toBe(200)
  })

  it('are not counted where a logout is told of by the provider, or where the address is not known', async () => {
    const { ask, statuses } = await start({ address: { burst: 1, perSecond: 1 }, login: { burst: 1 } })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(
      await statuses(5, () => ask('/bff/backchannel-logout', form, '203.0.113.7', 'POST')),
    ).not.toContain(429)
    expect(await statuses(5, () => ask('/bff/session', CALL, null))).not.toContain(429)
  })

  it('cannot be used up by what the guards refuse', async () => {
    const { ask, statuses } = await start({ address: { burst: 1, perSecond: 1 } })
    const evil = { 'sec-fetch-site': 'cross-site', 'x-csrf-token': '1' }
    expect(new Set(await statuses(5, () => ask('/bff/session', evil)))).toEqual(new Set([403]))
    expect((await ask('/bff/session')).status).toBe(200)
  })
})

describe('the address that is counted', () => {
  const rateLimit = { address: { burst: 2, perSecond: 0.01 } }
  const from = (client: string): Record<string, string> => ({ ...CALL, 'x-forwarded-for': client })

  it('is what trusted proxies tell', async () => {
    const { ask, statuses } = await start(rateLimit, { trustedProxies: ['10.0.0.0/8'] })
    expect(await statuses(3, () => ask('/bff/session', from('198.51.100.1'), '10.0.0.1'))).toEqual([
      200, 200, 429,
    ])
    expect((await ask('/bff/session', from('198.51.100.2'), '10.0.0.1')).status).toBe(200)
    // Who is no proxy cannot be somebody else.
    let i = 0
    const all = await statuses(5, () => ask('/bff/session', from(`198.51.101.${i++}`), '203.0.113.9'))
    expect(all.filter((status) => status === 200)).toHaveLength(2)
  })

  it('stands for twenty where it is that of a proxy that does not say for whom it asks', async () => {
    const { ask, statuses } = await start(rateLimit, { trustedProxies: ['10.0.0.0/8'] })
    const all = await statuses(60, () => ask('/bff/session', CALL, '10.0.0.1'))
    expect(all.filter((status) => status === 200)).toHaveLength(40)
  })

  it('stands for twenty where it may be that of a proxy nobody has named', async () => {
    const { ask, statuses } = await start(rateLimit)
    const all = await statuses(60, () => ask('/bff/session', { ...CALL, 'x-forwarded-proto': 'https' }))
    expect(all.filter((status) => status === 200)).toHaveLength(40)
  })
})

describe('what is refused', () => {
  it('is counted each time, and told of once a minute, with no address', async () => {
    const { ask, statuses, log, counted, clock } = await start({ address: { burst: 1, perSecond: 0.001 } })
    const told = () => log.filter(({ event }) => event === 'rate_limited')
    await statuses(30, () => ask('/bff/session'))
    expect(counted).toEqual(Array.from({ length: 29 }, () => 'address'))
    expect(told()).toEqual([
      expect.objectContaining({
        level: 'warn',
        limit: 'address',
        door: '/session',
        network: '203.0.113.0/24',
      }),
    ])
    clock.advance(61)
    await statuses(2, () => ask('/bff/session'))
    expect(told()).toHaveLength(2)
    expect(told()[1]).toMatchObject({ untold: 28 })
  })

  it('is nothing without a limit', async () => {
    const { ask, statuses } = await start(false)
    expect(new Set(await statuses(2_000, () => ask('/bff/session')))).toEqual(new Set([200]))
  })
})
