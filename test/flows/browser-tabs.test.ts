/** Many tabs of one browser on `browserClient`, with session clients and the real provider: they share one session, and each fact once. */
import { describe, expect, it, vi } from 'vitest'
import { startBrowserWorld } from './browser-world.js'
import { MINUTE, isSignedIn, isSignedOut, told, sleep, expire, rejoin } from './browser-tabs-bench.js'

describe('a refresh', () => {
  it('is one for ten tabs that are due at once', async () => {
    const world = await startBrowserWorld()
    const pages = await world.signedIn(10)
    expire(world, pages[0]!)
    await rejoin(world, pages)
    expect(world.refreshes()).toHaveLength(1)
    for (const page of pages) expect(page.types()).toEqual(['authenticated', 'refreshed'])
  })

  it('of a tab that is closed before it has its answer is made up for, where the provider has a reuse window', async () => {
    const world = await startBrowserWorld({ idp: { refreshReuseWindow: 30 } })
    const [one, ...others] = await world.signedIn(4)
    world.idp.faults.next('token', { kind: 'held-answer' })
    void one!.client.refresh().catch(() => {})
    await vi.waitFor(() => expect(world.idp.faults.waiting()).toBe(1))
    world.remove(one!, 'crash')
    sleep(5_000)
    await Promise.all(others.map(({ client }) => client.refresh()))
    await rejoin(world, others)
    world.idp.faults.release()
    expect(world.refreshes().map(({ error }) => error)).toEqual([null, null])
    for (const page of others) expect(page.types()).toEqual(['authenticated', 'refreshed'])
  })

  it('… and is told to be lost where it has none: what is there is good until it expires', async () => {
    const world = await startBrowserWorld()
    const [one, ...others] = await world.signedIn(3)
    world.idp.faults.next('token', { kind: 'held-answer' })
    void one!.client.refresh().catch(() => {})
    await vi.waitFor(() => expect(world.idp.faults.waiting()).toBe(1))
    world.remove(one!, 'close')
    expire(world, others[0]!)
    await world.until(others, (page) => told(page, 'idp-session-ended').length > 0)
    for (const page of others) {
      expect(told(page, 'idp-session-ended')).toMatchObject([{ endedBy: 'refresh_lost' }])
      expect(isSignedIn(page)).toBe(true)
    }
    world.goTo(others[0]!.session.access.expiresAt)
    await world.until(others, isSignedOut)
    for (const page of others) expect(told(page, 'ended')).toMatchObject([{ reason: 'refresh_lost' }])
    // The session at the provider is there: the next page load finds it, and nobody has to do anything.
    await others[0]!.load()
    await world.until(others, isSignedIn)
    expect(world.refreshes()).toHaveLength(2)
    world.idp.faults.release()
  })

  it('… and goes on by a frame where frames work: no used token is ever sent', async () => {
    const world = await startBrowserWorld({ frames: 'seeing' })
    const [one, ...others] = await world.signedIn(3)
    world.idp.faults.next('token', { kind: 'held-answer' })
    void one!.client.refresh().catch(() => {})
    await vi.waitFor(() => expect(world.idp.faults.waiting()).toBe(1))
    world.remove(one!, 'crash')
    expire(world, others[0]!)
    await rejoin(world, others)
    world.idp.faults.release()
    expect(world.idp.tokenRequests.map(({ grant_type, error }) => [grant_type, error])).toEqual([
      ['refresh_token', null],
      ['authorization_code', null],
    ])
    for (const page of others) expect(page.types()).toEqual(['authenticated', 'refreshed'])
  })

  it('is not waited for by a tab that is opened meanwhile', async () => {
    const world = await startBrowserWorld()
    const [one] = await world.signedIn(1)
    sleep(5_000)
    world.idp.faults.next('token', { kind: 'held-answer' })
    void one!.client.refresh()
    await vi.waitFor(() => expect(world.idp.faults.waiting()).toBe(1))
    const page = world.open()
    expect(await page.client.start()).toMatchObject({ status: 'authenticated', session: one!.session })
    world.idp.faults.release()
    await rejoin(world, [one!, page])
    expect(world.refreshes()).toHaveLength(1)
    expect(page.types()).toEqual(['authenticated', 'refreshed'])
  })
})

describe('a login', () => {
  it('signs the other tabs in, which had loaded nothing for it', async () => {
    const world = await startBrowserWorld()
    const others = [world.open(), world.open()]
    for (const page of others) expect(await page.client.start()).toMatchObject({ status: 'unauthenticated' })
    const one = world.open()
    await one.signIn()
    await rejoin(world, [one, ...others])
    for (const page of others) {
      expect(page.session).toEqual(one.session)
      expect(page.types()).toEqual(['authenticated'])
    }
    expect(world.idp.tokenRequests).toHaveLength(1)
  })

  it('as another user is the end of the first user’s session in every tab', async () => {
    const world = await startBrowserWorld()
    const [one, other, hidden] = await world.signedIn(3)
    const { session: alices } = other!
    hidden!.tab.platform.hide()
    await one!.client.login({ prompt: 'login' })
    await one!.follow('bob')
    await world.until([one!, other!], ({ session }) => session.user.sub === 'bob')
    // A page out of the back-forward cache shows nothing of alice’s again.
    hidden!.tab.platform.show()
    expect(hidden!.state).toMatchObject({ status: 'loading' })
    await rejoin(world, [one!, other!, hidden!])
    for (const page of [other!, hidden!]) {
      expect(page.types()).toEqual(['authenticated', 'ended', 'authenticated'])
      expect(told(page, 'ended')).toMatchObject([{ reason: 'user_changed', session: { ref: alices.ref } }])
    }
  })

  it('as another user while a refresh of the first one’s is on the wire revokes what that brings', async () => {
    const world = await startBrowserWorld()
    const [one, other] = await world.signedIn(2)
    world.idp.faults.next('token', { kind: 'held-answer' })
    void one!.client.refresh().catch(() => {})
    await vi.waitFor(() => expect(world.idp.faults.waiting()).toBe(1))
    await other!.client.login({ prompt: 'login' })
    await other!.follow('bob')
    await world.until([one!], ({ session }) => session.user.sub === 'bob')
    world.idp.faults.release()
    await vi.waitFor(() => expect(world.idp.count('revocation')).toBe(1))
    expect(world.idp.live('RefreshToken', 'bob')).toBe(1)
    await rejoin(world, [one!, other!])
    expect(told(one!, 'ended')).toMatchObject([{ reason: 'user_changed' }])
  })

  it('in two tabs at once leaves both in one session', async () => {
    const world = await startBrowserWorld()
    const pages = [world.open(), world.open()]
    for (const page of pages) {
      await page.client.start()
      await page.client.login()
    }
    world.idp.faults.next('token', { kind: 'held-answer' }, { kind: 'held-answer' })
    const following = pages.map((page) => page.follow('alice'))
    await vi.waitFor(() => expect(world.idp.faults.waiting()).toBe(2))
    world.idp.faults.release()
    await Promise.all(following)
    await rejoin(world, pages)
    expect(pages[0]!.session).toEqual(pages[1]!.session)
    // One of them was replaced, and no third session came of it.
    expect(pages.flatMap((page) => told(page, 'ended'))).toMatchObject([{ reason: 'replaced' }])
  })
})

describe('a logout', () => {
  it('ends the session in all tabs, those that slept too, and says why', async () => {
    const world = await startBrowserWorld()
    const [one, other, hidden, frozen] = await world.signedIn(4)
    hidden!.tab.platform.hide()
    frozen!.tab.platform.freeze()
    await one!.client.logout({ scope: 'app' })
    await world.until([one!, other!], isSignedOut)
    sleep(10 * MINUTE)
    hidden!.tab.platform.show()
    frozen!.tab.platform.resume()
    await world.until([hidden!, frozen!], isSignedOut)
    for (const page of [other!, hidden!, frozen!]) {
      expect(page.types()).toEqual(['authenticated', 'ended'])
      const [end] = told(page, 'ended')
      expect(end).toMatchObject({ reason: 'logout' })
      expect(Date.now() - end!.endedAt).toBeGreaterThan(page === other ? -2_000 : 9 * MINUTE)
    }
    expect(world.idp.live('RefreshToken', 'alice')).toBe(0)
  })

  it('while another tab refreshes revokes what that brings', async () => {
    const world = await startBrowserWorld()
    const [one, other] = await world.signedIn(2)
    world.idp.faults.next('token', { kind: 'held-answer' })
    void other!.client.refresh().catch(() => {})
    await vi.waitFor(() => expect(world.idp.faults.waiting()).toBe(1))
    await one!.client.logout({ scope: 'app' })
    world.idp.faults.release()
    await world.until([one!, other!], isSignedOut)
    await vi.waitFor(() => expect(world.idp.live('RefreshToken', 'alice')).toBe(0))
    expect(told(other!, 'ended')).toMatchObject([{ reason: 'logout' }])
    await vi.waitFor(() => expect(world.device.held()).toEqual([]))
  })

  it('is not undone by a tab that is just asking the provider', async () => {
    const world = await startBrowserWorld()
    const [one] = await world.signedIn(1)
    one!.tab.platform.freeze()
    const late = world.open()
    expect(await late.client.start()).toMatchObject({ status: 'redirecting' })
    one!.tab.platform.resume()
    await one!.client.logout({ scope: 'app' })
    expect(await late.follow()).toMatchObject({ status: 'unauthenticated' })
    expect(world.idp.tokenRequests).toEqual([])
  })
})
