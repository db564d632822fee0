import { describe, expect, it } from 'vitest'
import { openTabs } from '../../src/browser/tabs.js'
import { NAME, warn, openTab, listening, settled, eachTest, type Tab } from './tabs-bench.js'

eachTest()

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
