import { describe, expect, it } from 'vitest'
import { ORIGIN, startBench } from '../bff/bench.js'

describe('a login through the BFF', () => {
  it('ends signed in, where it was begun, with hardened cookies and no token in sight', async () => {
    const { browser, idp } = await startBench()
    expect(await browser.session()).toEqual({ authenticated: false })
    const back = await browser.login('alice', '/bff/login?return_to=%2Fapp%3Fx%3D1%23top')
    expect(back.href).toBe(`${ORIGIN}/app?x=1#top`)

    const session = await browser.signedIn()
    expect(session.user.sub).toBe('alice')
    expect(session.idp).toMatchObject({ status: 'active', sid: expect.any(String) })
    expect(session.access).toMatchObject({ extendable: true, audience: ['urn:tandem:demo-api'] })
    expect(session.authentication.time).toBeGreaterThan(Date.now() - 60_000)

    const cookies = browser.agent.cookies.all(ORIGIN)
    expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]).sort()).toEqual([
      ['__Host-Http-session', true, 'strict'],
      ['__Host-csrf', false, 'strict'],
      ['__Host-hint', false, 'lax'],
    ])
    expect(cookies.every((cookie) => cookie.secure && cookie.hostOnly && cookie.path === '/')).toBe(true)
    expect(browser.cookie('session')).toMatch(/^[\w-]{43}$/)
    expect(idp.tokenRequests).toHaveLength(1)
  })
})
