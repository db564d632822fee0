// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { problem } from '../wire-bff.js'
import { turns } from './stream-door.js'
import { keep, untilCalled, eachTest } from './kept-streams.js'

eachTest()

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
