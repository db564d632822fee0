import { describe, expect, it } from 'vitest'
import { startWorld } from './client-world.js'
import type { AppPage } from './client-page.js'

const MINUTE = 60

/** Two tabs of one browser at a BFF whose sessions end after half an hour without the user; access lasts longer than this. */
async function start(session: { absolute?: number } = {}) {
  const world = await startWorld('bff', {
    idp: { lifetimes: { accessToken: 20_000 } },
    bff: { session: { idle: 30 * MINUTE, ...session } },
  })
  const one = world.open()
  await one.signIn()
  const other = world.open()
  await other.load()
  const tabs: [AppPage, AppPage] = [one, other]
  // What listens for the user is loaded once there is a session.
  await expect.poll(() => tabs.map(({ tab }) => tab.platform.watching)).toEqual([2, 2])
  return { ...world, tabs, pass: (seconds: number) => world.pass(seconds, ...tabs) }
}

const told = ({ told: all }: AppPage, type: string): unknown[] =>
  all.filter((one) => one.type === type).map(({ detail }) => detail)

describe('a user who only looks at one of two tabs', () => {
  it('is there for both: no tab warns, nothing ends, and no token is asked for', async () => {
    const { tabs, pass, refreshes } = await start()
    const [one, other] = tabs
    for (let round = 0; round < 4; round++) {
      // Late enough that both would warn a minute from now.
      await pass(28 * MINUTE)
      const { idleEndsAt = 0 } = other.session.app
      one.tab.platform.act()
      // The other tab hears of it at once: no time has passed.
      await expect.poll(() => other.session.app.idleEndsAt).toBeGreaterThan(idleEndsAt)
      await pass(MINUTE / 2)
    }
    expect([one.state.status, other.state.status]).toEqual(['authenticated', 'authenticated'])
    expect(tabs.map((tab) => told(tab, 'expiring'))).toEqual([[], []])
    expect(other.session.app.idleEndsAt).toBe(one.session.app.idleEndsAt)
    expect(refreshes()).toEqual([])
  })

  it('who then leaves is warned once in each tab, with the time left, and may stay', async () => {
    const { tabs, pass, refreshes } = await start()
    await pass(29.5 * MINUTE)
    for (const tab of tabs) {
      const [warning, ...more] = told(tab, 'expiring') as { endsAt: number; timeLeft: number }[]
      expect(more).toEqual([])
      expect(warning?.endsAt).toBe(tab.session.app.idleEndsAt)
      expect(warning?.timeLeft).toBeGreaterThan(25_000)
      expect(warning?.timeLeft).toBeLessThanOrEqual(60_000)
    }
    await tabs[1].client.refresh()
    await pass(5 * MINUTE)
    expect(tabs.map(({ state }) => state.status)).toEqual(['authenticated', 'authenticated'])
    expect(refreshes()).toHaveLength(1)

    await pass(26 * MINUTE)
    for (const tab of tabs) {
      expect(tab.state).toMatchObject({ status: 'unauthenticated', reason: 'app_session_over' })
      expect(told(tab, 'expiring')).toHaveLength(2)
      expect(told(tab, 'ended')).toMatchObject([{ reason: 'app_session_over' }])
    }
  })

  it('does not outlive the absolute end, however busy', async () => {
    const { tabs, pass, bff } = await start({ absolute: 60 * MINUTE })
    const { endsAt } = tabs[0].session.app
    for (let minute = 0; minute < 59; minute += 2) {
      await pass(2 * MINUTE)
      tabs[0].tab.platform.act()
    }
    await pass(MINUTE)
    for (const tab of tabs) {
      expect(tab.state).toMatchObject({ status: 'unauthenticated', reason: 'app_session_over' })
      expect(told(tab, 'ended')).toMatchObject([{ endedAt: endsAt }])
      expect(told(tab, 'expiring')).toHaveLength(1)
    }
    expect(await bff.sessions.list({ sub: 'alice' })).toEqual([])
  })
})
