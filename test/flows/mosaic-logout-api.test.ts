/** The sessions at Mosaic, as a logout of the BFF ends them by Mosaic's own API. */
import { describe, expect, it } from 'vitest'
import { WEB_CLIENT_ID } from '../support/mosaic.js'
import type { LogoutScope } from '../support/mosaic.js'
import { ORIGIN, startMosaicWorld } from './mosaic-world.js'

describe('a logout with idp.sessionsApi.logout', () => {
  it('ends all sessions of the user at Mosaic by the Logout API, before the tokens are revoked', async () => {
    const { mosaic, browser, newBrowser } = await startMosaicWorld({ sessionsApi: { logout: true } })
    const other = newBrowser()
    await other.login('alice')
    await browser.login('alice')
    expect((await browser.post('/bff/logout', {})).status).toBe(200)
    expect(mosaic.api.requests).toMatchObject([{ door: 'logout', status: 200 }])
    expect(mosaic.sessions('alice')).toEqual([])
    const silent = await other.agent.navigate(`${ORIGIN}/bff/login?prompt=none`, { from: `${ORIGIN}/` })
    expect(silent.url.searchParams.get('login_error')).toBe('login_required')
  })

  it.each<[string, LogoutScope, number]>([
    ['the user', 'user', 0],
    ['the session', 'session', 1],
  ])('reaches as far as Mosaic lets it (%s); once more is no failure', async (_, logoutScope, left) => {
    const { mosaic, browser, newBrowser } = await startMosaicWorld({ sessionsApi: { logout: true } })
    mosaic.settings.logoutScope = logoutScope
    const other = newBrowser()
    await other.login('alice')
    await browser.login('alice')
    await browser.post('/bff/logout', {})
    expect(mosaic.sessions('alice')).toHaveLength(left)
    // What the other browser has is good until it expires; its logout is answered 401 where its session is over.
    expect(await other.session()).toMatchObject({ authenticated: true })
    const answer = await other.post('/bff/logout', {})
    expect(await answer.json()).toEqual({ end_session_url: expect.stringContaining('/session/end') })
    expect(await other.session()).toMatchObject({ authenticated: false })
    expect(mosaic.sessions('alice')).toHaveLength(0)
    expect(await (await other.post('/bff/logout', {})).json()).toMatchObject({
      end_session_url: expect.any(String),
    })
  })

  it('is not made with access that has expired', async () => {
    const { mosaic, browser } = await startMosaicWorld(
      { sessionsApi: { logout: true } },
      { session: { idle: 0 } },
    )
    await browser.login('alice')
    mosaic.clock.advance(3_700_000)
    expect((await browser.post('/bff/logout', {})).status).toBe(200)
    expect(mosaic.api.requests).toEqual([])
    expect(mosaic.idp.live('RefreshToken')).toBe(0)
  })

  it('that is not answered keeps nobody waiting, and the tokens are revoked', async () => {
    const { mosaic, browser } = await startMosaicWorld({ sessionsApi: { logout: true } })
    await browser.login('alice')
    mosaic.api.faults.set('logout', { kind: 'hang' })
    const answer = await browser.post('/bff/logout', {})
    expect(await answer.json()).toEqual({ end_session_url: expect.stringContaining('/session/end') })
    expect(mosaic.idp.count('revocation')).toBe(2)
    expect(mosaic.idp.live('RefreshToken')).toBe(0)
    mosaic.api.faults.release()
  })

  it('that is to wait asks nothing before the time', async () => {
    const world = await startMosaicWorld({ sessionsApi: { logout: true } })
    const { mosaic, log } = world
    mosaic.limit('logout', { times: 1, retryAfter: 30 })
    for (const browser of [world.browser, world.newBrowser()]) {
      await browser.login('alice')
      expect((await browser.post('/bff/logout', {})).status).toBe(200)
    }
    expect(mosaic.api.requests).toHaveLength(1)
    expect(log.filter(({ event }) => event === 'idp_logout_failed')).toMatchObject([
      { api: 'logout', error_code: 'idp_unavailable' },
      { api: 'logout', error_code: 'idp_unavailable' },
    ])
  })

  it('of the app alone leaves them', async () => {
    const { mosaic, browser } = await startMosaicWorld({ sessionsApi: { logout: true } })
    await browser.login('alice')
    await browser.post('/bff/logout', { scope: 'app' })
    expect(mosaic.api.requests).toEqual([])
    expect(mosaic.sessions('alice')).toHaveLength(1)
  })

  it('is complete here whatever the Logout API says, and its log has it', async () => {
    const { mosaic, browser, log } = await startMosaicWorld({ sessionsApi: { logout: true } })
    await browser.login('alice')
    mosaic.api.faults.set('logout', { kind: 'status', status: 500 })
    const answer = await browser.post('/bff/logout', {})
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ end_session_url: expect.stringContaining('/session/end') })
    expect((await browser.session()).authenticated).toBe(false)
    expect(log).toContainEqual(expect.objectContaining({ event: 'idp_logout_failed' }))
  })

  it('ends the session of the SSO service whose id the user’s claims have', async () => {
    const { mosaic, browser } = await startMosaicWorld({
      sessionsApi: { logout: true },
      claims: { id_token: { ido_sso_session_id: null } },
    })
    await browser.login('alice')
    const [session] = mosaic.sessions('alice')
    await browser.post('/bff/logout', {})
    const asked = mosaic.api.requests.find(({ door }) => door === 'sso_logout')
    expect(asked?.url).toBe(
      `/ido/api/v2/auth/sso-logout?clientId=${WEB_CLIENT_ID}&ssoSessionId=${session?.session_id}`,
    )
  })
})
