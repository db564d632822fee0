import { describe, expect, it } from 'vitest'
import { drive } from './drive.js'

describe('standalone.mjs', () => {
  const app = drive('standalone')

  it('serves the files of the app, its doors and its API', async () => {
    const page = await app.agent.navigate(`${app.url}/orders/1001`)
    expect(page.text).toContain('An app of files')
    await app.login('/orders/1001')
    const session = await app.call('/bff/session', { headers: { 'X-CSRF-Token': '1' } })
    expect(await session.json()).toMatchObject({ authenticated: true, session: { user: { sub: 'alice' } } })
    const order = await app.call('/bff/api/shop/orders/1001')
    expect(await order.json()).toMatchObject({ id: '1001' })
    const bare = await app.agent.fetch(`${app.url}/bff/logout`, { method: 'POST', from: app.url })
    expect(bare.status).toBe(403)
    expect((await app.call('/bff/logout', { method: 'POST' })).status).toBe(200)
    expect((await app.call('/bff/api/shop/orders/1001')).status).toBe(401)
  })
})
