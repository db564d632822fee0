/** Several tabs of one browser with one session at the BFF: what one learns the others hear, each once. */
import { describe, expect, it } from 'vitest'
import { own } from './wire-bff.js'
import { openIn, setUp, statusOf, userOf, all } from './bff-tabs.js'

describe('late messages', () => {
  it('about a session that this browser holds no more make the tab ask', async () => {
    const { bff, tabs, first } = await setUp('alice')
    const [, second] = tabs
    const alices = first.client.getState()
    bff.signIn('bob')
    await first.client.checkSession()
    await all(tabs, userOf, 'bob')
    first.page
      .tabs('tandem 1 /bff')
      .post({ type: 'restored', session: alices.status === 'authenticated' && alices.session })
    await expect.poll(() => second?.asked()).toEqual(['GET /bff/session'])
    expect(second && userOf(second)).toBe('bob')
  })

  it('that an answer is, come after another user’s login, are not told to the other tabs', async () => {
    const { bff, tabs, first } = await setUp('alice')
    let answer: () => void = () => {}
    const now = Date.now()
    const alices = bff.session
    bff.once(
      'GET /bff/session',
      () =>
        new Promise(
          (resolve) => (answer = () => resolve(own({ authenticated: true, session: alices, now }))),
        ),
    )
    const asking = first.client.checkSession().catch(() => null)
    await expect.poll(() => first.asked()).toEqual(['GET /bff/session'])
    bff.signIn('bob')
    await tabs[1]?.client.checkSession()
    await all(tabs.slice(1), userOf, 'bob')
    const before = tabs.slice(1).map(({ asked }) => asked().length)
    answer()
    await asking
    await all(tabs, userOf, 'bob')
    // What they said to each other is heard.
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve))
    expect(tabs.slice(1).map(({ asked }) => asked().length)).toEqual(before)
  })

  it('with access of before change nothing', async () => {
    const { tabs, first } = await setUp('alice')
    const before = first.client.getState()
    await first.client.refresh()
    const after = tabs[1]?.client.getState()
    first.page
      .tabs('tandem 1 /bff')
      .post({ type: 'restored', session: before.status === 'authenticated' && before.session })
    first.page.tabs('tandem 1 /bff').post({ type: 'suspicion' })
    await expect.poll(() => tabs[1]?.asked()).toEqual(['GET /bff/session'])
    await all(tabs, ({ heard }) => heard, ['refreshed alice'])
    expect(tabs[1]?.client.getState().status).toBe(after?.status)
  })

  it('about a session that is over do not bring it back, though its cookie is there', async () => {
    const { bff, tabs, first } = await setUp('alice')
    const before = first.client.getState()
    bff.session = null
    bff.last = { ended_by: 'revoked', at: Date.now() }
    await first.client.refresh().catch(() => {})
    await all(tabs, ({ heard }) => heard, ['ended revoked'])
    const session = before.status === 'authenticated' && before.session
    tabs[2]?.page.tabs('tandem 1 /bff').post({ type: 'restored', session })
    await expect.poll(() => tabs[1]?.asked()).toEqual(['GET /bff/session'])
    await all(tabs, ({ heard }) => heard, ['ended revoked'])
  })

  it('about the end of another session end nothing', async () => {
    const { tabs, first } = await setUp('alice')
    first.page.tabs('tandem 1 /bff').post({ type: 'absent', ref: 'ref-of-before', reason: 'logout' })
    await first.client.refresh()
    await all(tabs, ({ heard }) => heard, ['refreshed alice'])
    await all(tabs, statusOf, 'authenticated')
  })

  it('a question that was under way when another tab signed in is asked again, and nobody is signed out', async () => {
    const { bff, tabs, first } = await setUp('alice')
    let answer: (response: Response) => void = () => {}
    bff.once('GET /bff/session', () => new Promise((resolve) => (answer = resolve)))
    const asking = tabs[1]?.client.checkSession()
    await expect.poll(() => tabs[1]?.asked()).toEqual(['GET /bff/session'])
    bff.signIn('alice')
    await first.client.checkSession()
    await all(tabs, ({ heard }) => heard, ['ended replaced', 'authenticated alice'])
    answer(own({ authenticated: false }))
    await asking
    expect(tabs[1]?.asked()).toEqual(['GET /bff/session', 'GET /bff/session'])
    await all(tabs, ({ heard }) => heard, ['ended replaced', 'authenticated alice'])
  })
})

describe('a tab that slept', () => {
  it('through a logout says so when it is back from the cache, and shows nobody until it knows', async () => {
    const { tabs, first } = await setUp('alice')
    const second = tabs[1]!
    second.page.hide()
    await first.client.logout({ scope: 'app' })
    const seen: string[] = []
    second.client.subscribe(({ status }) => seen.push(status))
    second.page.show()
    await expect.poll(() => statusOf(second)).toBe('unauthenticated')
    expect(seen).toEqual(['loading', 'unauthenticated'])
    expect(second.heard).toEqual(['ended logout'])
  })

  it("through another user's login never shows the first one again", async () => {
    const { bff, tabs, first } = await setUp('alice')
    const second = tabs[1]!
    second.page.hide()
    bff.signIn('bob')
    await first.client.checkSession()
    const seen: unknown[] = []
    second.client.subscribe(() => seen.push(userOf(second) ?? statusOf(second)))
    second.page.show()
    await expect.poll(() => userOf(second)).toBe('bob')
    expect(seen).toEqual(['loading', 'bob'])
    expect(second.heard).toEqual(['ended user_changed', 'authenticated bob'])
  })

  it('through nothing goes on as it was', async () => {
    const { tabs } = await setUp('alice')
    const second = tabs[1]!
    second.page.hide()
    second.page.show()
    await expect.poll(() => second.asked()).toEqual(['GET /bff/session'])
    expect(statusOf(second)).toBe('authenticated')
    expect(second.heard).toEqual([])
  })

  it('and is loaded anew is told why the session it saw is over; the one that ended it is not', async () => {
    const { bff, tabs, first } = await setUp('alice')
    const [, second] = tabs
    const loaded = openIn(second!.page.reload())
    await loaded.client.start()
    loaded.client.stop()
    await first.client.logout({ scope: 'app' })
    const again = openIn(loaded.page.reload())
    expect(await again.client.start()).toMatchObject({ status: 'unauthenticated', reason: 'logout' })
    expect(again.asked()).toEqual([])
    const own = openIn(bff.reload())
    expect(await own.client.start()).toEqual({ status: 'unauthenticated' })
  })

  it('with a cookie that is gone asks, and goes on: the BFF sets it again', async () => {
    const { bff, tabs } = await setUp('alice')
    const second = tabs[1]!
    bff.page.jar.clear()
    second.page.wake('visible')
    await expect.poll(() => statusOf(second)).toBe('authenticated')
    expect(second.heard).toEqual([])
    expect(second.asked()).toEqual(['GET /bff/session'])
  })
})
