// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { foreign, MINUTE, problem } from '../wire-bff.js'
import { alice, at, bench, bob, listening, PAUSE } from './push-bench.js'
import { turns } from './stream-door.js'

// Time passes when a test says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

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
