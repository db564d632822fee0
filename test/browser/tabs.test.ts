import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest'
import { openTabs, type Tabs } from '../../src/browser/tabs.js'
import { createTestBrowser, type TestBrowser, type TestWindow } from '../support/test-browser.js'

const NAME = 'tandem:/bff'

interface Tab extends Tabs {
  readonly page: TestWindow
  readonly heard: unknown[]
  /** Into the back-forward cache and back. */
  hide(): void
  show(): void
  freeze(): void
  resume(): void
}

let browser: TestBrowser
let warn: MockInstance<typeof console.warn>

beforeEach(() => {
  browser = createTestBrowser()
  warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** A tab, where the browser has everything, or all but what is named. */
const openTab = (without: Partial<Record<'BroadcastChannel' | 'navigator', unknown>> = {}): Tab => {
  const page = browser.newWindow()
  Object.assign(page.window, without)
  return {
    ...openTabs(page.window, NAME),
    page,
    heard: [],
    hide: () => {
      page.dispatch('window', 'pagehide', { persisted: true })
      page.frozen = true
    },
    show: () => {
      page.frozen = false
      page.dispatch('window', 'pageshow', { persisted: true })
    },
    freeze: () => {
      page.dispatch('document', 'freeze')
      page.frozen = true
    },
    resume: () => {
      page.frozen = false
      page.dispatch('document', 'resume')
    },
  }
}
const listening = (tab = openTab()): Tab => {
  tab.onMessage((message) => tab.heard.push(message))
  return tab
}
/** Until what was posted and asked for has arrived. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('messages', () => {
  it('are heard by all other tabs of that name, and nobody else', async () => {
    const [one, two, three] = [listening(), listening(), listening()]
    const foreign: unknown[] = []
    openTabs(browser.newWindow().window, 'tandem:/other').onMessage((message) => foreign.push(message))
    one.post({ type: 'ended', at: [1] })
    await settled()
    expect(two.heard).toEqual([{ type: 'ended', at: [1] }])
    expect(three.heard).toEqual(two.heard)
    expect([one.heard, foreign]).toEqual([[], []])
  })

  it('are heard by every listener, and by those of another client in the same page', async () => {
    const one = listening()
    one.onMessage((message) => one.heard.push(message))
    const other = openTabs(one.page.window, NAME)
    other.post(1)
    await settled()
    expect(one.heard).toEqual([1, 1])
  })

  it('can be posted by who does not listen', async () => {
    const one = listening()
    openTab().post('hello')
    await settled()
    expect(one.heard).toEqual(['hello'])
    expect(browser.channels).toBe(1)
  })

  it('cost no channel before somebody listens, and none after', async () => {
    const tab = openTab()
    expect(browser.channels).toBe(0)
    const stops = [tab.onMessage(() => tab.heard.push(1)), tab.onMessage(() => tab.heard.push(2))]
    expect(browser.channels).toBe(1)
    stops[0]?.()
    openTab().post('x')
    await settled()
    expect(tab.heard).toEqual([2])
    stops[1]?.()
    stops[1]?.()
    expect(browser.channels).toBe(0)
    tab.show()
    expect(browser.channels).toBe(0)
    tab.onMessage(() => undefined)
    expect(browser.channels).toBe(1)
  })

  it('keep no page out of the back-forward cache, and are heard again after it', async () => {
    const [one, two] = [listening(), openTab()]
    one.page.dispatch('window', 'pagehide', { persisted: true })
    expect(browser.channels).toBe(0)
    // The last word of a page that goes.
    one.post('bye')
    expect(browser.channels).toBe(0)
    one.page.frozen = true
    two.post('unheard')
    await settled()
    one.show()
    expect(browser.channels).toBe(1)
    two.post('heard')
    await settled()
    expect(one.heard).toEqual(['heard'])
  })

  it('reach a frozen tab later', async () => {
    const [one, two] = [listening(), openTab()]
    one.freeze()
    two.post(1)
    two.post(2)
    await settled()
    expect(one.heard).toEqual([])
    one.resume()
    await settled()
    expect(one.heard).toEqual([1, 2])
  })
})

describe('exclusive', () => {
  /** Work under way, to be finished by hand. */
  const work = (tab: Tab, result = 'done') => {
    const state = { begun: 0, finish: (): void => undefined, done: Promise.resolve('') }
    state.done = tab.exclusive('lock', () => {
      state.begun += 1
      return new Promise((resolve) => (state.finish = () => resolve(result)))
    })
    return state
  }

  it('lets one work at a time, in the order of asking', async () => {
    const [a, b, c] = [openTab(), openTab(), openTab()].map((tab, index) => work(tab, String(index)))
    await settled()
    expect([a?.begun, b?.begun, c?.begun]).toEqual([1, 0, 0])
    a?.finish()
    expect(await a?.done).toBe('0')
    await settled()
    expect([b?.begun, c?.begun]).toEqual([1, 0])
    b?.finish()
    await settled()
    c?.finish()
    expect(await c?.done).toBe('2')
    await settled()
    expect(browser.held()).toEqual([])
  })

  it('knows more locks than one', async () => {
    const one = work(openTab())
    expect(await openTab().exclusive('other', async () => 'at once')).toBe('at once')
    one.finish()
  })

  it.each([
    ['rejects', async () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
  ])('rejects as work that %s, and lets the next go on', async (_, failing) => {
    await expect(openTab().exclusive('lock', failing)).rejects.toThrow('no')
    expect(await openTab().exclusive('lock', async () => 'next')).toBe('next')
    await settled()
    expect(browser.held()).toEqual([])
  })

  it.each(['hide', 'freeze'] as const)('never waits for a tab that went in the middle (%s)', async (go) => {
    const tab = openTab()
    const one = work(tab, 'mine')
    await settled()
    const two = work(openTab())
    tab[go]()
    await settled()
    expect(two.begun).toBe(1)
    two.finish()
    await settled()
    // It ends what it began, and begins nothing again.
    tab[go === 'hide' ? 'show' : 'resume']()
    await settled()
    expect([one.begun, browser.held()]).toEqual([1, []])
    one.finish()
    expect(await one.done).toBe('mine')
  })

  it('listens to its page no longer than it works', async () => {
    const tab = openTab()
    const { window } = tab.page
    const add = [vi.spyOn(window, 'addEventListener'), vi.spyOn(window.document, 'addEventListener')]
    await tab.exclusive('lock', async () => undefined)
    await settled()
    const attached = add.flatMap(({ mock }) =>
      mock.calls.map(([, , options]) => Object(options).signal as AbortSignal),
    )
    expect(attached.length).toBeGreaterThan(0)
    expect(attached.filter(({ aborted }) => !aborted)).toEqual([])
  })

  it.each(['hide', 'freeze'] as const)(
    'gives no turn to a tab that is away: it asks again (%s)',
    async (go) => {
      const first = work(openTab())
      await settled()
      const tab = openTab()
      const away = work(tab)
      await settled()
      tab[go]()
      const third = work(openTab())
      first.finish()
      await settled()
      expect([away.begun, third.begun]).toEqual([0, 1])
      tab[go === 'hide' ? 'show' : 'resume']()
      await settled()
      expect(away.begun).toBe(0)
      third.finish()
      await settled()
      expect(away.begun).toBe(1)
      away.finish()
      expect(await away.done).toBe('done')
    },
  )

  it('goes on after a crash', async () => {
    const tab = openTab()
    work(tab)
    await settled()
    const two = work(openTab())
    await settled()
    tab.page.crash()
    await settled()
    expect(two.begun).toBe(1)
  })
})

describe('the lead', () => {
  let log: string[]
  const lead = (tab: Tab, name: string): (() => void) =>
    tab.lead('lock', () => {
      log.push(`${name} begins`)
      return () => log.push(`${name} ends`)
    })
  beforeEach(() => {
    log = []
  })

  it('is with one tab, and handed on in order', async () => {
    const stops = ['a', 'b', 'c'].map((name) => lead(openTab(), name))
    await settled()
    expect(log).toEqual(['a begins'])
    // Out of the queue without ever having led.
    stops[1]?.()
    stops[0]?.()
    await settled()
    expect(log).toEqual(['a begins', 'a ends', 'c begins'])
    stops[2]?.()
    await settled()
    expect([log.at(-1), browser.held()]).toEqual(['c ends', []])
  })

  it('left before it was given is not taken', async () => {
    lead(openTab(), 'a')()
    await settled()
    expect([log, browser.held()]).toEqual([[], []])
  })

  it('is ended once, however often it is left', async () => {
    const stop = lead(openTab(), 'a')
    await settled()
    stop()
    stop()
    expect(log).toEqual(['a begins', 'a ends'])
  })

  it.each([
    ['hide', 'show'],
    ['freeze', 'resume'],
  ] as const)(
    'is given up at once by a tab that goes (%s), which queues again when it is back',
    async (go, back) => {
      const [one, two] = [openTab(), openTab()]
      lead(one, 'one')
      lead(two, 'two')
      await settled()
      one[go]()
      expect(log).toEqual(['one begins', 'one ends'])
      await settled()
      expect(log.slice(2)).toEqual(['two begins'])
      one[back]()
      await settled()
      expect(log).toHaveLength(3)
      two[go]()
      await settled()
      expect(log.slice(3)).toEqual(['two ends', 'one begins'])
    },
  )

  it('is not waited for by a tab that is away', async () => {
    const [one, two] = [openTab(), openTab()]
    const stop = lead(one, 'one')
    lead(two, 'two')
    await settled()
    two.freeze()
    stop()
    await settled()
    expect([log, browser.held()]).toEqual([['one begins', 'one ends'], []])
  })

  it('passes on after a crash', async () => {
    const [one, two] = [openTab(), openTab()]
    lead(one, 'one')
    lead(two, 'two')
    await settled()
    one.page.crash()
    await settled()
    expect(log).toEqual(['one begins', 'two begins'])
  })

  it('is not the turn of others: locks have names', async () => {
    lead(openTab(), 'a')
    openTab().lead('other', () => {
      log.push('other')
      return () => undefined
    })
    await settled()
    expect(log).toEqual(['a begins', 'other'])
  })
})

describe('without', () => {
  const everybodyLeads = async (tabs: readonly Tab[]): Promise<void> => {
    const log: string[] = []
    const stops = tabs.map((tab, index) =>
      tab.lead('lock', () => {
        log.push(`${index} begins`)
        return () => log.push(`${index} ends`)
      }),
    )
    await settled()
    expect(log).toEqual(tabs.map((_, index) => `${index} begins`))
    tabs[0]?.freeze()
    expect(log.at(-1)).toBe('0 ends')
    tabs[0]?.resume()
    await settled()
    expect(log.at(-1)).toBe('0 begins')
    for (const stop of stops) stop()
    expect(log.slice(-tabs.length)).toEqual(tabs.map((_, index) => `${index} ends`))
  }

  it.each([undefined, null])('Web Locks (%s) every tab leads, and works at once', async (locks) => {
    const without = { navigator: { locks } }
    const [one, two] = [openTab(without), openTab(without)]
    void one.exclusive('lock', () => new Promise(() => undefined))
    expect(await two.exclusive('lock', async () => 'at once')).toBe('at once')
    expect(two.isJoined).toBe(false)
    await expect(two.exclusive('lock', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await everybodyLeads([one, two])
    expect(warn.mock.calls.map(([text]) => /no Web Locks/.test(String(text)))).toEqual([true, true])
  })

  it('BroadcastChannel nobody hears, and every tab leads: there is no one to tell the others', async () => {
    const without = { BroadcastChannel: undefined }
    const [one, two] = [listening(openTab(without)), listening(openTab(without))]
    one.post('x')
    await settled()
    expect(two.heard).toEqual([])
    expect(two.isJoined).toBe(false)
    await everybodyLeads([one, two])
    expect(await two.exclusive('lock', async () => 'alone')).toBe('alone')
    expect(warn.mock.calls.map(([text]) => /no BroadcastChannel/.test(String(text)))).toEqual([true, true])
  })

  it.each([{ BroadcastChannel: undefined }, { navigator: {} }])(
    'one of them (%o) a tab leads only while the user can see it',
    async (without) => {
      const tab = openTab(without)
      const look = (visibilityState: string): void => {
        Object.assign(tab.page.window.document, { visibilityState })
        tab.page.dispatch('document', 'visibilitychange')
      }
      const log: string[] = []
      look('hidden')
      const stop = tab.lead('lead', () => {
        log.push('leads')
        return () => log.push('ends')
      })
      await settled()
      expect(log).toEqual([])
      look('visible')
      await settled()
      expect(log).toEqual(['leads'])
      tab.freeze()
      tab.resume()
      look('hidden')
      await settled()
      expect(log).toEqual(['leads', 'ends', 'leads', 'ends'])
      tab.hide()
      tab.show()
      await settled()
      expect(log).toHaveLength(4)
      stop()
    },
  )

  it('anything, a page says so once', () => {
    const { page } = openTab({ BroadcastChannel: undefined, navigator: {} })
    openTabs(page.window, 'tandem:/other')
    openTabs(page.window, NAME)
    expect(warn).toHaveBeenCalledOnce()
    expect(String(warn.mock.calls[0]?.[0])).toMatch(
      /^tandem-session: no BroadcastChannel and no Web Locks .*HTTPS/,
    )
  })

  it('nothing, nothing is said', () => {
    expect(openTab().isJoined).toBe(true)
    expect(warn).not.toHaveBeenCalled()
  })

  it('leave to use them: as without them', async () => {
    class RefusedChannel {
      constructor() {
        throw new DOMException('no storage', 'SecurityError')
      }
    }
    const deaf = listening(openTab({ BroadcastChannel: RefusedChannel }))
    expect(() => deaf.post('nobody hears')).not.toThrow()

    const refused = {
      locks: { request: () => Promise.reject(new DOMException('no storage', 'SecurityError')) },
    }
    const [one, two] = [openTab({ navigator: refused }), openTab({ navigator: refused })]
    void one.exclusive('lock', () => new Promise(() => undefined))
    expect(await two.exclusive('lock', async () => 'at once')).toBe('at once')
    await everybodyLeads([one, two])
  })
})
