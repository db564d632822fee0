/** What every example with routes of its own does; each test file runs it over one. */
import { describe, expect, it } from 'vitest'
import { drive } from './drive.js'

export function testExample(name: string): void {
  describe(`${name}.mjs`, () => {
    const app = drive(name)

    it('shows its public page to everybody', async () => {
      const page = await app.agent.navigate(`${app.url}/`)
      expect([page.status, page.text]).toEqual([200, expect.stringContaining('Say hello')])
    })

    it('sends a stranger who visits an own route to log in, and back', async () => {
      await app.agent.navigate(`${app.url}/hello`)
      expect(app.agent.page?.url.origin).toBe(new URL(app.idp.issuer).origin)
      const page = await app.agent.login('alice')
      expect(page.url.href).toBe(`${app.url}/hello`)
      expect(JSON.parse(page.text)).toEqual({ hello: 'alice', orders: 3 })
      expect(app.agent.cookies.all(app.url).map((cookie) => cookie.name)).toContain('__Host-Http-session')
    })

    it("answers a stranger's script with a problem, and no login", async () => {
      await app.agent.navigate(`${app.url}/`)
      for (const path of ['/hello', '/bff/api/shop/orders']) {
        const answer = await app.call(path)
        expect([answer.status, answer.headers.get('x-tandem')]).toEqual([401, '1'])
        expect(await answer.json()).toMatchObject({ code: 'login_required' })
      }
      expect(app.api.requests).toHaveLength(0)
    })

    it('passes calls on to the API, with the token and without the cookies', async () => {
      await app.login()
      const orders = await app.call('/bff/api/shop/orders')
      expect(await orders.json()).toMatchObject({ orders: [{ id: '1001' }, {}, {}] })
      expect(orders.headers.get('x-tandem')).toBeNull()
      expect(orders.headers.get('x-request-id')).toBe(app.api.requests[0]?.headers['x-request-id'])
      const headers = { 'Content-Type': 'application/json' }
      const created = await app.call('/bff/api/shop/orders', {
        method: 'POST',
        body: '{"item": "bell"}',
        headers,
      })
      expect(created.status).toBe(201)
      expect(await created.json()).toMatchObject({ created_by: 'alice', received: { item: 'bell' } })
      for (const request of app.api.requests) {
        expect(request.headers).toMatchObject({
          authorization: 'Bearer',
          'x-forwarded-host': new URL(app.url).host,
        })
        expect(request.headers).not.toHaveProperty('cookie')
        expect(request.headers).not.toHaveProperty('x-csrf-token')
      }
    })

    it("lets nothing of the API through that rules over the app's origin", async () => {
      await app.login()
      const evil = await app.call('/bff/api/shop/evil')
      expect(evil.headers.get('content-security-policy')).toContain('sandbox')
      for (const name of ['clear-site-data', 'access-control-allow-origin', 'refresh', 'x-tandem', 'nel'])
        expect(evil.headers.get(name)).toBeNull()
      expect(app.agent.cookies.all().filter(({ value }) => value.includes('evil'))).toEqual([])
      const refused = await app.call('/bff/api/shop/refuse/401')
      expect([refused.status, refused.headers.get('x-tandem')]).toEqual([401, null])
    })

    it('refuses to change anything without the CSRF header, or from another origin', async () => {
      await app.login()
      const headers = { 'Content-Type': 'application/json' }
      const body = '{"note":"x"}'
      for (const path of ['/notes', '/bff/api/shop/orders', '/bff/logout']) {
        const bare = await app.agent.fetch(app.url + path, { method: 'POST', headers, body, from: app.url })
        expect(bare.status).toBe(403)
        expect(await bare.json()).toMatchObject({ code: 'csrf_failed' })
      }
      expect(app.api.requests).toHaveLength(0)
      const note = await app.call('/notes', { method: 'POST', headers, body })
      expect([note.status, await note.json()]).toEqual([201, { by: 'alice', note: 'x' }])
    })

    it('asks for more where a route demands it', async () => {
      await app.login()
      const answer = await app.call('/vault')
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('acr_values="mfa"')
      await app.agent.navigate(`${app.url}/vault`)
      const page = await app.agent.login('alice', { acr: 'mfa' })
      expect([page.url.href, JSON.parse(page.text)]).toEqual([`${app.url}/vault`, { open: true }])
    })

    it('logs out: the session is gone, here and with the API', async () => {
      await app.login()
      const answer = await app.call('/bff/logout', { method: 'POST' })
      expect(await answer.json()).toEqual({ end_session_url: expect.stringContaining(app.idp.issuer) })
      expect((await app.call('/hello')).status).toBe(401)
      expect((await app.call('/bff/api/shop/orders')).status).toBe(401)
      const session = await app.call('/bff/session', { headers: { 'X-CSRF-Token': '1' } })
      expect(await session.json()).toMatchObject({ authenticated: false })
    })
  })
}
