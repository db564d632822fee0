// @vitest-environment node
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NetworkError } from '../../src/errors.js'
import { openAppTab } from '../support/app-tab.js'
import { signIn } from '../support/browser-page.js'
import { framing } from '../support/frames.js'
import { createUserAgent } from '../support/user-agent.js'
import { idp, tab, load, leaving, eachTest, useTab } from './browser-client-bench.js'

eachTest()

describe('a hidden frame', () => {
  const options = { silentRedirectUri: '/silent.html' }

  // On the IDP's own site: from another one a frame does not see the IDP's cookie.
  const sameSite = 'http://localhost:9'
  const open = (origin: string): void => {
    const handlers = { [sameSite]: () => new Response('') }
    useTab(openAppTab(createUserAgent({ handlers }), { page: framing(() => tab), address: `${origin}/` }))
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
    useTab(openAppTab(createUserAgent(), { page, address }))
    let settled = false
    void load({ silentRedirectUri: '/callback' })
      .restore()
      .finally(() => (settled = true))
    await expect.poll(() => posted).toEqual([[{ tandem: address }, 'https://app.test']])
    expect(settled).toBe(false)
    expect(tab.platform.requests).toEqual([])
  })
})
