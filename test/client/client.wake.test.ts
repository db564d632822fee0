import { describe, expect, it } from 'vitest'
import { setUp, facts, statusOf } from './open-client.js'
import { MINUTE, offline } from './wire-bff.js'

describe('a page that wakes', () => {
  it('learns that its session was ended while it slept, by whom and when', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    const heard = facts(client)
    bff.session = null
    bff.last = { ended_by: 'revoked', at: 1 }
    bff.page.skewBy(MINUTE)
    bff.page.wake('visible')
    await statusOf(client, 'unauthenticated')
    expect(client.getState()).toEqual({ status: 'unauthenticated', reason: 'revoked', endedAt: 1 })
    expect(heard).toEqual(['ended'])
  })

  it('asks no more than once in 10 s', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.page.wake('visible')
    bff.page.advance(10_001)
    bff.page.wake('visible')
    // Joins the question that the wake has asked.
    await client.checkSession()
    bff.page.wake('visible')
    bff.page.wake('online')
    expect(bff.log()).toHaveLength(2)
  })

  it('learns that the user signed in in another tab', async () => {
    const { bff, client } = setUp()
    await client.start()
    bff.page.advance(10_001)
    bff.page.wake('visible')
    expect(await client.checkSession()).toBeNull()
    expect(bff.log()).toEqual([])
    bff.signIn('alice')
    bff.page.advance(10_001)
    bff.page.wake('visible')
    await statusOf(client, 'authenticated')
    expect(bff.log()).toHaveLength(1)
  })

  it('keeps the error it shows', async () => {
    const { bff, client } = setUp({ address: 'https://app.test/?login_error=access_denied' })
    const state = await client.start()
    bff.signIn('alice')
    bff.page.advance(10_001)
    bff.page.wake('visible')
    expect(client.getState()).toBe(state)
    expect(bff.log()).toEqual([])
  })

  it('renews what fell due while it slept, with one request', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    const heard = facts(client)
    bff.page.skewBy(4.5 * MINUTE)
    bff.page.wake('visible')
    await expect.poll(() => heard).toEqual(['refreshed'])
    expect(bff.log()).toEqual(['GET /bff/session', 'POST /bff/refresh'])
  })

  it('keeps its session where the BFF cannot be asked', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    bff.page.advance(11_000)
    bff.once('GET /bff/session', offline)
    bff.page.wake('visible')
    await expect(client.checkSession()).rejects.toMatchObject({ code: 'network_failed' })
    expect(client.getState()).toMatchObject({ session: { user: { sub: 'alice' } } })
  })

  it('out of the back-forward cache while redirecting asks again', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    await client.login()
    expect(client.getState()).toEqual({ status: 'redirecting', to: 'login' })
    bff.page.wake('restored')
    await statusOf(client, 'authenticated')
    expect(bff.log()).toHaveLength(2)
  })

  it('out of the back-forward cache while logging out says signed out, and login works again', async () => {
    const { bff, client } = setUp({ signedIn: 'alice' })
    await client.start()
    await client.logout()
    expect(client.getState()).toEqual({ status: 'redirecting', to: 'logout' })
    bff.page.wake('restored')
    await statusOf(client, 'unauthenticated')
    await client.login()
    expect(bff.page.left.at(-1)).toContain('/bff/login')
  })
})
