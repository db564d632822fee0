/** Two users at one browser: nothing of the one's is ever done as the other. */
import { describe, expect, it, vi } from 'vitest'
import { HOLDERS, startWorld, type AppPage, type World } from './client-world.js'

/** Alice is signed in on one tab; then bob signs in on another one of the same browser. */
const twoUsers = async ({ open }: World): Promise<{ alices: AppPage; bobs: AppPage }> => {
  const alices = open('/alice')
  await alices.signIn('alice')
  const bobs = open('/bob')
  await bobs.client.start()
  if (bobs.state.status === 'redirecting') await bobs.follow()
  await bobs.client.login({ prompt: 'login' })
  await bobs.follow('bob')
  expect(bobs.session.user.sub).toBe('bob')
  return { alices, bobs }
}

describe.each(['bff', 'mediated'] as const)('with one session for the whole browser (%s)', (heldBy) => {
  it('a call of alice’s that leaves after bob signed in is refused, and reaches no API', async () => {
    const world = await startWorld(heldBy)
    const { alices, bobs } = await twoUsers(world)
    const called = alices.call('orders', { method: 'POST', body: '{"amount":1}' })
    if (heldBy === 'bff') expect((await called).status).toBe(409)
    else await expect(called).rejects.toMatchObject({ code: 'session_ended', reason: 'user_changed' })
    expect(world.api.requests).toEqual([])

    // Her tab knows now whose session it is, and what is called from now on is bob's.
    expect(alices.session.user.sub).toBe('bob')
    expect(alices.told.filter(({ type }) => type === 'ended').map(({ detail }) => detail)).toMatchObject([
      { reason: 'user_changed', session: { user: { sub: 'alice' } } },
    ])
    expect(await alices.call()).toEqual({ status: 200, sub: 'bob' })
    expect(await bobs.call()).toEqual({ status: 200, sub: 'bob' })
  })

  it('a renewal of alice’s renews nothing of bob’s, and tells her tab', async () => {
    const world = await startWorld(heldBy)
    const { alices } = await twoUsers(world)
    world.idp.clearRequests()
    await alices.client.refresh()
    expect(world.refreshes()).toEqual([])
    expect(alices.session.user.sub).toBe('bob')
    expect(alices.types()).toContain('ended')
  })

  it('a logout of alice’s does not log bob out', async () => {
    const world = await startWorld(heldBy)
    const { alices, bobs } = await twoUsers(world)
    await alices.client.logout({ scope: 'app' })
    expect(alices.state.status).toBe('unauthenticated')
    expect(await bobs.call()).toEqual({ status: 200, sub: 'bob' })
    expect(await world.bff.sessions.list({ sub: 'bob' })).toHaveLength(1)
  })

  it('alice’s tab learns of bob when it wakes', async () => {
    const world = await startWorld(heldBy)
    const { alices } = await twoUsers(world)
    world.sleep(60, alices)
    await vi.waitFor(() => expect(alices.session.user.sub).toBe('bob'))
    expect(alices.types()).toEqual(['authenticated', 'ended', 'authenticated'])
  })

  it('alice’s calls that wait for a renewal do not go on as bob’s', async () => {
    const world = await startWorld(heldBy)
    const { open, idp, pass, api } = world
    const alices = open('/alice')
    await alices.signIn('alice')
    // Her calls wait for access; meanwhile bob signs in.
    idp.faults.next('token', { kind: 'hang' })
    alices.client.stop()
    await pass(310)
    const calls = Array.from({ length: 3 }, () =>
      alices.call('orders', { method: 'POST', body: '{}' }).catch(String),
    )
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    const bobs = open('/bob')
    await bobs.client.login({ prompt: 'login' })
    await bobs.follow('bob')
    idp.faults.release()
    await Promise.all(calls)
    expect(api.requests.map(({ claims }) => claims?.sub).filter((sub) => sub !== 'alice')).toEqual([])
    expect(await bobs.call()).toEqual({ status: 200, sub: 'bob' })
  })

  it('the same user who signs in anew takes the tabs along, and their calls go on', async () => {
    const { open } = await startWorld(heldBy)
    const page = open('/one')
    const first = await page.signIn('alice')
    const other = open('/two')
    await other.client.start()
    await other.client.login({ prompt: 'login' })
    await other.follow('alice')
    expect(other.session.ref).not.toBe(first.ref)
    expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
    expect(page.session.ref).toBe(other.session.ref)
    expect(page.told.find(({ type }) => type === 'ended')?.detail).toMatchObject({ reason: 'replaced' })
  })
})

it('a page that holds the tokens itself calls as nobody who is not signed in in this browser any more', async () => {
  const world = await startWorld('browser')
  const { alices, bobs } = await twoUsers(world)
  // Refused until the page has heard of bob: then it is his page.
  const early: unknown = await alices.call().catch((error: unknown) => error)
  expect(early).not.toMatchObject({ sub: 'alice' })
  if (early instanceof Error) expect(early).toMatchObject({ reason: 'user_changed' })
  await vi.waitFor(() => expect(alices.session.user.sub).toBe('bob'))
  expect(await alices.call()).toEqual({ status: 200, sub: 'bob' })
  expect(await bobs.call()).toEqual({ status: 200, sub: 'bob' })
})

describe.each(HOLDERS)('login and logout, tokens held by: %s', (heldBy) => {
  it('login() during a logout does nothing', async () => {
    const { open, idp } = await startWorld(heldBy)
    const page = open()
    await page.signIn()
    idp.clearRequests()
    const leaving = page.client.logout()
    await page.client.login()
    await leaving
    expect(page.state).toEqual({ status: 'redirecting', to: 'logout' })
    expect(page.tab.platform.left).toHaveLength(1)
    expect(new URL(page.tab.platform.left[0] ?? '').pathname).toBe('/session/end')
    expect(await page.follow()).toMatchObject({ status: 'unauthenticated' })
    expect(idp.count('authorization')).toBe(0)
  })

  it('three logins that came back without a session end in login_loop', async () => {
    const { open, idp, pass } = await startWorld(heldBy)
    const page = open('/orders/7')
    await page.client.start()
    for (let failed = 1; failed <= 3; failed += 1) {
      await page.client.login()
      await page.tab.agent.navigate(page.tab.platform.left.at(-1) ?? '', {
        from: page.tab.platform.address(),
      })
      await page.tab.agent.cancelLogin()
      expect(await page.load(page.tab.agent.page?.url.href)).toMatchObject({
        error: { code: 'access_denied' },
      })
    }
    idp.clearRequests()
    await expect(page.client.login()).rejects.toMatchObject({ code: 'login_loop' })
    expect(page.state).toMatchObject({ status: 'unauthenticated', error: { code: 'login_loop' } })
    expect(idp.requests).toEqual([])

    await pass(61, page)
    await page.client.login()
    await page.follow('alice')
    expect(page.session.user.sub).toBe('alice')
    expect(page.tab.platform.address().href).toBe('https://app.test/orders/7')
  })
})
