/** Many tabs of one browser on `browserClient`, with session clients and the real provider: they share one session, and each fact once. */
import { describe, expect, it, vi } from 'vitest'
import type { SessionEvents } from '../../src/index.js'
import { isSettled, startBrowserWorld, tokenOf, type AppPage, type BrowserWorld } from './browser-world.js'

// Ten tabs are a lot for a machine that has other things to do.
vi.setConfig({ testTimeout: 30_000 })

const MINUTE = 60_000

const isSignedIn = ({ state }: AppPage): boolean => state.status === 'authenticated'
const isSignedOut = ({ state }: AppPage): boolean => state.status === 'unauthenticated'
/** What the page was told of this, oldest first. */
const told = <Type extends keyof SessionEvents>(page: AppPage, type: Type): SessionEvents[Type][] =>
  page.told.filter((one) => one.type === type).map(({ detail }) => detail as SessionEvents[Type])
/** Time passes for everything, ms, and nothing is due by it. */
const sleep = (ms: number): void => void vi.setSystemTime(Date.now() + ms)
/** Access is about to expire, and all tabs do what is due. */
const expire = ({ goTo }: BrowserWorld, page: AppPage): void => goTo(page.session.access.expiresAt - MINUTE)
const rejoin = async ({ until }: BrowserWorld, pages: readonly AppPage[]): Promise<void> => {
  const isSame = ({ session }: AppPage): boolean =>
    JSON.stringify(session) === JSON.stringify(pages[0]?.session)
  await until(pages, (page) => isSettled(page) && isSame(page))
  const tokens = await Promise.all(pages.map(tokenOf))
  expect(new Set(tokens).size).toBe(1)
}

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
