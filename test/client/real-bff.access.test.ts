// The BFF and the provider run in this process; the page is a stand-in anyway.
// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { startBench } from '../bff/bench.js'
import { grants, openApp, openMediated, pass, signedIn } from './real-bff.js'

describe('access', () => {
  it('is renewed by itself, once per expiry, three times over', async () => {
    const bench = await startBench()
    const app = await signedIn(bench.browser)
    const seen = new Set<string>()
    app.client.subscribe(({ status }) => seen.add(status))
    for (const times of [1, 2, 3]) {
      pass(bench, app, 250)
      await expect.poll(() => grants(bench.idp, 'refresh_token')).toBe(times)
      await expect.poll(() => app.client.getState()).toMatchObject({ renewal: { status: 'idle' } })
    }
    expect(seen).toEqual(new Set(['authenticated']))
  })

  it('that two tabs renew at their timers is renewed once', async () => {
    const bench = await startBench()
    const app = await signedIn(bench.browser)
    const tab = openApp(bench.browser)
    await tab.client.start()
    bench.clock.advance(250)
    app.page.advance(250_000)
    tab.page.advance(250_000)
    for (const { client } of [app, tab]) {
      await expect.poll(() => client.getState()).toMatchObject({ renewal: { status: 'idle' } })
    }
    expect(grants(bench.idp, 'refresh_token')).toBe(1)
  })

  it('is kept while the IDP is down, and renewed when it is back', async () => {
    const { browser, idp } = await startBench()
    const { client, page } = await signedIn(browser)
    await idp.down()
    await expect(client.refresh()).rejects.toMatchObject({ code: 'idp_unavailable' })
    expect(client.getState().status).toBe('authenticated')
    await idp.up()
    page.wake('online')
    await expect.poll(() => client.getState()).toMatchObject({ renewal: { status: 'idle' } })
  })

  it('that the IDP refuses to renew can be relied on until it expires, and then the session is over', async () => {
    const bench = await startBench()
    const app = await signedIn(bench.browser)
    await bench.idp.revoke('alice')
    const session = await app.client.refresh()
    expect(session).toMatchObject({ idp: { status: 'ended' }, access: { extendable: false } })
    expect((await app.client.fetch('https://api.test/x')).status).toBe(200)
    pass(bench, app, 400)
    await expect.poll(() => app.client.getState()).toMatchObject({ status: 'unauthenticated' })
    expect(app.client.getState()).toMatchObject({ reason: 'idp_session_over' })
  })

  it('is handed out where the BFF mediates it', async () => {
    const { browser } = await startBench({ bff: (base) => ({ ...base, mediateTokens: true }) })
    await signedIn(browser)
    const client = openMediated(browser)
    const token = await client.oauth.getAccessToken()
    expect(token).toMatch(/\S{20}/)
    expect(await client.oauth.getAccessToken()).toBe(token)
  })

  it('is not handed out where it does not', async () => {
    const { browser } = await startBench()
    await signedIn(browser)
    await expect(openMediated(browser).oauth.getAccessToken()).rejects.toThrow()
  })
})

describe('the end', () => {
  it('by an administrator is known to the tab that wakes, with who ended it', async () => {
    const { browser, bff } = await startBench()
    const { client, page } = await signedIn(browser)
    await bff.sessions.end({ sub: 'alice' })
    page.advance(11_000)
    page.wake('visible')
    await expect
      .poll(() => client.getState())
      .toEqual({ status: 'unauthenticated', reason: 'revoked', endedAt: expect.any(Number) })
  })

  it('of the idle time is known when it comes', async () => {
    const bench = await startBench({ bff: (base) => ({ ...base, session: { idle: 120 } }) })
    const app = await signedIn(bench.browser)
    const told: number[] = []
    app.client.on('expiring', ({ timeLeft }) => told.push(timeLeft))
    // Nobody is warned before the BFF was asked.
    pass(bench, app, 91)
    expect(told).toEqual([])
    await expect.poll(() => told).toHaveLength(1)
    pass(bench, app, 30)
    await expect
      .poll(() => app.client.getState())
      .toMatchObject({
        status: 'unauthenticated',
        reason: 'app_session_over',
      })
    // The one at the IDP is not: a logout still ends that.
    await app.client.logout()
    expect(app.page.left.at(-1)).toMatch(/post_logout_redirect_uri/)
    expect(app.client.getState()).toEqual({ status: 'redirecting', to: 'logout' })
  })

  it('of the idle time is moved by a call', async () => {
    const bench = await startBench({ bff: (base) => ({ ...base, session: { idle: 120 } }) })
    const app = await signedIn(bench.browser)
    pass(bench, app, 80)
    expect((await app.client.fetch('https://api.test/x')).status).toBe(200)
    const told: number[] = []
    app.client.on('expiring', ({ timeLeft }) => told.push(timeLeft))
    // The page knows of the first end only, and asks before it warns of it.
    pass(bench, app, 11)
    await expect
      .poll(() => app.client.getState())
      .toMatchObject({
        session: { app: { idleEndsAt: expect.toSatisfy((at: number) => at > bench.clock.now()) } },
      })
    expect(app.page.requests.some(({ url }) => url === 'https://app.test/bff/session')).toBe(true)
    expect(told).toEqual([])
  })

  it('by logout ends both sessions: the IDP asks for a login again', async () => {
    const { browser, idp } = await startBench()
    const app = await signedIn(browser)
    await app.client.logout({ returnTo: '/bye' })
    expect(app.page.left[0]).toContain(idp.origin)
    expect(idp.live('RefreshToken', 'alice')).toBe(0)
    await browser.agent.navigate(app.page.left[0] ?? '', { from: app.page.address() })
    const back = app.load('/bye')
    expect(await back.client.start()).toEqual({ status: 'unauthenticated' })
    expect(back.page.requests).toHaveLength(0)
  })

  it('by logout of the app leaves the IDP’s: the next login asks for nothing', async () => {
    const { browser } = await startBench()
    const app = await signedIn(browser)
    await app.client.logout({ scope: 'app' })
    expect(app.client.getState()).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
    await app.client.login()
    const arrived = await browser.agent.navigate(app.page.left.at(-1) ?? '', { from: app.page.address() })
    expect(arrived.url.origin).toBe('https://app.test')
    expect(await app.load('/').client.start()).toMatchObject({ status: 'authenticated' })
  })

  it('by logout in another tab is known to the tab that wakes', async () => {
    const { browser } = await startBench()
    const app = await signedIn(browser)
    const tab = openApp(browser)
    await tab.client.start()
    await tab.client.logout({ scope: 'app' })
    app.page.advance(11_000)
    app.page.wake('visible')
    await expect.poll(() => app.client.getState().status).toBe('unauthenticated')
  })
})
