/** The sessions at Mosaic, as administrators of the BFF reach them. */
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
const failed = (status: number, message: string | string[]): Fault => ({
  kind: 'status',
  status,
  body: { message, error_code: status },
})
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
    await expect(bff.idpSessions.revoke(alice)).rejects.toMatchObject({
      code: 'access_denied',
      message: expect.stringContaining('Missing permissions: apps:delete, app-admin:delete, sessions:delete'),
      revoked: 0,
      ended: 1,
    })
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

  it.each<[string, Fault, object]>([
    ['400', failed(400, ['user_id is wrong', 'so is all']), { code: 'invalid_request' }],
    ['401', failed(401, 'Invalid token'), { code: 'invalid_token' }],
    ['404', failed(404, 'Not found'), { code: 'not_found' }],
    ['500', failed(500, 'Internal server error'), { code: 'idp_unavailable' }],
    [
      'a page',
      { kind: 'status', status: 200, body: '<html>', contentType: 'text/html' },
      { retryable: true },
    ],
    ['half an answer', { kind: 'half-answer' }, { code: 'idp_unavailable' }],
    ['a lost answer', { kind: 'lost-answer' }, { code: 'idp_unavailable', revoked: null }],
  ])('who revokes is told what Mosaic says, and what ended here: %s', async (_, fault, told) => {
    const { bff, browser, mosaic } = await startMosaicWorld({ sessionsApi: administrators })
    await browser.login('alice')
    mosaic.api.faults.set('sessions', fault)
    await expect(bff.idpSessions.revoke(alice)).rejects.toMatchObject({ ...told, ended: 1 })
    expect(await browser.session()).toMatchObject({ last: { ended_by: 'revoked' } })
    mosaic.api.faults.clear()
    const revoked = fault.kind === 'lost-answer' || fault.kind === 'half-answer' ? 0 : 1
    expect(await bff.idpSessions.revoke(alice)).toEqual({ revoked, ended: 0 })
  })

  it.each<[string, Fault, object]>([
    ['429', { kind: 'status', status: 429, headers: { 'retry-after': '9' } }, { retryAfter: 9_000 }],
    ['503', { kind: 'status', status: 503 }, { code: 'idp_unavailable' }],
    ['a page', { kind: 'status', status: 200, body: '<html>' }, { code: 'idp_unavailable' }],
    ['a refusal', failed(400, 'Invalid client'), { code: 'invalid_request' }],
  ])('is told that there was no token for the API: %s', async (_, fault, told) => {
    const { bff, mosaic } = await startMosaicWorld({ sessionsApi: administrators })
    mosaic.idp.faults.set('token', fault)
    await expect(bff.idpSessions.list(alice)).rejects.toMatchObject(told)
    expect(mosaic.api.requests).toEqual([])
  })

  it('with a wrong secret is told so', async () => {
    const sessionsApi = { clientId: ADMIN_CLIENT_ID, clientSecret: 'wrong-test-secret' }
    const { bff } = await startMosaicWorld({ sessionsApi })
    await expect(bff.idpSessions.list(alice)).rejects.toMatchObject({
      code: 'invalid_client',
      message: expect.stringContaining('check clientId and clientSecret of idp.sessionsApi'),
    })
  })

  it('reads the list in the older shape, too, and goes on when its token has expired', async () => {
    const { bff, browser, mosaic } = await startMosaicWorld({ sessionsApi: administrators })
    await browser.login('alice')
    mosaic.settings.wrapSessionList = true
    expect(await bff.idpSessions.list(alice)).toHaveLength(1)
    mosaic.clock.advance(2 * 3_600_000)
    expect(await bff.idpSessions.list(alice)).toHaveLength(1)
    // Revoked at Mosaic before its time.
    mosaic.idp.storage.remove('ClientCredentials', () => true)
    expect(await bff.idpSessions.list(alice)).toHaveLength(1)
    expect(mosaic.api.requests.map(({ status }) => status)).toEqual([200, 200, 401, 200])
  })

  it('ends one session of the SSO service', async () => {
    const { bff, browser, mosaic, newBrowser } = await startMosaicWorld({ sessionsApi: administrators })
    await browser.login('alice')
    await newBrowser().login('alice')
    const [one, other] = await bff.idpSessions.list(alice)
    await bff.idpSessions.endSso({ ssoSessionId: one?.id ?? '' })
    expect(mosaic.sessions('alice')).toMatchObject([{ session_id: other?.id }])
    await expect(bff.idpSessions.endSso({ ssoSessionId: 'unknown' })).rejects.toMatchObject({
      code: 'not_found',
      error_description: 'Session not found',
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
      expect(await app.call('/idp-sessions?sub=..', { method: 'DELETE' })).toMatchObject({ status: 400 })
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
