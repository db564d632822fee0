/** What `src/browser` says of Chromium is so: tabs that close, leave, freeze and crash, the back-forward cache, clocks, real input. */
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openWindow, type RealTab, type RealWindow } from './real-tabs.js'
import * as bench from './edges.js'

bench.eachTest()

describe('a tab behind another', () => {
  let window: RealWindow
  let front: RealTab
  let behind: RealTab

  beforeEach(async () => {
    window = await openWindow(bench.browser)
    behind = await window.open(`http://localhost:${bench.port}/`)
    front = await window.open(`http://localhost:${bench.port}/`)
  })
  afterEach(async () => {
    await window.close()
  })

  it('gives up the lead when it is frozen, and queues again when it is resumed', async () => {
    await bench.queue(behind)
    await bench.has(behind, 'leads')
    await bench.queue(front)
    await bench.has(front)
    await behind.freeze()
    await bench.has(front, 'leads')
    await behind.resume()
    await bench.has(behind, 'leads', 'led')
    await front.close()
    await bench.has(behind, 'leads', 'led', 'leads')
  })

  it('is not waited for when it is frozen in the middle of its turn, and ends it later', async () => {
    await bench.work(behind)
    await bench.has(behind, 'works')
    await bench.work(front)
    await bench.has(front)
    await behind.freeze()
    await bench.has(front, 'works')
    await bench.finish(front, 'first')
    await bench.resultOf(front).toBe('first')
    await behind.resume()
    await bench.finish(behind, 'second')
    await bench.resultOf(behind).toBe('second')
    expect(await bench.logOf(behind)).toEqual(['works'])
  })

  it('is given no turn while it is frozen: it asks again', async () => {
    await bench.work(front)
    await bench.has(front, 'works')
    await bench.work(behind)
    await behind.freeze()
    const third = await window.open(`http://localhost:${bench.port}/`)
    await bench.work(third)
    await bench.finish(front, 'first')
    await bench.has(third, 'works')
    await bench.finish(third, 'third')
    await behind.resume()
    await bench.has(behind, 'works')
  })

  it('hears all that was said while it was frozen at the latest when it is resumed, and wakes once by each sign', async () => {
    await bench.listen(behind)
    await behind.evaluate(() => void edges.platform.onWake((wake) => edges.log.push(wake)))
    await behind.freeze()
    await bench.say(front, 'one')
    await bench.say(front, 'two')
    await behind.resume()
    await expect.poll(async () => (await bench.logOf(behind)).toSorted()).toEqual(['one', 'resumed', 'two'])
    await behind.toFront()
    await expect.poll(async () => (await bench.logOf(behind)).at(-1)).toBe('visible')
    expect(await bench.logOf(behind)).toHaveLength(4)
  })

  it('is really frozen: no timer of its runs', async () => {
    await behind.evaluate(() => void setInterval(() => (edges.result = Number(edges.result ?? 0) + 1), 5))
    await bench.resultOf(behind).toBeGreaterThan(0)
    await behind.freeze()
    const before = await behind.evaluate(() => edges.result)
    await front.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)))
    expect(await behind.evaluate(() => edges.result)).toBe(before)
    await behind.resume()
    await bench.resultOf(behind).toBeGreaterThan(Number(before))
  })

  it('leaves notes for the others', async () => {
    await behind.evaluate(() => edges.platform.notes.setItem('why', 'logout'))
    await expect.poll(() => front.evaluate(() => edges.platform.notes.getItem('why'))).toBe('logout')
    await front.evaluate(() => edges.platform.notes.removeItem('why'))
    await expect.poll(() => behind.evaluate(() => edges.platform.notes.getItem('why'))).toBeNull()
  })
})

describe('activity', () => {
  it('is what the user does, not what a script does', async () => {
    const page = await bench.open()
    const heardBy = async (act: () => Promise<unknown>): Promise<boolean> => {
      await page.evaluate(() => {
        const { platform, log } = edges
        log.length = 0
        const stop = platform.onActivity(() => {
          stop()
          log.push('activity')
        })
      })
      await act()
      await page.evaluate(() => new Promise(requestAnimationFrame))
      return (await bench.logOf(page)).length > 0
    }
    const scrolled = page.evaluate(
      () => new Promise((resolve) => addEventListener('scroll', resolve, { once: true })),
    )
    expect(await heardBy(() => page.evaluate(() => scrollTo(0, 500)))).toBe(false)
    await scrolled
    const byScript = () => page.evaluate(() => document.querySelector('input')?.click())
    expect(await heardBy(byScript)).toBe(false)
    expect(await heardBy(() => page.mouse.move(5, 5))).toBe(false)
    expect(await heardBy(() => page.mouse.click(5, 5))).toBe(true)
    expect(await heardBy(() => page.mouse.wheel(0, -100))).toBe(true)
    expect(await heardBy(() => page.keyboard.press('a'))).toBe(true)
    // Dictation, an input method: text and no key.
    await page.locator('input').focus()
    expect(await heardBy(() => page.keyboard.insertText('hello'))).toBe(true)
  })
})

describe('the clock', () => {
  it('sees that the device’s clock was set, and follows time that passes', async () => {
    const page = await bench.open()
    await page.clock.install()
    await page.reload()
    const gone = () =>
      page.evaluate(() => {
        const { clock } = edges.platform
        return [Math.round((clock.now() - (edges.result as number)) / 60_000), clock.isSure()]
      })
    await page.evaluate(() => (edges.result = edges.platform.clock.now()))
    await page.clock.fastForward(60 * 60_000)
    expect(await gone()).toEqual([60, true])
    await page.clock.setSystemTime(Date.now() + 24 * 60 * 60_000)
    expect(await gone()).toEqual([60, false])
  })
})

describe('a page without', () => {
  const warningsOf = (page: Page): string[] => {
    const warnings: string[] = []
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()))
    return warnings
  }
  const worksAlone = (frame: Pick<Page, 'evaluate'>) =>
    frame.evaluate(async () => {
      const { tabs, platform } = edges
      platform.notes.setItem('k', 'v')
      const stop = tabs.onMessage(() => undefined)
      tabs.post('hello')
      const leads = await new Promise((resolve) => {
        tabs.lead('lead', () => {
          resolve('leads')
          return () => undefined
        })
      })
      stop()
      return [leads, await tabs.exclusive('turn', async () => 'worked'), platform.notes.getItem('k')]
    })

  it('HTTPS has no Web Locks: it says so once, and works', async () => {
    const page = await bench.context.newPage()
    const warnings = warningsOf(page)
    await page.goto(`http://plain.test:${bench.port}/`)
    expect(await worksAlone(page)).toEqual(['leads', 'worked', 'v'])
    await page.evaluate(() => void edges.platform.tabs('another'))
    expect(warnings.filter((text) => text.startsWith('tandem-session: no Web Locks'))).toHaveLength(1)
  })

  it('leave to store anything works, and throws nothing', async () => {
    const page = await bench.open('/sandbox')
    const frame = page.frames()[1]!
    await frame.waitForFunction(() => globalThis.edges !== undefined)
    expect(await worksAlone(frame)).toEqual(['leads', 'worked', null])
  })
})
