// The BFF and the provider run in this process; the page is a stand-in anyway.
// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { startBench } from '../bff/bench.js'
import type { BffBench } from '../bff/bench.js'
import { openApp, openMediated, signedIn } from './real-bff.js'
import type { App } from './real-bff.js'

/** Time passes for the page and for the BFF. */
const pass = ({ clock }: BffBench, { page }: App, seconds: number): void => {
  clock.advance(seconds)
  page.advance(seconds * 1000)
}
const grants = (idp: { tokenRequests: { grant_type?: unknown }[] }, type: string): number =>
  idp.tokenRequests.filter(({ grant_type: grant }) => grant === type).length

describe('a login', () => {
  it('costs nothing while nobody is signed in, leads back to the deep link, and then costs one request', async () => {
    const { browser } = await startBench()
    const app = openApp(browser, '/orders/7?tab=lines#total')
    expect(await app.client.start()).toEqual({ status: 'unauthenticated' })
    expect(app.page.requests).toHaveLength(0)
    await app.client.login()
    const back = await app.follow()
    expect(back.page.address().href).toBe('https://app.test/orders/7?tab=lines#total')
    expect(await back.client.start()).toMatchObject({
      status: 'authenticated',
      session: { user: { sub: 'alice' }, idp: { status: 'active' }, access: { extendable: true } },
    })
    expect(back.page.requests).toHaveLength(1)
  })

  it('that the user cancels comes back typed, with a clean address, and can be begun again', async () => {
    const { browser } = await startBench()
    const app = openApp(browser, '/a?b=1')
    await app.client.start()
    await app.client.login()
    await browser.agent.navigate(app.page.left.at(-1) ?? '', { from: app.page.address() })
    await browser.agent.cancelLogin()
    const back = app.load(browser.agent.page?.url.href)
    expect(await back.client.start()).toMatchObject({
      status: 'unauthenticated',
      error: { name: 'OAuthError', code: 'access_denied' },
    })
    expect(back.page.address().href).toBe('https://app.test/a?b=1')
    expect(back.page.requests).toHaveLength(0)
    await back.client.login()
    const again = await back.follow()
    expect(await again.client.start()).toMatchObject({ status: 'authenticated' })
  })

  it('at an IDP that is down comes back typed', async () => {
    const { browser, idp } = await startBench()
    await idp.down()
    const app = openApp(browser)
    await app.client.start()
    await app.client.login()
    const back = await app.follow()
    expect(await back.client.start()).toMatchObject({
      status: 'unauthenticated',
      error: { name: 'NetworkError', code: 'idp_unavailable' },
    })
  })

  it('loop of three that came back and led to nothing stops', async () => {
    const { browser } = await startBench()
    let app = openApp(browser)
    for (const _ of [1, 2, 3]) {
      await app.client.start()
      await app.client.login()
      app = await app.follow()
    }
    await app.client.start()
    await expect(app.client.login()).rejects.toMatchObject({ code: 'login_loop' })
  })

  it('loop of failures is seen by the BFF, too, where the tab forgets', async () => {
    const { browser } = await startBench()
    for (const _ of [1, 2, 3]) {
      const app = openApp(browser)
      await app.client.start()
      await app.client.login()
      await browser.agent.navigate(app.page.left.at(-1) ?? '', { from: app.page.address() })
      await browser.agent.cancelLogin()
    }
    const app = openApp(browser)
    await app.client.start()
    await app.client.login()
    const back = await app.follow()
    expect(await back.client.start()).toMatchObject({
      status: 'unauthenticated',
      error: { name: 'CallbackError', code: 'login_loop' },
    })
  })
})

describe('a call', () => {
  it('reaches the API with the user’s token and nothing of the page’s', async () => {
    const { browser, api } = await startBench()
    const { client } = await signedIn(browser)
    const response = await client.fetch('https://api.test/orders/a%20b?x=%26', {
      method: 'POST',
      body: 'hello',
    })
    expect(response.status).toBe(200)
    expect(api.calls).toMatchObject([{ method: 'POST', url: '/orders/a%20b?x=%26', body: 'hello' }])
    expect(api.calls[0]?.headers.authorization).toMatch(/^Bearer \S+$/)
    expect(api.calls[0]?.headers).not.toHaveProperty('cookie')
    expect(api.calls[0]?.headers).not.toHaveProperty('x-csrf-token')
  })

  it('of 50 at a time with an expired token costs one token request, and none of them fails', async () => {
    const bench = await startBench()
    const app = await signedIn(bench.browser)
    pass(bench, app, 400)
    const before = grants(bench.idp, 'refresh_token')
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, id) => app.client.fetch(`https://api.test/${id}`)),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(grants(bench.idp, 'refresh_token') - before).toBe(1)
  })

  it.each([401, 403, 409])(
    'that an upstream answers with %i is answered with that, and changes nothing',
    async (status) => {
      const { browser, api, idp } = await startBench()
      const { client } = await signedIn(browser)
      api.answer = (_, response) => {
        response.writeHead(status, { 'content-type': 'application/problem+json', 'x-tandem': '1' })
        response.end(JSON.stringify({ code: 'login_required', status, ended_by: 'revoked' }))
      }
      const response = await client.fetch('https://api.test/x')
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ code: 'login_required' })
      expect(client.getState().status).toBe('authenticated')
      expect(api.calls).toHaveLength(1)
      expect(grants(idp, 'refresh_token')).toBe(0)
    },
  )

  it('heals a CSRF cookie that got lost', async () => {
    const { browser, api } = await startBench()
    await signedIn(browser)
    browser.agent.cookies.delete('https://app.test', '__Host-csrf')
    const { client } = openApp(browser)
    expect((await client.fetch('https://api.test/x', { method: 'POST' })).status).toBe(200)
    expect(api.calls).toHaveLength(1)
  })

  it('made as alice reaches no upstream once bob is signed in, and the page learns of bob', async () => {
    const { browser, api } = await startBench()
    const alice = await signedIn(browser)
    const reasons: string[] = []
    alice.client.on('ended', ({ reason }) => reasons.push(reason))
    const tab = openApp(browser)
    await tab.client.start()
    await tab.client.login({ prompt: 'login' })
    await (await tab.follow('bob')).client.start()
    const response = await alice.client.fetch('https://api.test/transfer', {
      method: 'POST',
      body: 'as alice',
    })
    expect(response.status).toBe(409)
    expect(api.calls).toHaveLength(0)
    expect(reasons).toEqual(['user_changed'])
    expect(alice.client.getState()).toMatchObject({ session: { user: { sub: 'bob' } } })
  })

  it('is made once, as the same user’s new session, where another tab signed in anew', async () => {
    const { browser, api } = await startBench()
    const first = await signedIn(browser)
    await signedIn(browser)
    const response = await first.client.fetch('https://api.test/x', { method: 'POST', body: 'b' })
    expect(response.status).toBe(200)
    expect(api.calls).toHaveLength(1)
  })

  it('that an upstream wants a step-up for is answered after it', async () => {
    const { browser, api } = await startBench({
      bff: (base) => {
        const url = base.upstreams?.['echo']?.url ?? ''
        return { ...base, upstreams: { echo: { url, require: { acr: 'mfa' } } } }
      },
    })
    const app = await signedIn(browser)
    void app.client.fetch('https://api.test/x')
    await expect.poll(() => app.page.left).toHaveLength(1)
    expect(app.page.left[0]).toContain('acr_values=mfa')
    const back = await app.follow('alice', 'mfa')
    expect((await back.client.fetch('https://api.test/x')).status).toBe(200)
    expect(api.calls).toHaveLength(1)
  })
})

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
