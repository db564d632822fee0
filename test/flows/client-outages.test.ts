/** No answer is not an answer: outages and answers that get lost, for every way to hold tokens. */
import { describe, expect, it, vi } from 'vitest'
import { HOLDERS, startWorld, type AppPage } from './client-world.js'

const renewal = ({ state }: AppPage) =>
  state.status === 'authenticated' ? state.renewal.status : state.status

describe.each(HOLDERS)('tokens held by: %s', (heldBy) => {
  it('a provider that is down for a while ends nothing: it is asked again until it answers', async () => {
    const { open, pass, idp } = await startWorld(heldBy)
    const page = open()
    const { ref } = await page.signIn()
    await idp.down()
    await pass(250, page)
    expect(renewal(page)).toBe('waiting')
    expect(page.types()).toContain('refresh-failed')
    // Beyond the end of the access token.
    await pass(120, page)
    expect(page.state.status).toBe('authenticated')
    expect(page.session).toMatchObject({ ref, idp: { status: 'active' }, access: { extendable: true } })

    await idp.up()
    await pass(120, page)
    await vi.waitFor(() => expect(renewal(page)).toBe('idle'))
    expect(page.session.ref).toBe(ref)
    expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
    expect(page.types().filter((type) => type === 'ended' || type === 'idp-session-ended')).toEqual([])
  })

  it.each([
    [
      'an error page',
      { kind: 'status', status: 502, body: '<h1>Bad gateway</h1>', contentType: 'text/html' },
    ],
    ['too many requests', { kind: 'status', status: 429, headers: { 'retry-after': '5' } }],
    ['a cut connection', { kind: 'cut' }],
  ] as const)('%s in place of an answer is waited out', async (_, fault) => {
    const { open, pass, idp, refreshes } = await startWorld(heldBy)
    const page = open()
    await page.signIn()
    idp.faults.next('token', fault)
    await pass(240, page)
    expect(page.types()).toContain('refresh-failed')
    await pass(60, page)
    await vi.waitFor(() => expect(page.types()).toContain('refreshed'))
    expect(renewal(page)).toBe('idle')
    expect(refreshes().at(-1)).toMatchObject({ error: null })
    expect(page.session.idp.status).toBe('active')
  })

  it('an answer that got lost took the refresh token with it: the end says so', async () => {
    const { open, pass, idp } = await startWorld(heldBy)
    const page = open()
    await page.signIn()
    idp.faults.next('token', { kind: 'lost-answer' })
    await pass(240, page)
    expect(renewal(page)).toBe('waiting')
    expect(page.session.idp.status).toBe('active')

    await pass(30, page)
    await vi.waitFor(() =>
      expect(page.session.idp).toMatchObject({ status: 'ended', endedBy: 'refresh_lost' }),
    )
    expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
    await pass(60, page)
    await vi.waitFor(() =>
      expect(page.state).toMatchObject({ status: 'unauthenticated', reason: 'refresh_lost' }),
    )

    // The provider still knows the user.
    await page.client.login()
    idp.clearRequests()
    await page.follow()
    expect(page.session.user.sub).toBe('alice')
    expect(idp.count('interaction')).toBe(0)
  })

  it('an answer that comes late is still the answer', async () => {
    const { open, pass, idp, refreshes } = await startWorld(heldBy)
    const page = open()
    await page.signIn()
    idp.faults.next('token', { kind: 'held-answer' })
    await pass(240, page)
    await vi.waitFor(() => expect(idp.faults.waiting()).toBe(1))
    expect(renewal(page)).toBe('renewing')
    const calls = heldBy === 'bff' ? [] : [page.call()]
    idp.faults.release()
    await vi.waitFor(() => expect(renewal(page)).toBe('idle'))
    expect(await Promise.all(calls)).toEqual(calls.map(() => ({ status: 200, sub: 'alice' })))
    expect(refreshes()).toHaveLength(1)
    expect(page.types()).toEqual(['authenticated', 'refreshed'])
  })

  it('a logout while the provider is down ends the app session all the same', async () => {
    const { open, idp, bff } = await startWorld(heldBy)
    const page = open()
    await page.signIn()
    await idp.down()
    await page.client.logout({ scope: 'app' })
    expect(page.state).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
    expect(await bff.sessions.list({ sub: 'alice' })).toEqual([])
    await idp.up()
    expect((await page.load()).status).toBe('unauthenticated')
  })

  it('a login while the provider is down fails with a reason, and works afterwards', async () => {
    const { open, idp } = await startWorld(heldBy)
    const page = open('/orders/7')
    await page.client.start()
    await idp.down()
    // The BFF sends the user back with it; a page that logs in by itself hears it at once.
    await page.client.login().catch(() => {})
    if (page.state.status === 'redirecting') await page.follow()
    expect(page.state).toMatchObject({ status: 'unauthenticated', error: { name: 'NetworkError' } })
    expect(page.tab.platform.address().href).toBe('https://app.test/orders/7')
    await idp.up()
    await page.client.login()
    await page.follow('alice')
    expect(page.session.user.sub).toBe('alice')
  })
})

describe('a page that is loaded while nobody answers', () => {
  it.each(HOLDERS)(
    'settles within 10 s without saying that nobody is signed in, and goes on asking (%s)',
    async (heldBy) => {
      const { open, pass, silence } = await startWorld(heldBy)
      const before = open()
      await before.signIn()
      before.client.stop()

      silence(true)
      const page = open()
      let hasSettled = false
      const starting = page.client.start().finally(() => (hasSettled = true))
      for (let seconds = 0; !hasSettled && seconds < 10; seconds += 1) await pass(1, page)
      expect(hasSettled, 'start() settled within 10 s').toBe(true)
      expect(await starting).toMatchObject({ status: 'loading', error: { name: 'NetworkError' }, attempt: 1 })
      expect(page.types()).toEqual(['error'])
      await expect(page.call()).rejects.toMatchObject({ name: 'NetworkError' })
      await pass(60, page)
      expect(page.state).toMatchObject({ status: 'loading', error: { name: 'NetworkError' } })

      silence(false)
      for (let seconds = 0; page.state.status === 'loading' && seconds < 90; seconds += 1) await pass(1, page)
      // A page of another site than the provider's asks with the whole page.
      if (page.state.status === 'redirecting') await page.follow()
      expect(page.session.user.sub).toBe('alice')
      expect(await page.call()).toEqual({ status: 200, sub: 'alice' })
    },
  )
})
