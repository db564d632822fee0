// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { foreign, MINUTE, problem } from '../wire-bff.js'
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

describe('an end', () => {
  it.each([
    'logout',
    'idp_session_over',
    'app_session_over',
    'revoked',
    'binding',
    'refresh_lost',
    'unknown',
  ])('by %s is told, with why and since when, and nothing is asked any more', async (reason) => {
    const { call, news, ref, door, page, push } = await listening()
    call.tell('ended', { ended_by: reason, at: 7 }).end()
    await expect.poll(() => news.length).toBe(2)
    expect(news[1]).toEqual({ type: 'absent', ref, reason, endedAt: 7 })
    push.adopted({ ...at(alice()), ref })
    page.wake('online')
    page.advance(10 * MINUTE)
    await turns()
    expect([door.calls.length, news.length, page.timers, page.listening]).toEqual([1, 2, 0, 0])
  })

  it('is told once, whatever comes after it', async () => {
    const { call, news, ref } = await listening()
    const ended = { ended_by: 'logout', at: 7 }
    call.tell('ended', ended).tell('ended', ended).tell('session', alice())
    await expect.poll(() => news.length).toBe(2)
    await turns()
    expect(news.slice(1)).toEqual([{ type: 'absent', ref, reason: 'logout', endedAt: 7 }])
  })

  it('that was missed is what the next connection is refused with', async () => {
    const { call, news, ref, door, page, push } = await listening()
    call.cut()
    await turns()
    page.wake('online')
    ;(await door.called(2)).answer(problem('login_required', 401, { ended_by: 'revoked', ended_at: 9 }))
    await expect.poll(() => news.length).toBe(2)
    expect(news[1]).toEqual({ type: 'absent', ref, reason: 'revoked', endedAt: 9 })
    // For good, until another session is adopted.
    push.adopted({ ...at(alice()), ref })
    page.wake('online')
    page.advance(10 * MINUTE)
    await turns()
    expect([door.calls.length, page.timers, page.listening]).toEqual([2, 0, 0])
    push.adopted(at(bob()))
    page.advance(PAUSE)
    await door.called(3)
  })

  it('is no news where somebody else says so', async () => {
    const { call, news, door, page } = await listening()
    call.cut()
    await turns()
    for (const [index, response] of [
      foreign('{"code":"login_required","status":401}', 401),
      new Response('<html>'),
    ].entries()) {
      page.wake('online')
      ;(await door.called(index + 2)).answer(response)
      await turns()
    }
    expect(news).toHaveLength(1)
    expect(page.timers).toBe(1)
  })
})

describe('an end by another login of this browser', () => {
  it.each(['replaced', 'user_changed'])(
    '(%s) is no end: in a moment the stream says whose session it is',
    async (reason) => {
      const { call, news, door, page, push } = await listening()
      call.tell('ended', { ended_by: reason, at: 7 }).end()
      await turns()
      // The cookie of the next session is still on its way.
      expect([door.calls.length, news.length]).toEqual([1, 1])
      page.advance(PAUSE)
      const next = bob()
      ;(await door.called(2)).begin().tell('session', next)
      await expect.poll(() => news.length).toBe(2)
      expect(news[1]).toEqual({ type: 'restored', session: at(next) })
      push.adopted(at(next))
      await turns()
      expect(door.calls).toHaveLength(2)
    },
  )

  it('is one where no cookie came after it', async () => {
    const { call, news, door, page, ref } = await listening()
    call.tell('ended', { ended_by: 'replaced', at: 7 }).end()
    await turns()
    page.advance(PAUSE)
    ;(await door.called(2)).answer(problem('login_required', 401, { ended_by: 'replaced', ended_at: 7 }))
    await expect.poll(() => news.length).toBe(2)
    expect(news[1]).toEqual({ type: 'absent', ref, reason: 'replaced', endedAt: 7 })
  })

  it('is waited for, too, where the stream was asked for with the cookie of before', async () => {
    const { call, news, door, page } = await listening()
    call.end()
    await turns()
    page.advance(60_000)
    ;(await door.called(2)).answer(problem('login_required', 401, { ended_by: 'replaced', ended_at: 7 }))
    await turns()
    expect(news).toHaveLength(1)
    page.advance(PAUSE)
    const next = bob()
    ;(await door.called(3)).begin().tell('session', next)
    await expect.poll(() => news.at(-1)).toEqual({ type: 'restored', session: at(next) })
  })

  it('is forgotten where another tab tells sooner', async () => {
    const { call, door, page, push } = await listening()
    call.tell('ended', { ended_by: 'user_changed', at: 7 }).end()
    await turns()
    push.adopted(at(bob()))
    page.advance(PAUSE)
    ;(await door.called(2)).begin()
    page.advance(5000)
    await turns()
    expect(door.calls).toHaveLength(2)
  })
})

describe('another session', () => {
  it('gets a stream of its own; what the old one still says is not heard', async () => {
    const { call, door, push, news, page, browser } = await listening()
    call.tell('ended', { ended_by: 'logout', at: 7 })
    push.adopted(at(bob()))
    expect(call.open).toBe(false)
    page.advance(PAUSE)
    const next = bob()
    ;(await door.called(2)).begin().tell('session', next)
    await expect.poll(() => news.length).toBe(2)
    expect(news[1]).toEqual({ type: 'restored', session: at(next) })
    push.stop()
    await turns()
    expect(browser.held()).toEqual([])
  })

  it('than was adopted may be the one whose cookie opened the stream: it is about that one', async () => {
    const { door, open } = bench()
    const { push, news, page } = open(({ type }, own) => type === 'restored' && own.adopted(at(theirs)))
    const theirs = bob()
    push.adopted(at(alice()))
    page.advance(PAUSE)
    await turns()
    page.advance(PAUSE)
    const call = (await door.called(1)).begin().tell('session', theirs)
    call.tell('ended', { ended_by: 'logout', at: 7 })
    await expect.poll(() => news.length).toBe(2)
    expect(news[1]).toMatchObject({ type: 'absent', ref: theirs.session.ref })
    expect(door.calls).toHaveLength(1)
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
