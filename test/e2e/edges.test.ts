/** What `src/browser` says of Chromium is so: tabs that close, leave, freeze and crash, the back-forward cache, clocks, real input. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import {
  context,
  entered,
  crowded,
  open,
  away,
  back,
  logOf,
  has,
  queue,
  listen,
  say,
  work,
  finish,
  resultOf,
  eachTest,
} from './edges.js'

eachTest()

describe('the lead', () => {
  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['closes', (page) => page.close()],
    ['is left for another page', away],
    ['is loaded anew', (page) => page.reload()],
    [
      'crashes',
      async (page) => {
        const crashed = page.waitForEvent('crash')
        const devtools = await context.newCDPSession(page)
        // It has no time for an answer.
        devtools.send('Page.crash').catch(() => undefined)
        await crashed
      },
    ],
  ])('is handed on when the leading tab %s', async (_, end) => {
    const [first, second, third] = [await open(), await open(), await open()]
    for (const tab of [first, second, third]) await queue(tab)
    await has(first, 'leads')
    await end(first)
    await has(second, 'leads')
    await second.close()
    await has(third, 'leads')
  })

  it('is taken again by a page out of the back-forward cache, when it is free', async () => {
    const [first, second] = [await open(), await open()]
    await queue(first)
    await has(first, 'leads')
    await queue(second)
    await away(first)
    await has(second, 'leads')
    await back(first)
    await has(first, 'leads', 'led')
    await second.close()
    await has(first, 'leads', 'led', 'leads')
  })
})

describe('turns', () => {
  it('are never two at a time, whatever the number of tabs', async () => {
    const tabs = await Promise.all([1, 2, 3, 4].map(() => open()))
    await Promise.all(
      tabs.map((tab) =>
        tab.evaluate(async () => {
          const visit = async (): Promise<void> => {
            await fetch('/enter')
            await fetch('/leave')
          }
          await Promise.all(Array.from({ length: 10 }, () => edges.tabs.exclusive('turn', visit)))
        }),
      ),
    )
    expect([entered, crowded]).toEqual([40, 0])
  })

  it('pass on when the working tab crashes', async () => {
    const [first, second] = [await open(), await open()]
    await work(first)
    await has(first, 'works')
    await work(second)
    await has(second)
    const devtools = await context.newCDPSession(first)
    devtools.send('Page.crash').catch(() => undefined)
    await has(second, 'works')
  })

  it('pass on when the working tab goes into the back-forward cache; back from there it ends its work', async () => {
    const [first, second] = [await open(), await open()]
    await work(first)
    await has(first, 'works')
    await work(second)
    await away(first)
    await has(second, 'works')
    await back(first)
    await finish(first, 'done')
    await resultOf(first).toBe('done')
    expect(await logOf(first)).toEqual(['works'])
  })
})

describe('messages', () => {
  it('are heard by all tabs but the one that speaks', async () => {
    const tabs = await Promise.all([1, 2, 3].map(() => open()))
    const silent = await open()
    for (const tab of tabs) await listen(tab)
    await say(tabs[0]!, 'one')
    await say(silent, 'two')
    await has(tabs[1]!, 'one', 'two')
    await has(tabs[2]!, 'one', 'two')
    await has(tabs[0]!, 'two')
  })

  it('of a page that leaves are heard', async () => {
    const [first, second] = [await open(), await open()]
    await listen(second)
    await first.evaluate(() => addEventListener('pagehide', () => edges.tabs.post('bye')))
    await away(first)
    await has(second, 'bye')
    await back(first)
  })
})

describe('the back-forward cache', () => {
  it('keeps a page that has everything open, whatever is said meanwhile, and it goes on from there', async () => {
    const [first, second] = [await open(), await open()]
    for (const tab of [first, second]) {
      await listen(tab)
      await queue(tab)
    }
    await first.evaluate(() => {
      const { platform, log } = edges
      platform.onWake((wake) => log.push(wake))
      platform.onActivity(() => log.push('activity'))
      platform.clock.onJump(() => log.push('jump'))
      platform.clock.at(platform.clock.now() + 10 * 60_000, () => undefined)
      platform.notes.setItem('note', 'kept')
      void platform.tabs('edges').exclusive('other turn', async () => undefined)
    })
    await away(first)
    await say(second, 'unheard')
    await back(first)
    await say(second, 'heard')
    await expect.poll(() => logOf(first)).toContain('heard')
    const log = await logOf(first)
    expect(log).not.toContain('unheard')
    expect(log).not.toContain('jump')
    for (const wake of ['resumed', 'visible', 'restored'])
      expect(log.filter((one) => one === wake)).toHaveLength(1)
    await say(first, 'and answers')
    await expect.poll(() => logOf(second)).toContain('and answers')
  })

  it('would not have kept it with a lock held', async () => {
    const [page, other] = [await open(), await open()]
    await page.evaluate(() => void navigator.locks.request('held', () => new Promise(() => undefined)))
    await away(page)
    // Nobody waits for a page that was thrown out.
    await other.evaluate(() => navigator.locks.request('held', () => undefined))
    await page.goBack({ waitUntil: 'commit' })
    await expect.poll(() => page.evaluate(() => edges.persisted)).toBe(false)
  })
})
