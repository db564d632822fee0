import { beforeEach, describe, expect, it } from 'vitest'
import { openTabs } from '../../src/browser/tabs.js'
import { NAME, browser, openTab, listening, settled, eachTest, type Tab } from './tabs-bench.js'

eachTest()

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
