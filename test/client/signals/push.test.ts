// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MINUTE } from '../wire-bff.js'
import { alice, at, bench, bob, listening, PAUSE } from './push-bench.js'
import { turns } from './stream-door.js'

// Time passes when a test says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

describe('the stream', () => {
  it('is asked for a moment after there is a session, below the base path', async () => {
    const { door, open } = bench()
    const { push, page } = open()
    await turns()
    expect([door.calls.length, page.timers, page.listening]).toEqual([0, 0, 0])
    push.adopted(at(alice()))
    page.advance(PAUSE - 1)
    await turns()
    expect(door.calls).toHaveLength(0)
    page.advance(1)
    expect(new URL((await door.called(1)).url).pathname).toBe('/bff/events')
  })

  it('is one for all tabs of a browser', async () => {
    const { door, open, browser } = bench()
    const told = alice()
    for (let tab = 0; tab < 10; tab += 1) open().push.adopted(at(told))
    await turns()
    browser.advance(PAUSE)
    await door.called(1)
    await turns()
    expect(door.calls).toHaveLength(1)
    expect(browser.held()).toEqual(['tandem:push:/bff'])
  })

  it('says how the session stands, at once and whenever that changes', async () => {
    const told = alice()
    const { call, news } = await listening(told)
    const renewed = {
      ...told,
      session: { ...told.session, access: { ...told.session.access, expires_at: 7 } },
    }
    call.tell('session', renewed)
    await expect.poll(() => news.length).toBe(2)
    expect(news).toEqual([
      { type: 'restored', session: at(told) },
      { type: 'restored', session: at(renewed) },
    ])
  })

  it('of news about the same session nothing is opened anew', async () => {
    const told = alice()
    const { door, push } = await listening(told)
    for (let count = 0; count < 5; count += 1) push.adopted(at(told))
    await turns()
    expect(door.calls).toHaveLength(1)
  })

  it('may say what this version does not understand', async () => {
    const { call, news } = await listening()
    call.send('event: session\ndata: {"authenticated":\n\n').tell('session', { authenticated: true })
    call.tell('session', { authenticated: false }).tell('weather', 'sunny').tell('session', null)
    // A `session` that says so came before.
    call.tell('idp_session_ended', { ended_by: 'logout', until: 7 })
    const later = alice()
    call.tell('session', later)
    await expect.poll(() => news.length).toBe(2)
    expect(news[1]).toEqual({ type: 'restored', session: at(later) })
  })
})

describe('the server’s time', () => {
  const MINUTES = 10 * MINUTE

  it('is learnt from the first event of a connection', async () => {
    const { page } = await listening(alice(), bench(MINUTES))
    expect(page.clock.device() - page.clock.now()).toBe(MINUTES + PAUSE)
  })

  it('is not learnt from one that was on its way for long', async () => {
    const { door, open } = bench(MINUTES)
    const { push, page, news } = open()
    const told = alice()
    push.adopted(at(told))
    page.advance(PAUSE)
    const call = await door.called(1)
    page.advance(9000)
    call.begin().tell('session', told)
    await expect.poll(() => news.length).toBe(1)
    expect(page.clock.now()).toBe(page.clock.device())
  })

  it('is not learnt from later events: a page that slept hears them late', async () => {
    const told = alice()
    const { call, page, news } = await listening(told)
    const before = page.clock.now()
    call.tell('session', { ...told, now: told.now - 60 * MINUTE })
    await expect.poll(() => news.length).toBe(2)
    expect(page.clock.now()).toBe(before)
  })
})

describe('forgotten', () => {
  it('the stream is closed, and nothing is left; with the next session it is opened', async () => {
    const told = alice()
    const { call, push, page, browser, door } = await listening(told)
    push.forget()
    await turns()
    expect([call.open, page.listening]).toEqual([false, 0])
    page.advance(PAUSE)
    await turns()
    expect([page.timers, browser.held()]).toEqual([0, []])
    push.adopted(at(told))
    await turns()
    page.advance(PAUSE)
    await door.called(2)
  })

  it('by whoever hears of an end, while hearing of it', async () => {
    const { door, open, browser } = bench()
    const { push, page, news } = open(({ type }, own) => type === 'absent' && own.forget())
    push.adopted(at(alice()))
    await turns()
    page.advance(PAUSE)
    ;(await door.called(1)).begin().tell('session', alice()).tell('ended', { ended_by: 'logout', at: 7 })
    await expect.poll(() => news.length).toBe(2)
    page.advance(PAUSE)
    await turns()
    expect([page.timers, page.listening, browser.held()]).toEqual([0, 0, []])
  })

  it('the lead is kept for a moment: others hear of the end before they come to lead, and ask for nothing', async () => {
    const told = alice()
    const world = bench()
    const { push, page, door } = await listening(told, world)
    const next = world.open()
    next.push.adopted(at(told))
    next.page.advance(PAUSE)
    push.forget()
    await turns()
    expect(door.calls).toHaveLength(1)
    next.push.forget()
    page.advance(PAUSE)
    await turns()
    expect(door.calls).toHaveLength(1)
    expect(world.browser.held()).toEqual([])
  })

  it('and it goes on leading where the next session comes within that moment', async () => {
    const { push, page, door, browser } = await listening()
    push.forget()
    page.advance(PAUSE / 2)
    push.adopted(at(bob()))
    page.advance(PAUSE / 2)
    await turns()
    expect(browser.held()).toEqual(['tandem:push:/bff'])
    page.advance(PAUSE)
    await door.called(2)
  })

  it('before it began, it never does', async () => {
    const { door, open } = bench()
    const { push, page } = open()
    push.adopted(at(alice()))
    push.forget()
    expect(page.timers).toBe(0)
    page.advance(5 * PAUSE)
    await turns()
    expect(door.calls).toHaveLength(0)
  })
})

it('stopped, it stays so', async () => {
  const { call, push, page, browser, door } = await listening()
  push.stop()
  push.adopted(at(bob()))
  page.wake('online')
  page.advance(10 * MINUTE)
  await turns()
  expect([call.open, page.timers, page.listening, browser.held(), door.calls.length]).toEqual([
    false,
    0,
    0,
    [],
    1,
  ])
})
