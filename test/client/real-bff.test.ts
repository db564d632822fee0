// The BFF and the provider run in this process; the page is a stand-in anyway.
// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { startBench } from '../bff/bench.js'
import { grants, openApp, pass, signedIn } from './real-bff.js'

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
      // A 401 may be about the token: once, the call is sent again with a new one.
      const renewals = status === 401 ? 1 : 0
      expect(api.calls).toHaveLength(1 + renewals)
      expect(grants(idp, 'refresh_token')).toBe(renewals)
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
