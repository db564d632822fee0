/** The main job as a story, for every way to hold tokens: log in, reload, stay, call, log out, and the next user. */
import { describe, expect, it } from 'vitest'
import { HOLDERS, startWorld } from './client-world.js'

describe.each(HOLDERS)('tokens held by: %s', (heldBy) => {
  it('a login comes back to where it began, and the API knows the user', async () => {
    const { open, api } = await startWorld(heldBy)
    const page = open('/orders/7?tab=lines&q=%C3%A9#total')
    await page.signIn()
    expect(page.tab.platform.address().href).toBe('https://app.test/orders/7?tab=lines&q=%C3%A9#total')
    expect(page.session).toMatchObject({
      user: { sub: 'alice', name: 'Alice Andersson' },
      idp: { status: 'active' },
      access: { extendable: true },
      authentication: { acr: 'pwd' },
    })
    expect(page.types()).toEqual(['authenticated'])
    expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
    expect(api.requests).toHaveLength(1)
  })

  it('a reload finds the session again, without a word to the user', async () => {
    const { open, idp } = await startWorld(heldBy)
    const page = open('/deep?x=1#y')
    const before = await page.signIn()
    idp.clearRequests()
    expect(await page.load()).toMatchObject({ status: 'authenticated', session: { user: { sub: 'alice' } } })
    expect(page.tab.platform.address().href).toBe('https://app.test/deep?x=1#y')
    expect(idp.count('interaction'), 'login pages shown').toBe(0)
    // The BFF's session is the same one; a page's own begins anew, and ends when the first would have.
    if (heldBy !== 'browser') expect(page.session.ref).toBe(before.ref)
    expect(Math.abs(page.session.app.endsAt - before.app.endsAt)).toBeLessThan(2_000)
    expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
  })

  it('access is renewed over three expiries with three requests, and calls go on', async () => {
    const { open, pass, refreshes } = await startWorld(heldBy)
    const page = open()
    const { ref } = await page.signIn()
    for (let expiries = 1; expiries <= 3; expiries += 1) {
      await pass(240, page)
      expect(page.types().filter((type) => type === 'refreshed')).toHaveLength(expiries)
      expect(refreshes()).toHaveLength(expiries)
      expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
    }
    expect(page.session.ref).toBe(ref)
    expect(page.types()).toEqual(['authenticated', 'refreshed', 'refreshed', 'refreshed'])
    expect(refreshes().map(({ error }) => error)).toEqual([null, null, null])
  })

  it('50 calls at once with an expired token renew it once, and none fails', async () => {
    const { open, pass, refreshes } = await startWorld(heldBy)
    const page = open()
    await page.signIn()
    page.client.stop()
    await pass(301)
    const answers = await Promise.all(Array.from({ length: 50 }, () => page.call()))
    expect(answers).toEqual(Array.from({ length: 50 }, () => ({ status: 200, sub: 'alice' })))
    expect(refreshes()).toHaveLength(1)
  })

  it('what the API refuses is the API’s answer, whatever it looks like: the session goes on', async () => {
    const { open, api } = await startWorld(heldBy)
    const page = open()
    const { ref } = await page.signIn()
    for (const status of [401, 409, 403, 503]) {
      // A problem document like one of the BFF's, code and all.
      expect(await page.call(`refuse/${status}`)).toMatchObject({ status })
      expect(page.state).toMatchObject({
        status: 'authenticated',
        session: { ref, idp: { status: 'active' } },
      })
    }
    expect(page.types()).not.toContain('ended')
    expect(page.tab.platform.left).toEqual([])
    // A refused token is worth one more try with a new one; nothing else is.
    expect(api.requests.length).toBe(5)
  })

  it('logging out of the app revokes what was issued, and leaves the provider’s session', async () => {
    const { open, idp, bff } = await startWorld(heldBy)
    const page = open()
    await page.signIn()
    await page.client.logout({ scope: 'app' })
    expect(page.state).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
    expect(page.types()).toEqual(['authenticated', 'ended'])
    expect(idp.live('RefreshToken', 'alice')).toBe(0)
    expect(idp.live('Session', 'alice')).toBe(1)
    expect(await bff.sessions.list({ sub: 'alice' })).toEqual([])
    expect(page.tab.platform.left, 'the page stays').toEqual([])
    await expect(page.call()).rejects.toMatchObject({ code: 'session_ended', reason: 'logout' })

    idp.clearRequests()
    expect(await page.load()).toEqual({ status: 'unauthenticated' })
    expect(idp.requests, 'a page that is signed out asks nobody').toEqual([])
  })

  it('logging out of both ends the provider’s session, too, and the next user gets their own', async () => {
    const { open, idp, api } = await startWorld(heldBy)
    const page = open()
    const alices = await page.signIn('alice')
    await page.client.logout()
    expect(page.state).toEqual({ status: 'redirecting', to: 'logout' })
    expect(await page.follow()).toEqual({ status: 'unauthenticated' })
    expect(idp.live('Session', 'alice')).toBe(0)
    expect(idp.live('RefreshToken', 'alice')).toBe(0)

    const bobs = await page.signIn('bob')
    expect(bobs.ref).not.toBe(alices.ref)
    expect(await page.call()).toEqual({ status: 200, sub: 'bob' })
    expect(api.requests.map(({ claims }) => claims?.sub)).toEqual(['bob'])
  })

  it('another user who signs in over a session ends it first', async () => {
    const { open, idp, bff } = await startWorld(heldBy)
    const page = open()
    const alices = await page.signIn('alice')
    await page.client.login({ prompt: 'login' })
    await page.follow('bob')
    expect(page.session.user.sub).toBe('bob')
    expect(page.session.ref).not.toBe(alices.ref)
    expect(await page.call()).toEqual({ status: 200, sub: 'bob' })
    expect(await bff.sessions.list({ sub: 'alice' })).toEqual([])
    expect(idp.live('Session', 'alice')).toBe(0)
  })
})
