import { describe, expect, it } from 'vitest'
import {
  IDP,
  URL_OF_FRAME,
  QUESTION,
  platform,
  asked,
  heard,
  inFrame,
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

describe('the frame', () => {
  it('is hidden, at the address of the IDP, and gone when it is stopped', () => {
    open()
    expect(frames().map(({ hidden, src }) => ({ hidden, src }))).toEqual([
      { hidden: true, src: URL_OF_FRAME },
    ])
    stop()
    expect(frames()).toEqual([])
    expect(platform.timers).toBe(0)
  })

  it('is asked when it is loaded, at the origin of the IDP, and every two seconds from then', () => {
    open()
    platform.advance(1_000)
    expect(asked).toEqual([])
    load()
    expect(asked).toEqual([[QUESTION, IDP]])
    platform.advance(1_900)
    expect(questions()).toBe(1)
    platform.advance(100)
    answer('unchanged')
    platform.advance(8_000)
    expect(questions()).toBe(5)
    stop()
    platform.advance(10_000)
    expect(questions()).toBe(0)
  })
})

describe('an answer', () => {
  it.each(['unchanged', 'changed', 'error'] as const)('is told: %s', (said) => {
    open()
    load()
    answer(said)
    answer(said)
    expect(heard).toEqual([said, said])
  })

  it('counts from this frame and this origin only', () => {
    open()
    load()
    answer('changed', { source: window })
    answer('changed', { source: null })
    answer('changed', { source: { ...inFrame } })
    answer('changed', { origin: 'https://idp.example.evil.test' })
    answer('changed', { origin: 'http://idp.example' })
    answer('changed', { origin: 'null' })
    expect(heard).toEqual([])
  })

  it('counts from a frame only while that is there', () => {
    hide()
    open()
    answer('changed', { source: null })
    expect(heard).toEqual([])
    look('visible')
    stop()
    answer('changed')
    expect(heard).toEqual([])
  })

  it.each([undefined, null, '', 'Changed', 'unchanged ', { data: 'changed' }, ['changed'], 1])(
    'is one of the three words, and not %o',
    (data) => {
      open()
      load()
      answer(data)
      expect(heard).toEqual([])
    },
  )
})

describe('no answer', () => {
  it('is told after ten seconds, once, and nothing is asked any more', () => {
    open()
    load()
    platform.advance(9_900)
    expect(heard).toEqual([])
    platform.advance(100)
    expect(heard).toEqual(['none'])
    expect(questions()).toBe(5)
    platform.advance(60_000)
    expect([heard.length, questions(), platform.timers]).toEqual([1, 0, 0])
  })

  it('is told, too, of a frame that never loads, and of one that fell silent', () => {
    open()
    platform.advance(10_000)
    expect(heard).toEqual(['none'])
    stop()

    heard.length = 0
    open()
    load()
    for (const _ of [1, 2, 3]) {
      answer('unchanged')
      platform.advance(6_000)
    }
    expect(heard).toEqual(['unchanged', 'unchanged', 'unchanged'])
    platform.advance(4_000)
    expect(heard.at(-1)).toBe('none')
  })
})
