// @vitest-environment node
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { NetworkError, SessionEndedError } from '../../src/errors.js'
import type { Renewed } from '../../src/client/oauth-client.js'
import type { Session } from '../../src/session/session.js'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import { signIn, type BrowserPage } from '../support/browser-page.js'
import { startTestIdp, type Idp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'

let idp: Idp
let tab: AppTab
let page: BrowserPage
let session: Session

const renewedSession = (renewed: Renewed): Session => {
  if (renewed.type !== 'restored') throw new Error(`not renewed: ${JSON.stringify(renewed)}`)
  return renewed.session
}
const refreshes = (): number => idp.tokenRequests.filter((one) => one.grant_type === 'refresh_token').length
const token = (): Promise<string> => {
  page.connection.access = () => Promise.resolve(session)
  return page.getAccessToken()
}

beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.close())
beforeEach(async () => {
  idp.faults.clear()
  idp.settings.rotateRefreshTokens = true
  await idp.revoke('alice')
  tab = openAppTab(createUserAgent())
  ;({ page, session } = await signIn(tab, idp.issuer))
  idp.clearRequests()
})

describe('a renewal', () => {
  it('brings a new access token to the same session', async () => {
    const before = await token()
    tab.platform.advance(100_000)
    const renewed = renewedSession(await page.renew(session))
    expect(renewed).toMatchObject({ ref: session.ref, user: session.user, app: session.app })
    expect(renewed.authentication).toEqual(session.authentication)
    expect(await token()).not.toBe(before)
    expect(refreshes()).toBe(1)
  })

  it.each([true, false])('goes on and on, whether refresh tokens rotate or not: %s', async (rotates) => {
    idp.settings.rotateRefreshTokens = rotates
    for (let i = 0; i < 4; i += 1) session = renewedSession(await page.renew(session))
    expect(refreshes()).toBe(4)
  })

  it('is one request for however many ask for it', async () => {
    idp.faults.next('token', { kind: 'held-answer' })
    const asked = Array.from({ length: 50 }, () => page.renew(session))
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    idp.faults.release()
    const answers = await Promise.all(asked)
    expect(new Set(answers.map((answer) => renewedSession(answer).access.expiresAt)).size).toBe(1)
    expect(refreshes()).toBe(1)
  })

  it('is not made where access is newer than the asker knows, unless it is demanded', async () => {
    tab.platform.skewBy(-1_000)
    const old = { ...session, access: { ...session.access, expiresAt: session.access.expiresAt - 1 } }
    expect(renewedSession(await page.renew(old))).toEqual(session)
    expect(refreshes()).toBe(0)
    await page.renew(old, true)
    expect(refreshes()).toBe(1)
  })

  it('is made for the session that is held, and for no other', async () => {
    const other = { ...session, ref: 'another' }
    expect(await page.renew(other)).toEqual({ type: 'absent', reason: 'unknown' })
    expect(refreshes()).toBe(0)
  })
})

describe('a renewal that is refused', () => {
  it('is the end of the IDP session, and is not tried again', async () => {
    await idp.revoke('alice')
    expect(await page.renew(session)).toEqual({ type: 'idp-ended', endedBy: 'expired' })
    await page.renew(session, true)
    expect(refreshes()).toBe(1)
    // The access token is still good for what it is good for.
    expect(await token()).toMatch(/\./)
  })

  it('is told apart from one whose token got lost', async () => {
    idp.faults.next('token', { kind: 'lost-answer' })
    await expect(page.renew(session)).rejects.toBeInstanceOf(NetworkError)
    expect(await page.renew(session)).toEqual({ type: 'idp-ended', endedBy: 'refresh_lost' })
  })

  it('is an ordinary end again once a renewal has succeeded in between', async () => {
    idp.faults.next('token', { kind: 'cut' })
    await expect(page.renew(session)).rejects.toBeInstanceOf(NetworkError)
    session = renewedSession(await page.renew(session))
    await idp.revoke('alice')
    expect(await page.renew(session)).toEqual({ type: 'idp-ended', endedBy: 'expired' })
  })

  it('is seen through a DPoP-Nonce header', async () => {
    const headers = { 'dpop-nonce': 'n' }
    idp.faults.next('token', { kind: 'status', status: 400, body: { error: 'invalid_grant' }, headers })
    expect(await page.renew(session)).toEqual({ type: 'idp-ended', endedBy: 'expired' })
  })
})

describe('a renewal that gets no answer', () => {
  it.each([
    ['a cut', { kind: 'cut' }],
    [
      '502 with HTML',
      { kind: 'status', status: 502, body: '<h1>Bad gateway</h1>', contentType: 'text/html' },
    ],
    ['a captive portal', { kind: 'status', status: 200, body: '<h1>Wi-Fi</h1>', contentType: 'text/html' }],
    ['404', { kind: 'status', status: 404 }],
    ['429', { kind: 'status', status: 429, headers: { 'retry-after': '5' } }],
    ['invalid_client', { kind: 'status', status: 401, body: { error: 'invalid_client' } }],
  ] as const)('changes nothing: %s', async (_, fault) => {
    idp.faults.next('token', fault)
    await expect(page.renew(session)).rejects.toBeInstanceOf(NetworkError)
    expect(renewedSession(await page.renew(session)).ref).toBe(session.ref)
  })

  it('says for how long it should not be tried again', async () => {
    // A page reads Retry-After only where the IDP exposes it.
    const headers = { 'retry-after': '5', 'access-control-expose-headers': 'Retry-After' }
    idp.faults.next('token', { kind: 'status', status: 503, headers })
    await expect(page.renew(session)).rejects.toMatchObject({ code: 'idp_unavailable', retryAfter: 5_000 })
  })

  it('is given up after 30 s', async () => {
    idp.faults.next('token', { kind: 'hang' })
    const failure = page.renew(session).catch((thrown: unknown) => thrown)
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    tab.platform.advance(30_000)
    expect(await failure).toMatchObject({ name: 'NetworkError', code: 'timeout' })
    idp.faults.release()
  })
})

describe('signing out while a renewal is on the wire', () => {
  it('revokes what it brings', async () => {
    idp.faults.next('token', { kind: 'held-answer' })
    const renewing = page.renew(session)
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    await page.connection.logout({ scope: 'app', returnTo: '/' })
    idp.faults.release()
    expect(await renewing).toMatchObject({ type: 'absent', reason: 'logout' })
    await vi.waitFor(() => expect(idp.live('RefreshToken', 'alice')).toBe(0))
    await expect(token()).rejects.toBeInstanceOf(SessionEndedError)
  })
})

describe('the access token', () => {
  it('is asked for through the session client', async () => {
    page.connection.access = () => Promise.reject(new SessionEndedError('logout'))
    await expect(page.getAccessToken()).rejects.toMatchObject({ code: 'session_ended', reason: 'logout' })
  })

  it('is not there without a session client', async () => {
    delete page.connection.access
    await expect(page.getAccessToken()).rejects.toBeInstanceOf(SessionEndedError)
  })

  it('is not another session’s', async () => {
    page.connection.access = () => Promise.resolve({ ...session, ref: 'another' })
    await expect(page.getAccessToken()).rejects.toBeInstanceOf(SessionEndedError)
  })
})
