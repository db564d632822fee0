// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { foreign, problem } from '../wire-bff.js'
import { turns, type StreamCall } from './stream-door.js'
import { keep, untilCalled, eachTest } from './kept-streams.js'

eachTest()

describe('a stream that is kept open', () => {
  it('is asked for at once, and once', async () => {
    const kept = keep()
    ;(await kept.door.called(1)).begin().tell('a', 1)
    await expect.poll(() => kept.heard.length).toBe(1)
    kept.page.advance(30_000)
    await turns()
    expect(kept.door.calls).toHaveLength(1)
  })

  it('names when the first event of each connection was asked for, and of no other', async () => {
    const { door, page, heard } = keep()
    const began = page.clock.device()
    ;(await door.called(1)).begin().tell('a', 1).tell('a', 2)
    await expect.poll(() => heard.length).toBe(2)
    page.wake('online')
    ;(await door.called(2)).begin().tell('a', 3)
    await expect.poll(() => heard.length).toBe(3)
    expect(heard.map(([, data]) => data)).toEqual([1, 2, 3])
    expect(heard.map(([, , askedAt]) => askedAt !== undefined)).toEqual([true, false, true])
    expect(heard[0]?.[2]).toBe(began)
  })

  it('comes again after it ended, when the server said, and a little later', async () => {
    const kept = keep(0.5)
    ;(await kept.door.called(1)).begin().send('retry: 3000\n\n').tell('a', 1)
    await expect.poll(() => kept.heard.length).toBe(1)
    kept.door.last.end()
    // 3 s, and between half a second and one.
    expect(await untilCalled(kept)).toBe(3800)
    kept.door.last.begin().send('retry: 60000\n\n').tell('a', 2)
    await expect.poll(() => kept.heard.length).toBe(2)
    kept.door.last.end()
    expect(await untilCalled(kept)).toBeGreaterThan(60_000)
  })

  it('does not believe a wish to wait for ever', async () => {
    const kept = keep()
    ;(await kept.door.called(1)).begin().send('retry: 99999999999999\n\n').tell('a', 1)
    await expect.poll(() => kept.heard.length).toBe(1)
    kept.door.last.end()
    expect(await untilCalled(kept, 4_000_000, 10_000)).toBeLessThan(3_620_000)
  })
})

describe('what is no answer ends nothing', () => {
  it.each<[string, (call: StreamCall) => void]>([
    ['trouble of the BFF', (call) => call.answer(problem('idp_unavailable', 503))],
    ['a proxy’s page', (call) => call.answer(foreign('<html>', 502, { 'Content-Type': 'text/html' }))],
    ['a captive portal', (call) => call.answer(new Response('<html>'))],
    ['a foreign 404', (call) => call.answer(foreign('', 404))],
    ['a foreign 401', (call) => call.answer(foreign('', 401))],
    ['no network', (call) => call.cut()],
    ['a cut at once', (call) => call.begin().cut()],
    ['an end at once', (call) => call.begin().end()],
  ])('%s: it is tried again, later and later, a minute apart at most', async (_, fault) => {
    const kept = keep()
    kept.door.always = fault
    fault(await kept.door.called(1))
    const waits: number[] = []
    for (let attempt = 1; attempt <= 9; attempt += 1) waits.push(await untilCalled(kept))
    expect(waits).toEqual([800, 1500, 3000, 6000, 12_000, 24_000, 45_000, 45_000, 45_000])
    expect(kept.refusals).toEqual([])
    // …and then all is well.
    delete kept.door.always
    await untilCalled(kept)
    kept.door.last.begin().tell('a', 1)
    await expect.poll(() => kept.heard.length).toBe(1)
  })

  it('no answer, and no sign of life, for 40 s: it is tried again', async () => {
    const kept = keep()
    await kept.door.called(1)
    expect(await untilCalled(kept)).toBeGreaterThanOrEqual(40_000)
    expect(kept.door.calls[0]?.init.signal?.aborted).toBe(true)
    const call = kept.door.last.begin()
    for (let beat = 0; beat < 20; beat += 1) {
      call.send(':\n\n')
      await turns()
      kept.page.advance(15_000)
    }
    expect(kept.door.calls).toHaveLength(2)
    expect(await untilCalled(kept)).toBeGreaterThanOrEqual(25_000)
    expect(call.open).toBe(false)
  })

  it('one that breaks off again and again is tried later and later; one that lasted is a first try again', async () => {
    const kept = keep()
    await kept.door.called(1)
    for (const expected of [800, 1500, 3000]) {
      kept.door.last.begin().tell('a', 1)
      await turns()
      kept.page.advance(5000)
      kept.door.last.cut()
      expect(await untilCalled(kept)).toBe(expected)
    }
    kept.door.last.begin()
    kept.page.advance(15_000)
    kept.door.last.send(':\n\n')
    await turns()
    kept.door.last.cut()
    expect(await untilCalled(kept)).toBe(800)
  })
})

describe('Retry-After', () => {
  it.each<[string, Response]>([
    ['of the BFF', problem('idp_unavailable', 503, {}, { 'Retry-After': '30' })],
    ['of something in front of it', foreign('slow down', 429, { 'Retry-After': '30' })],
  ])('%s is kept to, also when the page wakes', async (_, response) => {
    const kept = keep()
    ;(await kept.door.called(1)).answer(response)
    await turns()
    kept.page.advance(29_000)
    for (const sign of ['visible', 'online', 'resumed'] as const) kept.page.wake(sign)
    await turns()
    expect(kept.door.calls).toHaveLength(1)
    expect(await untilCalled(kept)).toBeLessThanOrEqual(2000)
  })
})

it('a thousand connections leave nothing behind', async () => {
  const kept = keep()
  kept.door.always = (call) => call.begin().send('retry: 1\n\n').end()
  kept.door.always(await kept.door.called(1))
  for (let count = 0; count < 1000; count += 1) {
    await turns(3)
    kept.page.wake('online')
  }
  await turns()
  expect(kept.door.calls.length).toBeGreaterThan(900)
  expect([kept.page.timers, kept.page.listening]).toEqual([1, 1])
})
