/** Many tabs of one browser on `browserClient`, with session clients and the real provider: they share one session, and each fact once. */
import { describe, expect, it, vi } from 'vitest'
import { isSettled, startBrowserWorld, tokenOf, type AppPage, type BrowserWorld } from './browser-world.js'
import { MINUTE, isSignedOut, told, sleep, expire } from './browser-tabs-bench.js'

describe('the provider’s session', () => {
  /** Frames have said "yes" once. */
  const proven = async (frames: 'seeing' | 'blind'): Promise<[BrowserWorld, AppPage[]]> => {
    const world = await startBrowserWorld({ frames })
    const pages = await world.signedIn(2)
    if (frames === 'seeing') {
      for (const page of pages.splice(1)) world.remove(page, 'close')
      await pages[0]!.load()
      const other = world.open()
      await other.client.start()
      pages.push(other)
    }
    world.idp.clearRequests()
    return [world, pages]
  }

  it('is asked after in a frame by a page that wakes, and its end told in every tab, once', async () => {
    const [world, pages] = await proven('seeing')
    sleep(2 * MINUTE)
    pages[0]!.tab.platform.wake('visible')
    await vi.waitFor(() => expect(world.idp.count('authorization')).toBe(1))
    await vi.waitFor(() => expect(world.device.held().join()).not.toContain('look'))
    expect(world.idp.tokenRequests).toEqual([])
    await world.idp.endSession('alice')
    sleep(MINUTE + 1_000)
    for (const { tab } of pages) tab.platform.wake('visible')
    await world.until(pages, (page) => told(page, 'idp-session-ended').length > 0)
    for (const page of pages) {
      expect(page.types()).toEqual(['authenticated', 'idp-session-ended'])
      expect(page.session).toMatchObject({ idp: { status: 'ended', endedBy: 'unknown' } })
    }
    expect(world.idp.tokenRequests).toEqual([])
  })

  it('is not over because a frame does not see it', async () => {
    const [world, pages] = await proven('blind')
    for (let wakes = 0; wakes < 3; wakes += 1) {
      sleep(MINUTE)
      pages[0]!.tab.platform.wake('visible')
      await world.until(pages, isSettled)
    }
    expect(pages[0]!.types()).toEqual(['authenticated'])
    expect(pages[0]!.session.idp.status).toBe('active')
  })
})

describe('the idle end', () => {
  const client = { session: { idle: 600 } }

  it('is moved by what the user does in any tab', async () => {
    const world = await startBrowserWorld({ client })
    const [one, other] = await world.signedIn(2)
    const { startedAt } = one!.session.app
    for (let minutes = 1; minutes <= 20; minutes += 1) {
      world.goTo(startedAt + minutes * MINUTE)
      one!.tab.platform.act()
      await world.until([one!, other!], isSettled)
    }
    expect(told(other!, 'expiring')).toEqual([])
    world.goTo(startedAt + 29 * MINUTE + 1_000)
    await world.until([one!, other!], (page) => told(page, 'expiring').length > 0)
    world.goTo(startedAt + 30 * MINUTE + 1_000)
    await world.until([one!, other!], isSignedOut)
    for (const page of [one!, other!]) {
      expect(told(page, 'expiring')).toHaveLength(1)
      expect(told(page, 'ended')).toMatchObject([{ reason: 'app_session_over' }])
    }
    expect(await one!.load()).toEqual({ status: 'unauthenticated' })
  })

  it('is moved by client.refresh(), for all tabs', async () => {
    const world = await startBrowserWorld({ client })
    const [one, other] = await world.signedIn(2)
    const { startedAt } = one!.session.app
    world.goTo(startedAt + 9 * MINUTE + 1_000)
    await world.until([one!, other!], (page) => told(page, 'expiring').length > 0)
    await one!.client.refresh()
    const isMoved = ({ session }: AppPage): boolean => (session.app.idleEndsAt ?? 0) > startedAt + 19 * MINUTE
    await world.until([one!, other!], isMoved)
    world.goTo(startedAt + 11 * MINUTE)
    await world.until([one!, other!], isSettled)
    expect(other!.types()).not.toContain('ended')
  })

  it.each(['sleep', 'waking'])(
    'that has come is not moved by what the user does first after %s',
    async (how) => {
      const world = await startBrowserWorld({ client })
      const [one] = await world.signedIn(1)
      sleep(11 * MINUTE)
      if (how === 'sleep') one!.tab.platform.act()
      world.goTo(Date.now())
      one!.tab.platform.act()
      await world.until([one!], isSignedOut)
      expect(told(one!, 'ended')).toMatchObject([{ reason: 'app_session_over' }])
    },
  )

  it('is no reason to refuse what a login brings', async () => {
    const world = await startBrowserWorld({ client })
    const [one] = await world.signedIn(1)
    void one!.client.require({ scope: 'orders:read' })
    await world.until([one!], ({ state }) => state.status === 'redirecting')
    expect(one!.tab.platform.left.at(-1)).toContain('orders%3Aread')
  })

  it('has not come for a tab that missed what the user did in another', async () => {
    const world = await startBrowserWorld({ client })
    const [one, other] = await world.signedIn(2)
    const { startedAt } = one!.session.app
    other!.tab.platform.hide()
    world.goTo(startedAt + 8 * MINUTE)
    one!.tab.platform.act()
    sleep(5 * MINUTE)
    other!.tab.platform.show()
    world.goTo(Date.now())
    await world.until([one!, other!], isSettled)
    expect(other!.types()).not.toContain('ended')
    expect(other!.session.app.idleEndsAt).toBe(one!.session.app.idleEndsAt)
  })

  it('is found to have passed by the next page load', async () => {
    const world = await startBrowserWorld({ client })
    const [one] = await world.signedIn(1)
    one!.client.stop()
    sleep(11 * MINUTE)
    expect(await one!.load()).toMatchObject({ status: 'unauthenticated', reason: 'app_session_over' })
    expect(world.idp.requests).toEqual([])
  })
})

describe.each(['BroadcastChannel', 'locks'] as const)('without %s', (without) => {
  it('each tab works for itself, says so once, and none signs out the other', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const world = await startBrowserWorld({ without })
    const one = world.open()
    await one.signIn()
    const other = world.open()
    // It asks the provider with the whole page.
    expect(await other.client.start()).toMatchObject({ status: 'redirecting' })
    await other.follow()
    expect(other.session.ref).toBe(one.session.ref)
    for (let expiries = 0; expiries < 3; expiries += 1) {
      expire(world, one)
      expire(world, other)
      await world.until([one, other], isSettled)
      one.tab.platform.wake('visible')
      other.tab.platform.wake('visible')
    }
    expect(world.refreshes().map(({ error }) => error)).toEqual([null, null, null, null, null, null])
    for (const page of [one, other]) expect(told(page, 'ended')).toEqual([])
    await one.client.logout({ scope: 'app' })
    other.tab.platform.wake('visible')
    await world.until([other], isSignedOut)
    expect(told(other, 'ended')).toMatchObject([{ reason: 'logout' }])
    // Once for each page that was loaded.
    expect(warn.mock.calls.filter(([text]) => String(text).includes('tandem-session'))).toHaveLength(4)
    warn.mockRestore()
  })

  it('no tab gives its token away that another has logged out, though nothing told it', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const world = await startBrowserWorld({ without })
    const one = world.open()
    await one.signIn()
    const other = world.open()
    await other.client.start()
    await other.follow()
    await one.client.logout({ scope: 'app' })
    await expect(tokenOf(other)).rejects.toMatchObject({ name: 'SessionEndedError', reason: 'logout' })
    expect(told(other, 'ended')).toMatchObject([{ reason: 'logout' }])
    warn.mockRestore()
  })

  it('somebody else’s login is not mixed up with the session of before', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const world = await startBrowserWorld({ without })
    const one = world.open()
    await one.signIn()
    const other = world.open()
    await other.client.start()
    await other.follow()
    await other.client.login({ prompt: 'login' })
    await other.follow('bob')
    one.tab.platform.wake('visible')
    expect(one.state.status).not.toBe('authenticated')
    await world.until(
      [one],
      ({ state }) => state.status === 'redirecting' || state.status === 'unauthenticated',
    )
    if (one.state.status === 'redirecting') await one.follow()
    if (one.state.status === 'authenticated') expect(one.session.user.sub).toBe('bob')
    warn.mockRestore()
  })
})
