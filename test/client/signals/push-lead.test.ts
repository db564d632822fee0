// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TestPlatform } from '../../support/test-platform.js'
import { foreign, MINUTE, problem } from '../wire-bff.js'
import { alice, at, bench, bob, listening, PAUSE } from './push-bench.js'
import { turns, type StreamCall } from './stream-door.js'

// Time passes when a test says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

describe('the tab that leads', () => {
  const ways: [string, (page: TestPlatform) => void][] = [
    ['closed', (page) => page.close()],
    ['frozen', (page) => page.freeze()],
    ['put into the back-forward cache', (page) => page.hide()],
    ['left for another page', (page) => page.reload()],
  ]

  it.each(ways)('is %s: the next one opens its own stream, and hears how things are', async (_, go) => {
    const told = alice()
    const world = bench()
    const { page, call, door } = await listening(told, world)
    const next = world.open()
    next.push.adopted(at(told))
    next.page.advance(PAUSE)
    await turns()
    go(page)
    expect(call.open).toBe(false)
    ;(await door.called(2)).begin().tell('session', told)
    await expect.poll(() => next.news).toEqual([{ type: 'restored', session: at(told) }])
  })

  it('crashes: the next one takes over', async () => {
    const told = alice()
    const world = bench()
    const { page, door, call } = await listening(told, world)
    const next = world.open()
    next.push.adopted(at(told))
    next.page.advance(PAUSE)
    await turns()
    // The browser closes what a page had open.
    page.crash()
    call.end()
    await door.called(2)
  })

  it('and comes back, waits its turn, then hears how things are', async () => {
    const told = alice()
    const world = bench()
    const { page, door, news } = await listening(told, world)
    page.freeze()
    await turns()
    page.resume()
    ;(await door.called(2)).begin().tell('session', told)
    await expect.poll(() => news.length).toBe(2)
    expect(world.browser.held()).toEqual(['tandem:push:/bff'])
  })

  it('and comes back while another one leads opens nothing, whoever signs in', async () => {
    const world = bench()
    const { page, push, door } = await listening(alice(), world)
    const next = world.open()
    next.push.adopted(at(alice()))
    next.page.advance(PAUSE)
    await turns()
    page.freeze()
    await door.called(2)
    page.resume()
    const told = bob()
    for (const one of [push, next.push]) one.adopted(at(told))
    next.page.advance(PAUSE)
    await door.called(3)
    await turns()
    expect(door.calls).toHaveLength(3)
  })

  it.each<[string, (call: StreamCall) => void]>([
    ['an end', (call) => call.begin().tell('ended', { ended_by: 'logout', at: 7 })],
    ['a refusal', (call) => call.answer(problem('login_required', 401))],
  ])('after %s opens nothing when it comes back', async (_, end) => {
    const { page, door, call, news } = await listening()
    call.cut()
    await turns()
    page.wake('online')
    end(await door.called(2))
    await expect.poll(() => news.length).toBe(2)
    page.hide()
    await turns()
    page.show()
    await turns()
    expect(door.calls).toHaveLength(2)
  })
})

describe('a BFF without the door', () => {
  it('is not asked again by this page, which says so once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { door, open } = bench()
    const { push, page, news } = open()
    push.adopted(at(alice()))
    await turns()
    page.advance(PAUSE)
    ;(await door.called(1)).answer(problem('invalid_request', 404))
    await expect.poll(() => warn.mock.calls.length).toBe(1)
    push.adopted(at(bob()))
    page.wake('online')
    page.hide()
    page.show()
    page.advance(60 * MINUTE)
    await turns()
    expect([door.calls.length, news.length, page.timers, page.listening]).toEqual([1, 0, 0, 0])
    expect(warn.mock.calls).toEqual([[expect.stringContaining('/bff/events')]])
    warn.mockRestore()
  })
})

describe('faults, for an hour', () => {
  it.each<[string, (call: StreamCall) => void, number]>([
    ['503', (call) => call.answer(problem('idp_unavailable', 503)), 100],
    ['a proxy’s page', (call) => call.answer(foreign('<html>', 502)), 100],
    ['no network', (call) => call.cut(), 100],
    ['silence', () => {}, 60],
    ['a cookie that came twice', (call) => call.answer(problem('cookie_conflict', 400)), 100],
    ['somebody refuses', (call) => call.answer(problem('csrf_failed', 403)), 100],
    ['another session', (call) => call.answer(problem('session_conflict', 409)), 100],
  ])(
    '%s: nobody is signed out, the BFF is not overrun, and then all is well at once',
    async (_, fault, most) => {
      const told = alice()
      const { door, page, news, call } = await listening(told)
      door.always = fault
      call.cut()
      for (let second = 0; second < 3600; second += 5) {
        await turns(2)
        page.advance(5000)
      }
      expect(news).toHaveLength(1)
      expect(door.calls.length).toBeGreaterThan(30)
      expect(door.calls.length).toBeLessThan(most)
      door.always = (again) => again.begin().tell('session', told)
      page.wake('online')
      await expect.poll(() => news.length).toBe(2)
    },
  )
})
