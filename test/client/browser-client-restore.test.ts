// @vitest-environment node
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { browserCookie } from '../../src/client/browser-cookies.js'
import { NetworkError } from '../../src/errors.js'
import type { Restored } from '../../src/client/oauth-client.js'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import {
  openBrowserPage,
  signIn,
  type BrowserPage,
  type BrowserPageOptions,
} from '../support/browser-page.js'
import { framing } from '../support/frames.js'
import { SPA_CLIENT_ID, startTestIdp, type Idp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'

let idp: Idp
let tab: AppTab

const load = (options?: BrowserPageOptions): BrowserPage => openBrowserPage(tab, idp.issuer, options)
const hint = (): string | undefined =>
  tab.platform.cookies.get(browserCookie('hint', idp.issuer, SPA_CLIENT_ID))

/** Where the page is left for, which it must be. */
const leaving = (restored: Restored): URL => {
  if (restored.type !== 'leaving') throw new Error(`the page stayed: ${JSON.stringify(restored)}`)
  return new URL(restored.url)
}

beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.close())
beforeEach(() => {
  tab = openAppTab(createUserAgent())
  idp.faults.clear()
})

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

describe('a hidden frame', () => {
  const options = { silentRedirectUri: '/silent.html' }

  // On the IDP's own site: from another one a frame does not see the IDP's cookie.
  const sameSite = 'http://localhost:9'
  const open = (origin: string): void => {
    const handlers = { [sameSite]: () => new Response('') }
    tab = openAppTab(createUserAgent({ handlers }), { page: framing(() => tab), address: `${origin}/` })
  }

  beforeAll(() => idp.addOrigin(sameSite))
  beforeEach(() => open(sameSite))

  it('finds the session, and the page stays', async () => {
    await signIn(tab, idp.issuer, options)
    tab.load('/orders')
    expect(await load(options).restore()).toMatchObject({
      type: 'restored',
      returnTo: '/orders',
      session: { user: { sub: 'alice' } },
    })
    expect(tab.platform.items.size).toBe(0)
  })

  it('is never believed when it says "signed out": the whole page is asked', async () => {
    await signIn(tab, idp.issuer, options)
    await idp.endSession('alice')
    tab.load('/orders')
    await tab.follow(leaving(await load(options).restore()).href)
    expect(await load(options).restore()).toEqual({ type: 'absent', returnTo: '/orders' })
    // It was right after all.
    await signIn(tab, idp.issuer, options)
    tab.load('/orders')
    expect(await load(options).restore()).toMatchObject({ type: 'restored' })
  })

  it('is of no use where it does not see the cookie of the IDP: the whole page is asked', async () => {
    open('https://app.test')
    await signIn(tab, idp.issuer, options)
    tab.load('/orders')
    await tab.follow(leaving(await load(options).restore()).href)
    expect(await load(options).restore()).toMatchObject({ type: 'restored', returnTo: '/orders' })
  })

  it('is not taken for useless because the IDP did not answer at all', async () => {
    await signIn(tab, idp.issuer, options)
    tab.load('/orders')
    idp.faults.set('discovery', { kind: 'cut' })
    await expect(load(options).restore()).rejects.toBeInstanceOf(NetworkError)
    idp.faults.clear()
    expect(await load(options).restore()).toMatchObject({
      type: 'restored',
      session: { user: { sub: 'alice' } },
    })
  })

  it('is left out for a while where it was of no use', async () => {
    await signIn(tab, idp.issuer, options)
    idp.faults.next('authorization', { kind: 'status', status: 403, body: 'no frames' })
    tab.load('/orders')
    const page = load(options)
    const restoring = page.restore()
    // No message comes: the frame is given up.
    await expect.poll(() => idp.faults.waiting() === 0 && idp.requests.at(-1)?.status).toBe(403)
    tab.platform.advance(5_000)
    await tab.follow(leaving(await restoring).href)
    await load(options).session()
    idp.clearRequests()
    tab.load('/orders')
    leaving(await load(options).restore())
    expect(idp.count('authorization')).toBe(0)
  })
})

describe('in the hidden frame', () => {
  it('the app itself can be the page that answers', async () => {
    const posted: [message: unknown, target: string][] = []
    const address = 'https://app.test/callback?code=c&state=s'
    const parent = { postMessage: (message: unknown, target: string) => void posted.push([message, target]) }
    const page = Object.assign(Object.create(null) as Window, { parent, location: new URL(address) })
    tab = openAppTab(createUserAgent(), { page, address })
    let settled = false
    void load({ silentRedirectUri: '/callback' })
      .restore()
      .finally(() => (settled = true))
    await expect.poll(() => posted).toEqual([[{ tandem: address }, 'https://app.test']])
    expect(settled).toBe(false)
    expect(tab.platform.requests).toEqual([])
  })
})
