// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepStream } from '../../../src/client/signals/kept-stream.js'
import type { BffError } from '../../../src/errors.js'
import { createTestPlatform, type TestPlatform } from '../../support/test-platform.js'
import { foreign, problem } from '../wire-bff.js'
import { createStreamDoor, turns, type StreamCall, type StreamDoor } from './stream-door.js'

// Time passes when a test says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

interface Kept {
  readonly door: StreamDoor
  readonly page: TestPlatform
  readonly heard: [name: string, data: unknown, askedAt?: number][]
  readonly refusals: BffError[]
  close(): void
}

const keep = (random = 0.5, tryAgain = true): Kept => {
  const door = createStreamDoor()
  const page = createTestPlatform({ fetch: door.fetch, random: () => random })
  const heard: Kept['heard'] = []
  const refusals: BffError[] = []
  const close = keepStream(page, '/bff/events', {
    event: (name, data, askedAt) =>
      void heard.push(askedAt === undefined ? [name, data] : [name, data, askedAt]),
    refused: (refusal) => refusals.push(refusal) > 0 && tryAgain,
  })
  return { door, page, heard, refusals, close }
}

/** Time passes in small steps, ms, until the door is called once more; how much it was. */
const untilCalled = async ({ door, page }: Kept, most = 200_000, step = 100): Promise<number> => {
  const before = door.calls.length
  for (let passed = 0; passed <= most; passed += step) {
    await turns(4)
    if (door.calls.length > before) return passed
    page.advance(step)
  }
  throw new Error(`not called within ${most} ms`)
}

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

describe('a page that wakes', () => {
  it.each(['online', 'visible', 'resumed', 'restored'] as const)(
    '(%s) does not wait any longer',
    async (sign) => {
      const kept = keep()
      for (let attempt = 1; attempt <= 6; attempt += 1) {
        ;(await kept.door.called(attempt)).cut()
        if (attempt < 6) await untilCalled(kept)
      }
      await turns()
      kept.page.wake(sign)
      await kept.door.called(7)
      // There is one now, and it is young.
      kept.page.wake('visible')
      await turns()
      expect(kept.door.calls).toHaveLength(7)
    },
  )

  it('believes a connection that was heard a moment ago, and none that is silent for longer', async () => {
    const kept = keep()
    const call = (await kept.door.called(1)).begin().send(':\n\n')
    await turns()
    kept.page.advance(16_000)
    kept.page.wake('visible')
    await turns()
    expect(kept.door.calls).toHaveLength(1)
    kept.page.advance(5000)
    kept.page.wake('visible')
    await kept.door.called(2)
    expect(call.open).toBe(false)
  })

  it('believes none from before the network was gone', async () => {
    const kept = keep()
    ;(await kept.door.called(1)).begin().send(':\n\n')
    await turns()
    kept.page.wake('online')
    await kept.door.called(2)
  })

  it('notices by itself that the device slept, where no sign says so', async () => {
    const kept = keep()
    ;(await kept.door.called(1)).begin().send(':\n\n')
    await turns()
    kept.page.jump(3_600_000)
    kept.page.clock.now()
    kept.page.advance(0)
    await kept.door.called(2)
  })
})

describe('many browsers', () => {
  it('do not come at the same moment after the BFF was started anew', async () => {
    const browsers = Array.from({ length: 20 }, (_, index) => keep((index * 0.618) % 1))
    for (const [index, { door }] of browsers.entries())
      (await door.called(1)).begin().send(`retry: ${1000 + ((index * 977) % 4000)}\n\n`)
    await turns()
    for (const { door } of browsers) door.last.end()
    const waits = await Promise.all(browsers.map((one) => untilCalled(one, 10_000, 20)))
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1500)
    expect(Math.max(...waits)).toBeLessThanOrEqual(6020)
    const near = (wait: number): number => waits.filter((other) => Math.abs(other - wait) < 100).length
    expect(Math.max(...waits.map(near))).toBeLessThanOrEqual(4)
  })

  it('nor where it never said when: half of the wait is by chance', async () => {
    const waits: number[] = []
    for (const random of [0, 0.25, 0.5, 0.75, 0.99]) {
      const kept = keep(random)
      ;(await kept.door.called(1)).cut()
      waits.push(await untilCalled(kept, 10_000, 5))
    }
    expect(waits).toEqual([500, 625, 750, 875, 995])
  })
})

describe('a refusal', () => {
  it.each([true, false])('is told; trying again may help: %s', async (tryAgain) => {
    const kept = keep(0.5, tryAgain)
    ;(await kept.door.called(1)).answer(problem('login_required', 401))
    await expect.poll(() => kept.refusals.length).toBe(1)
    expect(kept.refusals[0]).toMatchObject({ status: 401, code: 'login_required' })
    await turns()
    for (const sign of ['visible', 'online'] as const) if (!tryAgain) kept.page.wake(sign)
    kept.page.advance(2000)
    await turns()
    expect(kept.door.calls).toHaveLength(tryAgain ? 2 : 1)
    expect([kept.page.timers > 0, kept.page.listening > 0]).toEqual([tryAgain, tryAgain])
  })
})

describe('closed', () => {
  it('nothing is heard any more, and nothing is left', async () => {
    const { door, page, heard, close } = keep()
    const call = (await door.called(1)).begin().tell('a', 1)
    await expect.poll(() => heard.length).toBe(1)
    call.tell('a', 2)
    close()
    await turns()
    expect([heard.length, call.open, page.timers, page.listening]).toEqual([1, false, 0, 0])
    page.advance(1_000_000)
    await turns()
    expect(door.calls).toHaveLength(1)
  })

  it('while it waits, too; twice does no harm', async () => {
    const { door, page, close } = keep()
    ;(await door.called(1)).cut()
    await turns()
    close()
    close()
    expect([page.timers, page.listening]).toEqual([0, 0])
  })

  it('an answer that comes later does no harm', async () => {
    const { door, page, refusals, close } = keep()
    const call = await door.called(1)
    close()
    call.answer(problem('login_required', 401))
    await turns()
    expect([refusals.length, page.timers]).toEqual([0, 0])
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
