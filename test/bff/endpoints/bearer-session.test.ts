import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import type { AuthenticatedAnswer } from '../../../src/protocol.js'
import { ORIGIN, problemOf, startOddBench } from '../bench.js'
import { accepting, bring, tokenMaker } from '../brought-token.js'
import { steal } from '../wired.js'

describe('an access token brought with the cookie of another client', () => {
  const chrome = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36' }
  const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' }

  it('begins a session of its own, and leaves the other one as it is', async () => {
    const bench = await startOddBench({}, accepting)
    const token = await (await tokenMaker(bench))({ auth_time: 1_700_000_000 })
    const [owner, thief] = [bench.newBrowser(chrome), bench.newBrowser(firefox)]
    await bring(owner, token)
    steal(owner, thief)
    expect((await bring(thief, token)).status).toBe(201)
    expect(thief.cookie('session')).not.toBe(owner.cookie('session'))
    expect((await thief.signedIn()).ref).not.toBe((await owner.signedIn()).ref)
  })
})

describe('an access token that a browser-based client brings', () => {
  it('becomes a hardened cookie, and calls go through with it', async () => {
    const bench = await startOddBench({}, accepting)
    const { browser, api } = bench
    const token = await (await tokenMaker(bench))({ auth_time: 1_700_000_000 })
    const answer = await bring(browser, token)
    expect(answer.status).toBe(201)
    const { session } = (await answer.json()) as AuthenticatedAnswer
    expect(session).toMatchObject({
      user: { sub: 'alice' },
      idp: { status: 'unknown' },
      access: { extendable: false, audience: ['urn:test:api'], scope: ['a', 'b'] },
    })
    expect(session.access.expires_at).toBe((decodeJwt(token).exp ?? 0) * 1000)
    expect((await browser.signedIn()).ref).toBe(session.ref)
    expect(await browser.post('/bff/api/echo/x', {})).toMatchObject({ status: 200 })
    expect(api.calls[0]?.headers.authorization).toBe(`Bearer ${token}`)
  })

  it('cannot be extended: the session lasts as long as it does', async () => {
    const bench = await startOddBench({}, accepting)
    const { browser, clock, idp } = bench
    await bring(browser, await (await tokenMaker(bench))())
    expect((await browser.post('/bff/refresh')).status).toBe(200)
    clock.advance(301)
    expect(await problemOf(await browser.fetch('/bff/api/echo/x'))).toMatchObject({ code: 'login_required' })
    expect(idp.tokenCalls).toEqual([])
  })

  it('is followed by newer ones in the same session, whose absolute end stays', async () => {
    const bench = await startOddBench({}, accepting)
    const { browser, clock, api } = bench
    const token = await tokenMaker(bench)
    await bring(browser, await token())
    const before = await browser.signedIn()
    clock.advance(120)
    const newer = await token({ exp: Math.floor(Date.now() / 1000) + 900 })
    expect((await bring(browser, newer)).status).toBe(201)
    const after = await browser.signedIn()
    expect(after.ref).toBe(before.ref)
    expect(after.app.ends_at).toBe(before.app.ends_at)
    expect(after.access.expires_at).toBeGreaterThan(before.access.expires_at)
    await browser.fetch('/bff/api/echo/x')
    expect(api.calls.at(-1)?.headers.authorization).toBe(`Bearer ${newer}`)
  })

  it('of another user, or of another authentication, is a new session', async () => {
    const bench = await startOddBench({}, accepting)
    const { browser, bff } = bench
    const token = await tokenMaker(bench)
    await bring(browser, await token({ auth_time: 1_700_000_000 }))
    const first = [browser.cookie('session'), (await browser.signedIn()).ref]
    await bring(browser, await token({ auth_time: 1_700_000_100 }))
    expect(browser.cookie('session')).not.toBe(first[0])
    await bring(browser, await token({ sub: 'bob' }))
    expect((await browser.signedIn()).user.sub).toBe('bob')
    expect(await bff.sessions.list({ sub: 'alice' })).toEqual([])
  })

  it('of another user is a new session, also where both authenticated at the same moment', async () => {
    const bench = await startOddBench({}, accepting)
    const { browser } = bench
    const token = await tokenMaker(bench)
    await bring(browser, await token({ auth_time: 1_700_000_000 }))
    const [cookie, { ref }] = [browser.cookie('session'), await browser.signedIn()]
    await bring(browser, await token({ auth_time: 1_700_000_000, sub: 'bob' }))
    expect(browser.cookie('session')).not.toBe(cookie)
    expect(await browser.signedIn()).toMatchObject({
      ref: expect.not.stringMatching(ref),
      user: { sub: 'bob' },
    })
  })

  it('takes no session over that a login began, whoever it is of', async () => {
    const bench = await startOddBench({}, accepting)
    const { browser, bff, idp } = bench
    await browser.login()
    const { ref, user, authentication } = await browser.signedIn()
    const token = await tokenMaker(bench)
    await bring(browser, await token({ sub: user.sub, auth_time: authentication.time / 1000 }))
    const after = await browser.signedIn()
    expect(after.ref).not.toBe(ref)
    expect(after.access.extendable).toBe(false)
    expect((await bff.sessions.list({ sub: user.sub })).map((one) => one.ref)).toEqual([after.ref])
    expect(idp.tokenCalls).toHaveLength(1)
  })

  it('is not revoked when the session ends that it began: it is the browser’s own', async () => {
    const bench = await startOddBench(
      {},
      { bff: (base) => accepting.bff({ ...base, idp: { ...base.idp, revokeAccessToken: true } }) },
    )
    const { browser, bff, idp } = bench
    await bring(browser, await (await tokenMaker(bench))())
    expect(await (await browser.post('/bff/logout', { scope: 'app' })).json()).toEqual({
      end_session_url: null,
    })
    await bff.close()
    expect(idp.count('revocation')).toBe(0)
  })

  it('is logged out with the user as the hint', async () => {
    const bench = await startOddBench({}, accepting)
    await bring(bench.browser, await (await tokenMaker(bench))())
    const answer = (await (await bench.browser.post('/bff/logout')).json()) as { end_session_url: string }
    expect(new URL(answer.end_session_url).searchParams.get('logout_hint')).toBe('alice')
  })
})

describe('an access token of before a logout at the IDP', () => {
  it('opens no session after it', async () => {
    const bench = await startOddBench({}, accepting)
    const make = await tokenMaker(bench)
    const token = await make()
    const logoutToken = await make(
      { aud: 'odd', jti: 'j', events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
      { typ: 'logout+jwt' },
    )
    const told = await bench.bff.fetch(
      new Request(`${ORIGIN}/bff/backchannel-logout`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: logoutToken }),
      }),
    )
    expect(told.status).toBe(200)
    const answer = await bring(bench.browser, token)
    expect([answer.status, (await problemOf(answer))['code']]).toEqual([401, 'token_not_accepted'])
    expect((await bring(bench.browser, await make({ sub: 'bob' }))).status).toBe(201)
  })
})
