import { describe, expect, it, vi } from 'vitest'
import type { Idp } from '../support/idp.js'
import type { Browser } from '../bff/bench.js'
import { startPushWorld, type PushTab, type PushWorld } from './push-world.js'

const until = <T>(look: () => T): Promise<T> => vi.waitFor(look, { timeout: 8000, interval: 2 })

/** Tabs of a browser that is signed in, and listens. */
const listening = async (
  count: number,
  ...options: Parameters<typeof startPushWorld>
): Promise<{ readonly world: PushWorld; readonly tabs: PushTab[] }> => {
  const world = await startPushWorld(...options)
  await world.user.login('alice')
  const tabs: PushTab[] = []
  for (let tab = 0; tab < count; tab += 1) tabs.push(await world.open())
  await streaming(world)
  return { world, tabs }
}

/** Waits until there is one stream. */
const streaming = (world: PushWorld): Promise<void> =>
  until(() => {
    world.advance(500)
    expect(world.streams).toBe(1)
  })

/** Logs out on a page of the provider, in another tab that knows nothing of the app. */
const logOutAtTheIdp = async (user: Browser, idp: Idp): Promise<void> => {
  const { agent } = user.newTab()
  const page = await agent.navigate(`${idp.origin}/session/end`, { from: null })
  const [form] = page.forms
  if (form === undefined) throw new Error(`no form: ${page.text}`)
  await agent.submit(form, { logout: 'yes' })
}

const ends: [string, string, (world: PushWorld) => Promise<unknown>][] = [
  ['at the IDP, in another tab', 'logout', ({ user, idp }) => logOutAtTheIdp(user, idp)],
  ['at the IDP, by its administrator', 'logout', ({ idp }) => idp.endSession('alice')],
  ['at the BFF, by an administrator', 'revoked', ({ bff }) => bff.sessions.end({ sub: 'alice' })],
  ['here, by a page without the client', 'logout', ({ user }) => user.post('/bff/logout', { scope: 'app' })],
]

describe('an end', () => {
  it.each(ends)('%s: each of ten tabs shows it, and why, once', async (_, reason, end) => {
    // Nothing happens at the BFF by itself: no heartbeat looks, and nobody polls.
    const { world, tabs } = await listening(10, {}, { timer: () => () => {} })
    await end(world)
    await until(() => {
      for (const { state } of tabs) expect(state).toMatchObject({ status: 'unauthenticated', reason })
    })
    for (const tab of tabs) {
      expect(tab.types()).toEqual(['authenticated', 'ended'])
      expect(tab.of('ended')).toMatchObject([{ reason, session: { user: { sub: 'alice' } } }])
    }
    await until(() => expect(world.streams).toBe(0))
    world.advance(3_600_000)
    await new Promise((resolve) => setImmediate(resolve))
    expect(world.asked).toBe(1)
  })

  it('of the session at the IDP is told with until when, where the policy relies on what there is', async () => {
    const { world, tabs } = await listening(3, { whenIdpSessionEnds: { logout: 'rely' } })
    await world.idp.endSession('alice')
    await until(() => {
      for (const tab of tabs) expect(tab.types()).toEqual(['authenticated', 'idp-session-ended'])
    })
    const { access } = await world.user.signedIn()
    for (const tab of tabs) {
      expect(tab.of('idp-session-ended')).toEqual([{ endedBy: 'logout', until: access.expires_at }])
      expect(tab.state).toMatchObject({
        status: 'authenticated',
        session: { idp: { status: 'ended', endedBy: 'logout' }, access: { extendable: false } },
      })
    }
    expect(world.streams).toBe(1)
  })
})

describe('a change', () => {
  it('by a page without the client is heard in every tab', async () => {
    const { world, tabs } = await listening(3)
    const known = tabs[0]?.of('authenticated')[0]?.session.access.expiresAt ?? Infinity
    await until(async () => {
      await world.user.post('/bff/refresh')
      expect((await world.user.signedIn()).access.expires_at).toBeGreaterThan(known)
    })
    await until(() => {
      for (const tab of tabs) expect(tab.of('refreshed').length).toBeGreaterThan(0)
    })
    expect(world.asked).toBe(1)
  })

  it('of the user in another tab leaves no tab with the first one, and none signed out in between', async () => {
    const { world, tabs } = await listening(3)
    await switchTo('bob', world)
    await until(() => {
      world.advance(100)
      for (const { state } of tabs)
        expect(state).toMatchObject({ status: 'authenticated', session: { user: { sub: 'bob' } } })
    })
    for (const tab of tabs) {
      expect(tab.statuses).toEqual(['authenticated'])
      expect(tab.types()).toEqual(['authenticated', 'ended', 'authenticated'])
      expect(tab.of('ended')).toMatchObject([{ reason: 'user_changed' }])
    }
    await streaming(world)
  })

  it('to a new login of the same user is a new session for every tab', async () => {
    const { world, tabs } = await listening(3)
    await world.user.login('alice', '/bff/login?return_to=/app&prompt=login')
    const { ref } = await world.user.signedIn()
    await until(() => {
      world.advance(100)
      for (const { state } of tabs) expect(state).toMatchObject({ session: { ref } })
    })
    for (const tab of tabs) {
      expect(tab.statuses).toEqual(['authenticated'])
      expect(tab.of('ended')).toMatchObject([{ reason: 'replaced' }])
    }
  })
})

/** Another user signs in, in a tab of their own. */
const switchTo = async (sub: string, { user, idp }: PushWorld): Promise<void> => {
  const { agent } = user.newTab()
  for (const { name } of agent.cookies.all(idp.origin)) agent.cookies.delete(idp.origin, name)
  await user.login(sub)
}

describe('a BFF that is started anew', () => {
  it('signs nobody out; what happens then is heard again', async () => {
    const { world, tabs } = await listening(3)
    await world.stop()
    await until(() => {
      world.advance(500)
      expect(world.asked).toBeGreaterThan(2)
    })
    expect(world.streams).toBe(0)
    world.start()
    await streaming(world)
    for (const tab of tabs) expect(tab.statuses).toEqual(['authenticated'])
    await world.idp.endSession('alice')
    await until(() => {
      for (const { state } of tabs) expect(state).toMatchObject({ reason: 'logout' })
    })
  })

  it('tells what happened while it was away: another instance ended the session', async () => {
    const { world, tabs } = await listening(3)
    await world.stop()
    world.start()
    await world.bff.sessions.end({ sub: 'alice' })
    await until(() => {
      world.advance(500)
      for (const { state } of tabs) expect(state).toMatchObject({ reason: 'revoked' })
    })
    for (const tab of tabs) expect(tab.types()).toEqual(['authenticated', 'ended'])
  })
})

describe('the tab that leads', () => {
  it.each(['close', 'freeze', 'hide'] as const)('(%s) hands the stream on', async (go) => {
    const { world, tabs } = await listening(3)
    const [leader, ...others] = tabs
    leader?.page[go]()
    await until(() => {
      world.advance(100)
      expect([world.asked, world.streams]).toEqual([2, 1])
    })
    await world.idp.endSession('alice')
    await until(() => {
      for (const { state } of others) expect(state).toMatchObject({ reason: 'logout' })
    })
  })
})

it('a page load costs one request, and the stream one more for all tabs', async () => {
  const { world, tabs } = await listening(5)
  expect(tabs.map(({ page }) => page.requests.map(({ url }) => new URL(url).pathname)).flat()).toEqual([
    '/bff/session',
    ...['/bff/events', '/bff/session', '/bff/session', '/bff/session', '/bff/session'],
  ])
  expect(world.asked).toBe(1)
})

it('the stream does not count as use: the idle end stays where it is', async () => {
  const { world } = await listening(2, { idle: 600 })
  const { idle_ends_at: before } = (await world.user.signedIn()).app
  await world.stop()
  world.start()
  await streaming(world)
  expect((await world.user.signedIn()).app.idle_ends_at).toBe(before)
})
