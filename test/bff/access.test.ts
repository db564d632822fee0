import { describe, expect, it } from 'vitest'
import type { Criteria } from '../../src/session/session.js'
import { memoryStore } from '../../src/bff/stores/memory.js'
import { problemOf, startBench, startOddBench } from './bench.js'

const requiring = (require: Criteria) => ({
  bff: <Base extends { upstreams?: object }>(base: Base): Base => ({
    ...base,
    upstreams: { echo: { url: (base.upstreams as { echo: { url: string } }).echo.url, require } },
  }),
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

describe('tokens that have expired before anybody could use them', () => {
  it('are asked for twice, and not without end: the session is kept', async () => {
    const late = { by: 0 }
    const store = memoryStore()
    // What was issued is written down by a store that takes its time.
    const replace: typeof store.replace = (record, version) => {
      clock.advance(late.by)
      return store.replace(record, version)
    }
    const { browser, clock, idp, api } = await startOddBench(
      { expiresIn: 1 },
      { bff: (base) => ({ ...base, store: { ...store, replace } }) },
    )
    await browser.login()
    late.by = 2
    clock.advance(2)
    const answer = await browser.fetch('/bff/api/echo/x')
    expect([answer.status, (await problemOf(answer))['code']]).toEqual([503, 'idp_unavailable'])
    expect(idp.tokenCalls).toHaveLength(3)
    expect(api.calls).toEqual([])
    expect(await browser.session()).toMatchObject({ authenticated: true })
  })
})
