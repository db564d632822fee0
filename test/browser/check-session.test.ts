import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  openCheckSession,
  type CheckSession,
  type CheckSessionAnswer,
} from '../../src/browser/check-session.js'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.js'

const IDP = 'https://idp.example'
const URL_OF_FRAME = `${IDP}/session/check`
const QUESTION = 'client hash.salt'

// What is loaded into the frame is an empty page: the test stands for it, and says when.
const { settings } = Reflect.get(window, 'happyDOM') as {
  settings: { enableIframePageLoading: boolean; fetch: { interceptor: object | null } }
}
settings.enableIframePageLoading = true
settings.fetch.interceptor = { beforeAsyncRequest: async () => new window.Response('') }

let platform: TestPlatform
let visibility: DocumentVisibilityState
let asked: unknown[][]
let heard: CheckSessionAnswer[]
let inFrame: { postMessage(...given: unknown[]): void }
let stop: () => void

const frames = (): HTMLIFrameElement[] => [...document.querySelectorAll('iframe')]
/** Leads at once, as the only tab does. */
const alone: CheckSession['lead'] = (begin) => begin()

const open = (more: Partial<CheckSession> = {}): void => {
  stop = openCheckSession(window, platform.clock, {
    url: URL_OF_FRAME,
    question: QUESTION,
    lead: alone,
    hear: (answer) => heard.push(answer),
    ...more,
  })
}
const load = (): void => void frames()[0]?.dispatchEvent(new Event('load'))
const look = (state: DocumentVisibilityState): void => {
  visibility = state
  document.dispatchEvent(new Event('visibilitychange'))
}
/** How many questions there are since this was last asked. */
const questions = (): number => asked.splice(0).length
const answer = (data: unknown, from: { source?: unknown; origin?: string } = {}): void => {
  const source = 'source' in from ? from.source : inFrame
  window.dispatchEvent(Object.assign(new Event('message'), { data, source, origin: from.origin ?? IDP }))
}

beforeEach(() => {
  platform = createTestPlatform()
  visibility = 'visible'
  asked = []
  heard = []
  inFrame = { postMessage: (...given) => void asked.push(given) }
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility)
  vi.spyOn(HTMLIFrameElement.prototype, 'contentWindow', 'get').mockImplementation(function contentWindow(
    this: HTMLIFrameElement,
  ) {
    return (this.isConnected ? inFrame : null) as Window | null
  })
})
afterEach(() => {
  stop()
  vi.restoreAllMocks()
})

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
    visibility = 'hidden'
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

    heard = []
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

describe('a page nobody looks at', () => {
  it('opens no frame', () => {
    visibility = 'hidden'
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
