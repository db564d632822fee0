import { describe, expect, it } from 'vitest'
import {
  platform,
  heard,
  stop,
  frames,
  open,
  load,
  look,
  questions,
  answer,
  eachTest,
  hide,
} from './check-session-bench.js'

eachTest()

describe('a page nobody looks at', () => {
  it('opens no frame', () => {
    hide()
    open()
    platform.advance(60_000)
    expect([frames(), heard, platform.timers]).toEqual([[], [], 0])
    look('visible')
    expect(frames()).toHaveLength(1)
  })

  it('asks nothing, and asks at once when it is looked at again', () => {
    open()
    load()
    answer('unchanged')
    look('hidden')
    questions()
    platform.advance(3_600_000)
    expect([questions(), platform.timers]).toEqual([0, 0])
    look('visible')
    expect(questions()).toBe(1)
    expect(frames()).toHaveLength(1)
    platform.advance(2_000)
    expect(questions()).toBe(1)
    expect(heard).toEqual(['unchanged'])
  })

  it('that was loaded meanwhile is asked when it is looked at', () => {
    open()
    look('hidden')
    load()
    expect(questions()).toBe(0)
    look('visible')
    expect(questions()).toBe(1)
  })
})

describe('of several tabs', () => {
  it('one without the lead opens nothing, and one that loses it asks nothing', () => {
    let lead: (() => () => void) | undefined
    let left = 0
    open({
      lead: (begin) => {
        lead = begin
        return () => (left += 1)
      },
    })
    platform.advance(60_000)
    expect([frames(), heard]).toEqual([[], []])

    const lose = lead?.()
    load()
    expect(questions()).toBe(1)
    lose?.()
    platform.advance(60_000)
    expect([questions(), heard, platform.timers]).toEqual([0, [], 0])

    lead?.()
    expect(questions()).toBe(1)
    stop()
    expect(left).toBe(1)
  })

  it('one that nobody looks at leaves the lead to others', () => {
    const log: string[] = []
    open({
      lead: (begin) => {
        log.push('queues')
        const end = begin()
        return () => {
          log.push('leaves')
          end()
        }
      },
    })
    look('hidden')
    look('hidden')
    look('visible')
    look('visible')
    stop()
    expect(log).toEqual(['queues', 'leaves', 'queues', 'leaves'])
  })
})
