import { describe, expect, it, vi } from 'vitest'
import { browser, openTab, settled, eachTest, type Tab } from './tabs-bench.js'

eachTest()

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
