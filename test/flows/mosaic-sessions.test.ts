/** The sessions at Mosaic, as the BFF's administrators and a logout reach them. */
import { describe, expect, it } from 'vitest'
import type { IdpSessionFilter } from 'tandem-session/bff'
import { admin } from '../../src/bff/server/admin.js'
import { run } from '../bff/node/harness.js'
import type { Fault } from '../support/idp.js'
import {
  ADMIN_CLIENT_ID,
  MOSAIC_CLIENT_SECRET,
  POWERLESS_CLIENT_ID,
  WEB_CLIENT_ID,
} from '../support/mosaic.js'
import { ORIGIN, startMosaicWorld } from './mosaic-world.js'

const administrators = { clientId: ADMIN_CLIENT_ID, clientSecret: MOSAIC_CLIENT_SECRET }
const alice: IdpSessionFilter = { sub: 'alice' }

describe('an administrator', () => {
  it('lists the sessions of a user, and ends all of them there and here', async () => {
    const world = await startMosaicWorld({ sessionsApi: administrators })
    const { mosaic, bff, browser } = world
    const [elsewhere, bobs] = [world.newBrowser(), world.newBrowser()]
    await browser.login('alice')
    await elsewhere.login('alice')
    await bobs.login('bob')
    const listed = await bff.idpSessions.list(alice)
    expect(listed).toHaveLength(2)
    for (const session of listed) {
      expect(session).toMatchObject({ sub: 'alice', clientId: WEB_CLIENT_ID })
      expect(session.expiresAt - session.startedAt).toBe(1_209_600_000)
    }
    expect(await bff.idpSessions.revoke(alice)).toEqual({ revoked: 2, ended: 2 })
    expect(await bff.idpSessions.list(alice)).toEqual([])
    for (const one of [browser, elsewhere])
      expect(await one.session()).toMatchObject({ authenticated: false, last: { ended_by: 'revoked' } })
    expect(await bobs.session()).toMatchObject({ authenticated: true })
    // One token served all of these calls.
    expect(mosaic.idp.tokenRequests.filter((one) => one.client_id === ADMIN_CLIENT_ID)).toHaveLength(1)
  })

  it('without the roles is told which ones they are; here the sessions are over all the same', async () => {
    const sessionsApi = { clientId: POWERLESS_CLIENT_ID, clientSecret: MOSAIC_CLIENT_SECRET }
    const { bff, browser, mosaic, log } = await startMosaicWorld({ sessionsApi })
    await browser.login('alice')
    await expect(bff.idpSessions.list(alice)).rejects.toMatchObject({
      code: 'access_denied',
      message: expect.stringContaining('apps:read, [appId]:read and sessions:read'),
    })
    await expect(bff.idpSessions.revoke(alice)).rejects.toMatchObject({ code: 'access_denied' })
    expect(mosaic.sessions('alice')).toHaveLength(1)
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'revoked' } })
    expect(log).toContainEqual(expect.objectContaining({ event: 'idp_sessions_left', ended: 1 }))
  })

  it.each([
    ['429 that says for how long', { times: 1, retryAfter: 3 }, 3_000],
    ['429 that does not', { times: 1 }, 60_000],
  ])('waits as Mosaic asks: %s', async (_, limit, retryAfter) => {
    const { bff, mosaic } = await startMosaicWorld({ sessionsApi: administrators })
    mosaic.limit('sessions', limit)
    await expect(bff.idpSessions.list(alice)).rejects.toMatchObject({ code: 'idp_unavailable', retryAfter })
    const asked = mosaic.api.requests.length
    await expect(bff.idpSessions.list(alice)).rejects.toMatchObject({ retryable: true })
    expect(mosaic.api.requests).toHaveLength(asked)
    mosaic.clock.advance(retryAfter + 100)
    expect(await bff.idpSessions.list(alice)).toEqual([])
  })

  it.each<[string, Fault]>([
    ['5xx', { kind: 'status', status: 503 }],
    ['it hangs', { kind: 'hang' }],
    ['it is cut', { kind: 'cut' }],
  ])('is told that there was no answer: %s', async (_, fault) => {
    const { bff, mosaic } = await startMosaicWorld({ sessionsApi: administrators, timeout: 1 })
    await bff.idpSessions.list(alice)
    mosaic.api.faults.set('sessions', fault)
    await expect(bff.idpSessions.list(alice)).rejects.toMatchObject({
      name: 'NetworkError',
      code: 'idp_unavailable',
    })
  })

  it('does so by the admin listener', async () => {
    const { bff, browser, mosaic } = await startMosaicWorld({ sessionsApi: administrators })
    await browser.login('alice')
    const app = await run(admin(bff, ORIGIN))
    try {
      const listed = await app.call('/idp-sessions?sub=alice')
      expect(JSON.parse(listed.body)).toEqual({
        sessions: [
          {
            ...{ id: expect.any(String), sub: 'alice', client_id: WEB_CLIENT_ID },
            ...{ started_at: expect.any(Number), expires_at: expect.any(Number) },
          },
        ],
      })
      for (const path of ['/idp-sessions', '/idp-sessions?sub=', '/idp-sessions?sub=alice&all=1'])
        expect(await app.call(path, { method: 'DELETE' })).toMatchObject({ status: 400 })
      expect(await app.call('/idp-sessions?sub=alice', { method: 'POST' })).toMatchObject({ status: 405 })
      const page = { headers: { 'Sec-Fetch-Site': 'cross-site' } }
      expect(await app.call('/idp-sessions?sub=alice', page)).toMatchObject({ status: 403 })
      expect(mosaic.sessions('alice')).toHaveLength(1)
      mosaic.limit('sessions', { times: 1, retryAfter: 2 })
      const limited = await app.call('/idp-sessions?sub=alice')
      expect(limited).toMatchObject({ status: 503, headers: { 'retry-after': '2' } })
      mosaic.clock.advance(2_100)
      const revoked = await app.call('/idp-sessions?sub=alice', { method: 'DELETE' })
      expect(JSON.parse(revoked.body)).toEqual({ revoked: 1, ended: 1 })
    } finally {
      await app.close()
    }
  })

  it('is told where no client is configured, before anything ends', async () => {
    const { bff, browser } = await startMosaicWorld()
    await browser.login('alice')
    await expect(bff.idpSessions.revoke(alice)).rejects.toMatchObject({
      code: 'configuration_invalid',
      option: 'idp.sessionsApi.clientId',
    })
    expect(await browser.session()).toMatchObject({ authenticated: true })
    const app = await run(admin(bff, ORIGIN))
    expect(await app.call('/idp-sessions?sub=alice')).toMatchObject({ status: 404 })
    await app.close()
  })
})

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
