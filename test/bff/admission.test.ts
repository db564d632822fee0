import { describe, expect, it } from 'vitest'
import { ORIGIN, problemOf, startBench, startOddBench } from './bench.js'

describe('a call through the BFF', () => {
  it('reaches the upstream with the access token and without the cookies, and comes back', async () => {
    const { browser, api } = await startBench()
    await browser.login('alice')
    const answer = await browser.post('/bff/api/echo/orders/42?x=%2F', { a: 1 })
    expect(answer.status).toBe(200)
    expect(answer.headers.has('x-tandem')).toBe(false)
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{22}$/)
    const [call] = api.calls
    expect(call).toMatchObject({ method: 'POST', url: '/orders/42?x=%2F', body: '{"a":1}' })
    expect(call?.headers.authorization).toMatch(/^Bearer eyJ/)
    expect(call?.headers.cookie).toBeUndefined()
    expect(call?.headers['x-csrf-token']).toBeUndefined()
  })

  it('is answered with the upstream’s own 401, 409 and problems as they are, never as the BFF’s', async () => {
    const { browser, api } = await startOddBench()
    await browser.login()
    for (const status of [401, 409, 403, 503]) {
      api.answer = (_, response) => {
        const headers = {
          'content-type': 'application/problem+json',
          'x-tandem': '1',
          'x-request-id': 'theirs',
        }
        response.writeHead(status, headers).end('{"code":"login_required","ended_by":"revoked"}')
      }
      const answer = await browser.fetch('/bff/api/echo/x')
      expect(answer.status).toBe(status)
      expect(answer.headers.has('x-tandem')).toBe(false)
      expect(answer.headers.get('x-request-id')).not.toBe('theirs')
    }
    expect((await browser.session()).authenticated).toBe(true)
  })

  it('to an upstream nobody configured is a 404, to nobody who is not signed in', async () => {
    const { browser } = await startOddBench()
    expect((await browser.fetch('/bff/api/nothing/x', { csrf: null })).status).toBe(401)
    await browser.login()
    for (const path of [
      '/bff/api/nothing/x',
      '/bff/api/',
      '/bff/api/Echo/x',
      '/bff/api/echo2',
      '/bff/api/echo;x/y',
    ]) {
      const answer = await browser.fetch(path)
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([404, 'upstream_unknown'])
      expect(answer.headers.get('x-tandem')).toBe('1')
    }
  })

  it('goes without a token where the upstream takes none', async () => {
    const { browser, api } = await startOddBench(
      {},
      {
        bff: (base) => ({
          ...base,
          upstreams: { open: { url: base.upstreams?.['echo']?.url ?? '', token: 'none' } },
        }),
      },
    )
    expect((await browser.fetch('/bff/api/open/x', { csrf: null })).status).toBe(401)
    await browser.login()
    expect((await browser.fetch('/bff/api/open/x')).status).toBe(200)
    expect(api.calls[0]?.headers.authorization).toBeUndefined()
  })

  it.each(['OPTIONS'])('is never a preflight: %s is refused', async (method) => {
    const { browser, bff, api } = await startOddBench()
    await browser.login()
    const headers = {
      origin: 'https://evil.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-csrf-token',
    }
    for (const path of ['/bff/api/echo/x', '/bff/session', '/bff/logout']) {
      const answer = await bff.fetch(new Request(ORIGIN + path, { method, headers }))
      expect(answer.status).toBeGreaterThanOrEqual(403)
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
    const own = await browser.fetch('/bff/api/echo/x', { method })
    expect([own.status, own.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, PUT, PATCH, DELETE'])
    // Before anything is looked up, and also without the token that a method needs which does not only read.
    for (const [path, csrf] of [
      ['/bff/api/nothing/x', browser.cookie('csrf')],
      ['/bff/api/echo/x', null],
    ] as const)
      expect((await browser.fetch(path, { method, csrf: csrf ?? null })).status).toBe(405)
    expect(api.calls).toEqual([])
  })

  it('reads without the header, and writes with it only', async () => {
    const { browser, api } = await startOddBench()
    await browser.login()
    expect((await browser.fetch('/bff/api/echo/x', { csrf: null })).status).toBe(200)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'QUERY']) {
      for (const csrf of [null, '1', 'forged.token']) {
        const answer = await browser.fetch('/bff/api/echo/x', { method, csrf })
        expect([answer.status, (await problemOf(answer))['code']]).toEqual([403, 'csrf_failed'])
      }
    }
    expect(api.calls).toHaveLength(1)
    const forged = await browser.fetch('/bff/api/echo/x', { csrf: 'forged.token' })
    expect(forged.status).toBe(403)
  })
})
