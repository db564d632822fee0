import { describe, expect, it } from 'vitest'
import type { Criteria } from '../../src/session/session.js'
import { ORIGIN, problemOf, startBench, startOddBench } from '../bff/bench.js'

const requiring = (require: Criteria) => ({
  bff: <Base extends { upstreams?: object }>(base: Base): Base => ({
    ...base,
    upstreams: { echo: { url: (base.upstreams as { echo: { url: string } }).echo.url, require } },
  }),
})

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

  it('of alice, queued and sent after bob signed in, is refused and reaches no upstream', async () => {
    const { browser, api } = await startBench()
    await browser.login('alice')
    const alices = browser.cookie('csrf') ?? ''
    await browser.login('bob', '/bff/login?return_to=/&prompt=login')
    for (const call of [
      browser.post('/bff/api/echo/transfer', { amount: 1 }, { csrf: alices }),
      browser.fetch('/bff/api/echo/orders', { csrf: alices }),
      browser.post('/bff/refresh', {}, { csrf: alices }),
      browser.post('/bff/logout', {}, { csrf: alices }),
    ]) {
      const answer = await call
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([409, 'session_conflict'])
    }
    expect(api.calls).toEqual([])
    expect((await browser.signedIn()).user.sub).toBe('bob')
    const told = await browser.fetch('/bff/session', { csrf: alices })
    expect(await told.json()).toMatchObject({ authenticated: true, session: { user: { sub: 'bob' } } })
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
    expect((await browser.fetch('/bff/api/echo/x', { method })).status).toBe(405)
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

describe('an upstream with criteria', () => {
  it('challenges for a step-up, and lets the same call through after it', async () => {
    const { browser } = await startBench(requiring({ acr: 'mfa', maxAge: 300 }))
    await browser.login('alice')
    const challenge = await browser.fetch('/bff/api/echo/x')
    expect(challenge.status).toBe(401)
    expect(challenge.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="300"',
    )
    expect(await problemOf(challenge)).toMatchObject({ code: 'criteria_unmet', unmet: ['acr'] })
    expect((await browser.session()).authenticated).toBe(true)

    const { ref } = await browser.signedIn()
    await browser.login('alice', '/bff/login?return_to=/app&acr_values=mfa&max_age=300')
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
    expect((await browser.signedIn()).ref).not.toBe(ref)
  })

  it('that no authentication can meet refuses for good', async () => {
    const { browser, api } = await startBench(requiring({ roles: 'superuser' }))
    await browser.login('alice')
    const answer = await browser.fetch('/bff/api/echo/x')
    expect(answer.status).toBe(403)
    expect(await problemOf(answer)).toMatchObject({ code: 'criteria_unmet', unmet: ['roles'] })
    expect(api.calls).toEqual([])
  })

  it('with roles the user has lets through', async () => {
    const { browser } = await startBench(requiring({ roles: ['admin'], scope: 'openid' }))
    await browser.login('alice')
    expect((await browser.fetch('/bff/api/echo/x')).status).toBe(200)
  })
})

describe('upstreams with resources of their own (RFC 8707)', () => {
  const resources = ['urn:test:orders', 'urn:test:billing']
  it('each get a token for their own, under one refresh token', async () => {
    const { browser, api, idp, clock } = await startBench({
      idp: { resources },
      bff: (base) => {
        const url = base.upstreams?.['echo']?.url ?? ''
        const upstreams = Object.fromEntries(
          ['orders', 'billing'].map((name) => [name, { url, resource: `urn:test:${name}` }]),
        )
        return { ...base, upstreams }
      },
    })
    await browser.login('alice')
    expect((await browser.signedIn()).access.audience).toEqual(['urn:test:orders'])
    const audience = async (name: string): Promise<unknown> => {
      expect((await browser.fetch(`/bff/api/${name}/x`)).status).toBe(200)
      const [, payload = ''] = api.calls.at(-1)?.headers.authorization?.split('.') ?? []
      return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { aud: unknown }).aud
    }
    expect(await audience('orders')).toBe('urn:test:orders')
    expect(idp.tokenRequests).toHaveLength(1)
    await Promise.all([1, 2, 3].map(() => browser.fetch('/bff/api/billing/x')))
    expect(await audience('billing')).toBe('urn:test:billing')
    expect(await audience('orders')).toBe('urn:test:orders')
    expect(idp.tokenRequests).toHaveLength(2)
    clock.advance(301)
    await Promise.all(
      ['orders', 'billing', 'orders', 'billing'].map((name) => browser.fetch(`/bff/api/${name}/x`)),
    )
    expect(await audience('billing')).toBe('urn:test:billing')
    expect(await audience('orders')).toBe('urn:test:orders')
    expect(idp.tokenRequests).toHaveLength(4)
  })

  it('that the IDP does not know end no session', async () => {
    const { browser } = await startBench({
      idp: { resources: ['urn:test:orders'] },
      bff: (base) => {
        const url = base.upstreams?.['echo']?.url ?? ''
        return { ...base, upstreams: { orders: { url, resource: 'urn:test:orders' }, rest: { url } } }
      },
    })
    await browser.login('alice')
    expect((await browser.fetch('/bff/api/rest/x')).status).toBe(200)
    expect((await browser.fetch('/bff/api/orders/x')).status).toBe(200)
    expect((await browser.session()).authenticated).toBe(true)
  })
})

describe('doors', () => {
  it('that are not there, or not for this method, say so', async () => {
    const { browser } = await startOddBench()
    for (const path of [
      '/bff/nothing',
      '/bff/',
      '/bff/session/',
      '/bff/Session',
      '/bff/token',
      '/bff/events',
    ]) {
      const answer = await browser.fetch(path)
      expect([answer.status, (await problemOf(answer))['code']]).toEqual([404, 'invalid_request'])
    }
    for (const [method, path, allow] of [
      ['POST', '/bff/login', 'GET'],
      ['GET', '/bff/logout', 'POST'],
      ['GET', '/bff/refresh', 'POST'],
      ['DELETE', '/bff/session', 'GET, POST'],
    ] as const) {
      const answer = await browser.fetch(path, { method })
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
    }
  })

  it('answer with the BFF’s marks, and nothing a cache may keep', async () => {
    const { browser } = await startOddBench()
    await browser.login()
    const answers = [
      await browser.fetch('/bff/session', { csrf: '1' }),
      await browser.post('/bff/refresh'),
      await browser.fetch('/bff/nothing'),
      await browser.fetch('/bff/api/nothing/x'),
      await browser.fetch('/bff/session', { csrf: null }),
    ]
    for (const { headers } of answers) {
      expect(headers.get('x-tandem')).toBe('1')
      expect(headers.get('x-request-id')).toMatch(/^[\w-]{22}$/)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
    expect(new Set(answers.map(({ headers }) => headers.get('x-request-id'))).size).toBe(answers.length)
  })

  it('give out the access token in mediated mode alone', async () => {
    const { browser, clock, idp } = await startOddBench(
      {},
      { bff: (base) => ({ ...base, mediateTokens: true }) },
    )
    expect((await browser.fetch('/bff/token')).status).toBe(403)
    await browser.login()
    const first = (await (await browser.fetch('/bff/token')).json()) as {
      access_token: string
      expires_at: number
    }
    expect(first).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      expires_at: (await browser.signedIn()).access.expires_at,
    })
    clock.advance(301)
    const second = (await (await browser.fetch('/bff/token')).json()) as typeof first
    expect(second.access_token).not.toBe(first.access_token)
    expect(idp.tokenCalls).toHaveLength(2)
    expect((await browser.fetch('/bff/token', { csrf: '1' })).status).toBe(403)
  })

  it('of health say whether the store answers, without asking the IDP', async () => {
    const { bff, another, idp } = await startOddBench()
    for (const path of ['/healthz', '/readyz']) {
      const answer = await bff.fetch(new Request(`http://10.0.0.7:9999${path}`))
      expect([answer.status, answer.headers.get('x-tandem')]).toEqual([200, '1'])
    }
    const storeless = another({ store: 'sqlite:/nowhere/at/all/sessions.db' })
    await expect(storeless.ready).rejects.toThrow('cannot be opened')
    expect((await storeless.fetch(new Request(`${ORIGIN}/healthz`))).status).toBe(200)
    expect((await storeless.fetch(new Request(`${ORIGIN}/readyz`))).status).toBe(503)
    const session = await storeless.fetch(
      new Request(`${ORIGIN}/bff/session`, {
        headers: {
          'sec-fetch-site': 'same-origin',
          'x-csrf-token': '1',
          cookie: `__Host-Http-session=${'a'.repeat(43)}`,
        },
      }),
    )
    expect(session.status).toBe(503)
    expect(session.headers.has('retry-after')).toBe(true)
    expect(session.headers.has('set-cookie')).toBe(false)
    expect(idp.requests).toEqual([])
  })
})
