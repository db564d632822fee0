import { describe, expect, it } from 'vitest'
import * as asking from './check-session-bench.js'

asking.eachTest()

describe('a page nobody looks at', () => {
  it('opens no frame', () => {
    asking.hide()
    asking.open()
    asking.platform.advance(60_000)
    expect([asking.frames(), asking.heard, asking.platform.timers]).toEqual([[], [], 0])
    asking.look('visible')
    expect(asking.frames()).toHaveLength(1)
  })

  it('asks nothing, and asks at once when it is looked at again', () => {
    asking.open()
    asking.load()
    asking.answer('unchanged')
    asking.look('hidden')
    asking.questions()
    asking.platform.advance(3_600_000)
    expect([asking.questions(), asking.platform.timers]).toEqual([0, 0])
    asking.look('visible')
    expect(asking.questions()).toBe(1)
    expect(asking.frames()).toHaveLength(1)
    asking.platform.advance(2_000)
    expect(asking.questions()).toBe(1)
    expect(asking.heard).toEqual(['unchanged'])
  })

  it('that was loaded meanwhile is asked when it is looked at', () => {
    asking.open()
    asking.look('hidden')
    asking.load()
    expect(asking.questions()).toBe(0)
    asking.look('visible')
    expect(asking.questions()).toBe(1)
  })
})

describe('of several tabs', () => {
  it('one without the lead opens nothing, and one that loses it asks nothing', () => {
    let lead: (() => () => void) | undefined
    let left = 0
    asking.open({
      lead: (begin) => {
        lead = begin
        return () => (left += 1)
      },
    })
    asking.platform.advance(60_000)
    expect([asking.frames(), asking.heard]).toEqual([[], []])

    const lose = lead?.()
    asking.load()
    expect(asking.questions()).toBe(1)
    lose?.()
    asking.platform.advance(60_000)
    expect([asking.questions(), asking.heard, asking.platform.timers]).toEqual([0, [], 0])

    lead?.()
    expect(asking.questions()).toBe(1)
    asking.stop()
    expect(left).toBe(1)
  })

  it('one that nobody looks at leaves the lead to others', () => {
    const log: string[] = []
    asking.open({
      lead: (begin) => {
        log.push('queues')
        const end = begin()
        return () => {
          log.push('leaves')
          end()
        }
      },
    })
    asking.look('hidden')
    asking.look('hidden')
    asking.look('visible')
    asking.look('visible')
    asking.stop()
    expect(log).toEqual(['queues', 'leaves', 'queues', 'leaves'])
  })
})
