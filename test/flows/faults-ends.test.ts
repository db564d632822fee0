/** An answer that got lost for good, and other ends: why it ended is known, told apart, and told to every tab, also to one that slept. */
import { describe, expect, it, vi } from 'vitest'
import type { EndReason } from '../../src/index.js'
import {
  HOLDERS,
  startWorld,
  type AppPage,
  type HeldBy,
  type World,
  type WorldOptions,
} from './client-world.js'

const HOUR = 3600

/** Three tabs of one browser; the last one is frozen. */
const start = async (heldBy: HeldBy, options: WorldOptions = {}) => {
  const world = await startWorld(heldBy, { ...options, bff: { session: { idle: 0 }, ...options.bff } })
  const pages = [world.open()]
  await pages[0]!.signIn()
  while (pages.length < 3) {
    const page = world.open()
    await page.client.start()
    pages.push(page)
  }
  const [first, second, sleeper] = pages as [AppPage, AppPage, AppPage]
  await world.pass(30, ...pages)
  sleeper.tab.platform.freeze()
  return { world, pages, first, second, sleeper }
}

/** Each tab is told that its session is over, once, and why; the one that slept when it wakes. */
const expectEnd = async (
  { pass }: World,
  [first, second, sleeper]: readonly [AppPage, AppPage, AppPage],
  reason: EndReason,
): Promise<void> => {
  await vi.waitFor(() => {
    for (const { state } of [first, second])
      expect(state).toMatchObject({ status: 'unauthenticated', reason })
  })
  await pass(HOUR, first, second)
  sleeper.tab.platform.resume()
  await vi.waitFor(() => expect(sleeper.state).toMatchObject({ status: 'unauthenticated', reason }))
  for (const page of [first, second, sleeper]) {
    const ends = page.told.filter(({ type }) => type === 'ended')
    expect(ends).toMatchObject([{ detail: { reason, session: { user: { sub: 'alice' } } } }])
  }
}

describe.each(HOLDERS)('tokens held by: %s', (heldBy) => {
  it('a lost answer is refresh_lost, in every tab', async () => {
    const { world, first, second, sleeper } = await start(heldBy)
    world.idp.faults.next('token', { kind: 'half-answer' })
    await world.pass(330, first, second)
    await expectEnd(world, [first, second, sleeper], 'refresh_lost')
    // Sent once, and once more; never again.
    expect(world.refreshes().map(({ error }) => error)).toEqual([null, 'invalid_grant'])
  })

  it('a lost answer is no loss where the provider takes the same token once more', async () => {
    const { world, pages, first, second, sleeper } = await start(heldBy, { idp: { refreshReuseWindow: 60 } })
    world.idp.faults.next('token', { kind: 'lost-answer' })
    await world.pass(600, first, second)
    sleeper.tab.platform.resume()
    await world.pass(30, ...pages)
    const errors = world.refreshes().map(({ error }) => error)
    expect(errors.filter((error) => error !== null)).toEqual([])
    for (const page of pages) {
      expect(page.session.idp.status).toBe('active')
      expect(page.types()).not.toContain('ended')
      expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
    }
  })

  it('a refused refresh is idp_session_over, not refresh_lost, in every tab', async () => {
    const { world, first, second, sleeper } = await start(heldBy)
    await world.idp.revoke('alice')
    await world.pass(330, first, second)
    await expectEnd(world, [first, second, sleeper], 'idp_session_over')
    expect(world.refreshes().map(({ error }) => error)).toEqual(['invalid_grant'])
  })

  it('a refused refresh after an outage that cannot have used the token up is no loss either', async () => {
    const { world, first, second, sleeper } = await start(heldBy)
    world.idp.faults.next('token', { kind: 'status', status: 429 })
    await world.idp.revoke('alice')
    await world.pass(330, first, second)
    await expectEnd(world, [first, second, sleeper], 'idp_session_over')
  })

  it('a logout in one tab is logout in every tab', async () => {
    const { world, first, second, sleeper } = await start(heldBy)
    await first.client.logout({ scope: 'app' })
    await expectEnd(world, [first, second, sleeper], 'logout')
  })

  it('the end of the app session is app_session_over in every tab', async () => {
    const { world, first, second, sleeper } = await start(heldBy)
    world.sleep(12.1 * HOUR, first, second)
    await expectEnd(world, [first, second, sleeper], 'app_session_over')
  })
})

describe.each(['bff', 'mediated'] as const)('tokens held by: %s', (heldBy) => {
  it('an administrator’s end is revoked in every tab', async () => {
    const { world, first, second, sleeper } = await start(heldBy)
    await world.bff.sessions.end({ sub: 'alice' })
    await expectEnd(world, [first, second, sleeper], 'revoked')
  })
})
