/** S43: what a logout leaves: nothing here, nothing in any tab, and at the IDP as little as can be done. */
import { createHash } from 'node:crypto'
import { bffClient } from 'tandem-session'
import { describe, expect, it, vi } from 'vitest'
import { cookieNames, type LogoutAnswer } from '../../src/protocol.js'
import { problemOf } from '../bff/bench.js'
import { mosaicClient } from '../support/mosaic.js'
import { cookiesIn, observe } from './observed.js'
import { APP_ORIGIN, startWorld, type World } from './world.js'

const recordOf = ({ store }: World, cookie: string) =>
  store.get(createHash('sha256').update(cookie).digest('base64url'))

describe('S43 a logout invalidates the session', () => {
  it('S43 the record is gone, the cookies are cleared, and the old cookie opens nothing', async () => {
    const world = await startWorld({ own: {} })
    const { browser, newBrowser, bff } = world
    const seen = observe(world, browser)
    await browser.login('alice')
    const cookie = browser.cookie('session') ?? ''
    const csrf = browser.cookie('csrf') ?? ''
    expect(await recordOf(world, cookie)).toMatchObject({ state: 'live' })
    expect(await bff.sessions.list({ sub: 'alice' })).toHaveLength(1)

    expect((await browser.post('/bff/logout')).status).toBe(200)
    expect(await recordOf(world, cookie)).toMatchObject({ state: 'ended', tombstone: { endedBy: 'logout' } })
    expect(JSON.stringify(await recordOf(world, cookie))).not.toContain('sealed')
    expect(await bff.sessions.list({ sub: 'alice' })).toEqual([])
    const cleared = cookiesIn(seen)
      .filter(({ door, attributes }) => door === 'POST /bff/logout' && attributes.get('max-age') === '0')
      .map(({ name }) => name)
    expect(cleared).toEqual(expect.arrayContaining([cookieNames.session, cookieNames.csrf, cookieNames.hint]))
    for (const name of ['session', 'csrf', 'hint'] as const) expect(browser.cookie(name)).toBeUndefined()

    const thief = newBrowser()
    const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict'
    thief.agent.cookies.set(new URL(APP_ORIGIN), `${cookieNames.session}=${cookie}; ${attributes}`)
    for (const path of ['/bff/api/orders/1', '/own'])
      expect((await thief.fetch(path, { csrf })).status).toBe(401)
    const replayed = await thief.post('/bff/refresh', {}, { csrf })
    expect([replayed.status, (await problemOf(replayed))['ended_by']]).toEqual([401, 'logout'])
  })

  it('S43 every tab hears of it and forgets the user', async () => {
    const { openApp, mosaic } = await startWorld()
    const page = openApp()
    await page.signIn()
    const other = openApp()
    expect(await other.load()).toMatchObject({ status: 'authenticated', session: { user: { sub: 'alice' } } })

    await page.client.logout()
    await vi.waitFor(() =>
      expect(other.state).toEqual(expect.objectContaining({ status: 'unauthenticated', reason: 'logout' })),
    )
    expect(other.types().filter((type) => type === 'ended')).toHaveLength(1)
    for (const { client } of [page, other]) expect(JSON.stringify(client.getState())).not.toContain('alice')
    await expect(other.call()).rejects.toMatchObject({ code: 'session_ended', reason: 'logout' })

    // The tab that asked goes on to the IDP, which ends its session, and comes back.
    expect(page.state).toEqual({ status: 'redirecting', to: 'logout' })
    expect(page.tab.platform.left.at(-1)).toContain('/cis/oidc/session/end?')
    expect(mosaic.sessions('alice')).toHaveLength(1)
    expect(await page.follow()).toMatchObject({ status: 'unauthenticated' })
    expect(mosaic.sessions('alice')).toEqual([])
  })

  it('S43 a page that holds the access token forgets it', async () => {
    const { openApp } = await startWorld({ bff: (base) => ({ ...base, mediateTokens: true }) })
    const oauth = bffClient({ basePath: '/bff', mediateTokens: true })
    const page = openApp(undefined, { oauth })
    await page.signIn()
    expect(await oauth.getAccessToken()).toMatch(/^eyJ/)
    await page.client.logout({ scope: 'app' })
    await expect(oauth.getAccessToken()).rejects.toMatchObject({ code: 'session_ended', reason: 'logout' })
  })

  it('S43 what was deleted here is seen to at the IDP: both tokens are revoked, end_session is asked for', async () => {
    const { browser, mosaic, api } = await startWorld()
    await browser.login('alice')
    await browser.fetch('/bff/api/orders/1')
    const token = api.calls.at(-1)?.headers.authorization?.replace('Bearer ', '') ?? ''
    const isActive = async () => (await mosaicClient(mosaic).introspect(token))['active']
    expect([mosaic.idp.live('RefreshToken', 'alice'), await isActive()]).toEqual([1, true])
    const answer = await browser.post('/bff/logout', { return_to: '/' })
    const { end_session_url: url, left } = (await answer.json()) as LogoutAnswer
    expect(left).toBeUndefined()
    expect([mosaic.idp.live('RefreshToken', 'alice'), await isActive()]).toEqual([0, false])
    expect(new URL(url ?? '').origin).toBe(mosaic.baseUrl)
    await browser.agent.navigate(url ?? '', { from: `${APP_ORIGIN}/` })
    expect(browser.agent.page?.url.href).toBe(`${APP_ORIGIN}/`)
    expect(mosaic.sessions('alice')).toEqual([])
    const silent = await browser.login('alice', '/bff/login?return_to=/app&prompt=none')
    expect(silent.searchParams.get('login_error')).toBe('login_required')
  })

  it('S43 with the IDP down, it is over here all the same', async () => {
    const world = await startWorld({ own: {} })
    const { browser, mosaic, bff } = world
    await browser.login('alice')
    const cookie = browser.cookie('session') ?? ''
    await mosaic.down()
    const answer = await browser.post('/bff/logout')
    expect(answer.status).toBe(200)
    // It says what it could not see to.
    const { left } = (await answer.json()) as LogoutAnswer
    expect(left).toEqual(expect.arrayContaining(['access_token', 'refresh_token']))
    expect(await recordOf(world, cookie)).toMatchObject({ state: 'ended', tombstone: { endedBy: 'logout' } })
    expect(await bff.sessions.list({ sub: 'alice' })).toEqual([])
    expect(browser.cookie('session')).toBeUndefined()
    expect((await browser.fetch('/bff/api/orders/1')).status).toBe(401)
    expect(await browser.session()).toMatchObject({ authenticated: false })
    await mosaic.up()
    // Nothing of it comes back with the IDP.
    expect((await browser.fetch('/own')).status).toBe(401)
  })

  it('S43 with the IDP down, every tab is signed out all the same', async () => {
    const { openApp, mosaic } = await startWorld()
    const page = openApp()
    await page.signIn()
    const other = openApp()
    await other.load()
    await mosaic.down()
    await page.client.logout({ scope: 'app' })
    expect(page.state).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
    await vi.waitFor(() => expect(other.state).toMatchObject({ status: 'unauthenticated', reason: 'logout' }))
    await mosaic.up()
  })
})
