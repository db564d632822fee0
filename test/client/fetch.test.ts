import { describe, expect, it, vi } from 'vitest'
import { NetworkError } from '../../src/index.js'
import { ORDERS, DIRECT, setUp, tokenRequests } from './api-calls.js'
import { MINUTE, foreign, offline, own } from './wire-bff.js'

describe('a call to an address that is not listed', () => {
  it('is passed on untouched, and starts nothing', async () => {
    const { bff, client } = setUp()
    const fetch = vi.spyOn(bff.page, 'fetch').mockResolvedValue(new Response('hi'))
    const init = { method: 'POST', headers: { A: '1' } }
    expect(await (await client.fetch('https://other.test/x', init)).text()).toBe('hi')
    const request = new Request('https://other.test/y')
    await client.fetch(request)
    expect(fetch.mock.calls).toEqual([
      ['https://other.test/x', init],
      [request, undefined],
    ])
    expect(client.getState()).toEqual({ status: 'loading' })
  })
})

describe('a call through the BFF', () => {
  it('goes to the upstream’s door with path, query, method, headers and body as they are', async () => {
    const { client, calls } = setUp()
    const response = await client.fetch('https://api.test/orders/a%2Fb/42?x=%26&y#part', {
      method: 'PUT',
      headers: { 'Content-Type': 'text/plain', Accept: 'x/y' },
      body: 'hello',
    })
    expect(await response.json()).toEqual({ for: 'alice' })
    expect(calls()).toMatchObject([
      { method: 'PUT', url: 'https://app.test/bff/api/orders/a%2Fb/42?x=%26&y', body: 'hello' },
    ])
    const headers = calls()[0]?.headers
    expect(headers?.get('content-type')).toBe('text/plain')
    expect(headers?.get('accept')).toBe('x/y')
    expect(headers?.get('authorization')).toBeNull()
  })

  it('says for which session it is made', async () => {
    const { bff, client, calls } = setUp()
    await client.fetch(new URL('https://api.test/orders/1'))
    expect(calls()[0]?.headers.get('x-csrf-token')).toBe(`${bff.session?.ref}.mac`)
  })

  it('takes a Request with its body', async () => {
    const { bff, client } = setUp()
    let sent: BodyInit | null | undefined
    vi.spyOn(bff.page, 'fetch').mockImplementation(async (url, init) => {
      if (!String(url).includes('/api/')) {
        return own({ authenticated: true, session: bff.session, now: bff.page.clock.now() })
      }
      sent = init?.body
      return foreign('{}')
    })
    await client.fetch(new Request('https://api.test/orders/1', { method: 'POST', body: 'hello' }))
    expect(await (sent as Blob).text()).toBe('hello')
  })

  it.each(['omit', 'include'] as const)(
    'carries the cookie, whatever the app asks for: %s',
    async (credentials) => {
      const { bff, client } = setUp()
      const fetch = vi.spyOn(bff.page, 'fetch')
      await client.fetch('https://api.test/orders/1', { credentials })
      expect(fetch.mock.calls.at(-1)?.[1]?.credentials).toBe('same-origin')
    },
  )

  it('needs no renewal by the page: that is the BFF’s part', async () => {
    const { bff, client, calls } = setUp()
    await client.start()
    bff.page.skewBy(4 * MINUTE)
    await client.fetch('https://api.test/orders/1')
    expect(calls()).toHaveLength(1)
  })

  it('takes the longest prefix', async () => {
    const { client, calls } = setUp([{ ...ORDERS, url: 'https://api.test/', upstream: 'all' }, ORDERS])
    await client.fetch('https://api.test/orders/1')
    await client.fetch('https://api.test/other/1')
    expect(calls().map(({ url }) => new URL(url).pathname)).toEqual([
      '/bff/api/orders/1',
      '/bff/api/all/other/1',
    ])
  })

  it('starts the client where it was not', async () => {
    const { bff, client } = setUp()
    await client.fetch('https://api.test/orders/1')
    expect(bff.log()).toEqual(['GET /bff/session', 'GET /bff/api/orders/1'])
  })
})

describe('a call to a route of the app’s own', () => {
  it('carries the CSRF header', async () => {
    const { bff, client, calls } = setUp()
    bff.once('POST /local/x', () => foreign('{}'))
    expect((await client.fetch('/local/x', { method: 'POST', body: 'b' })).status).toBe(200)
    expect(calls()).toMatchObject([{ url: 'https://app.test/local/x', body: 'b' }])
    expect(calls()[0]?.headers.get('x-csrf-token')).toBe(`${bff.session?.ref}.mac`)
  })
})

describe('a call with a mediated token', () => {
  it('carries it, to the listed resource alone', async () => {
    const { bff, client, calls } = setUp([DIRECT, ORDERS], true)
    expect((await client.fetch('https://direct.test/x')).status).toBe(200)
    expect(calls()[0]?.headers.get('authorization')).toMatch(/^Bearer token-of-alice-/)
    expect(calls()[0]?.headers.get('x-csrf-token')).toBeNull()
    await client.fetch('https://api.test/orders/1')
    expect(calls()[1]?.headers.get('authorization')).toBeNull()
    expect(bff.log().filter((line) => line === 'GET /bff/token')).toHaveLength(1)
  })

  it('renews access that has expired first, once for 50 calls at a time', async () => {
    const { bff, client } = setUp([DIRECT], true)
    await client.start()
    bff.page.skewBy(10 * MINUTE)
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.fetch('https://direct.test/x')))
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(tokenRequests(bff)).toBe(1)
    expect(bff.log().filter((line) => line === 'GET /bff/token')).toHaveLength(1)
  })

  it('rejects where access could not be renewed, and the session stays', async () => {
    const { bff, client, calls } = setUp([DIRECT], true)
    await client.start()
    bff.page.skewBy(10 * MINUTE)
    bff.always('POST /bff/refresh', offline)
    await expect(client.fetch('https://direct.test/x')).rejects.toBeInstanceOf(NetworkError)
    expect(calls()).toHaveLength(0)
    expect(client.getState().status).toBe('authenticated')
  })
})
