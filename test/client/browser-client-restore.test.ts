// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { NetworkError } from '../../src/errors.js'
import { signIn } from '../support/browser-page.js'
import { idp, tab, load, hint, leaving, eachTest } from './browser-client-bench.js'

eachTest()

describe('a page that is loaded again while signed in', () => {
  it('finds its session by asking the IDP with the whole page', async () => {
    const { session } = await signIn(tab, idp.issuer)
    tab.load('/orders?page=2#last')
    const url = leaving(await load().restore())
    expect(url.searchParams.get('prompt')).toBe('none')
    await tab.follow(url.href)
    const restored = await load().restore()
    expect(restored).toMatchObject({
      type: 'restored',
      returnTo: '/orders?page=2#last',
      session: { user: { sub: 'alice' }, access: { extendable: true } },
    })
    // Nobody signed in anew: it does not count as a login that came back.
    expect(restored).not.toHaveProperty('returned')
    if (restored.type !== 'restored') return
    // The same user's, of the same authentication: the session goes on.
    expect(restored.session.ref).toBe(session.ref)
    expect(restored.session.authentication).toEqual(session.authentication)
  })

  it('does not make its app session longer by that', async () => {
    await signIn(tab, idp.issuer)
    tab.platform.advance(3_600_000)
    tab.load('/')
    await tab.follow(leaving(await load().restore()).href)
    const { app } = await load().session()
    const left = app.endsAt - tab.platform.clock.now()
    expect(Math.abs(left - 11 * 3_600_000)).toBeLessThan(2_000)
  })

  it('is signed out without a request once the app session is over', async () => {
    await signIn(tab, idp.issuer)
    tab.platform.advance(12 * 3_600_000 + 1_000)
    tab.load('/')
    idp.clearRequests()
    expect(await load().restore()).toEqual({ type: 'absent', reason: 'app_session_over' })
    expect(hint()).toBeUndefined()
    expect(idp.requests).toEqual([])
  })

  it('is signed out, with no error, where the IDP session is over', async () => {
    await signIn(tab, idp.issuer)
    await idp.endSession('alice')
    tab.load('/orders')
    await tab.follow(leaving(await load().restore()).href)
    expect(await load().restore()).toEqual({ type: 'absent', returnTo: '/orders' })
    expect(hint()).toBeUndefined()
    tab.load('/orders')
    idp.clearRequests()
    expect(await load().restore()).toEqual({ type: 'absent' })
    expect(idp.requests).toEqual([])
  })

  it('shows an error of the IDP that is no answer, and asks again at the next load', async () => {
    await signIn(tab, idp.issuer)
    tab.load('/orders')
    const { searchParams } = leaving(await load().restore())
    const answer = new URLSearchParams({
      error: 'temporarily_unavailable',
      state: searchParams.get('state') ?? '',
      iss: idp.issuer,
    })
    tab.load(`/callback?${answer}`)
    expect(await load().restore()).toMatchObject({
      type: 'absent',
      returnTo: '/orders',
      error: { code: 'temporarily_unavailable' },
    })
  })

  it('waits, signed in for all it knows, while the IDP is down; then asks', async () => {
    await signIn(tab, idp.issuer)
    tab.load('/')
    await idp.down()
    const page = load()
    await expect(page.restore()).rejects.toBeInstanceOf(NetworkError)
    expect(hint()).toBeDefined()
    await idp.up()
    leaving(await page.restore())
  })

  it('holds its session when it only comes back out of the back-forward cache', async () => {
    const { page, session } = await signIn(tab, idp.issuer)
    idp.clearRequests()
    expect(await page.restore()).toEqual({ type: 'restored', session })
    expect(idp.requests).toEqual([])
  })
})

describe('asking with the whole page', () => {
  it('is not repeated where it came back without an answer', async () => {
    await signIn(tab, idp.issuer)
    tab.load('/orders')
    leaving(await load().restore())
    // The Back button, or a page of the IDP that leads nowhere.
    tab.load('/orders')
    expect(await load().restore()).toEqual({ type: 'absent', returnTo: '/orders' })
    tab.load('/orders')
    expect(await load().restore()).toEqual({ type: 'absent' })
  })

  it('is not repeated on a page out of the back-forward cache either', async () => {
    await signIn(tab, idp.issuer)
    tab.load('/orders')
    const page = load()
    leaving(await page.restore())
    expect(await page.restore()).toEqual({ type: 'absent', returnTo: '/orders' })
  })

  it('is not kept from ever happening again by a time in the future', async () => {
    await signIn(tab, idp.issuer)
    tab.platform.items.set('tandem.asked', String(Date.now() + 86_400_000))
    tab.load('/orders')
    leaving(await load().restore())
  })

  it('may be repeated as often as it is answered', async () => {
    await signIn(tab, idp.issuer)
    for (let i = 0; i < 4; i += 1) {
      tab.load('/orders')
      await tab.follow(leaving(await load().restore()).href)
      expect(await load().restore()).toMatchObject({ type: 'restored' })
    }
  })
})
