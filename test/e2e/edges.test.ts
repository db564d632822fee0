/** What `src/browser` says of Chromium is so: tabs that close, leave, freeze and crash, the back-forward cache, clocks, real input. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Platform } from '../../src/browser/platform.js'
import type { Tabs } from '../../src/browser/tabs.js'
import { launch } from './browser.js'
import { openWindow, type RealTab, type RealWindow } from './real-tabs.js'

declare global {
  var edges: {
    readonly platform: Platform
    readonly tabs: Tabs
    /** What happened, oldest first. */
    readonly log: unknown[]
    /** How the page was shown last. */
    persisted?: boolean
    result?: unknown
    finish?: (result: unknown) => void
  }
}

const SCRIPT = `
  import { pagePlatform } from './platform.ts'
  const platform = pagePlatform()
  globalThis.edges = { platform, tabs: platform.tabs('edges'), log: [] }
  addEventListener('pageshow', ({ persisted }) => { edges.persisted = persisted })
`

let server: Server
let port: number
let browser: Browser
let context: BrowserContext
/** Who is in the place where only one may be, and how often there were more. */
let inside: number
let entered: number
let crowded: number

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: SCRIPT,
      resolveDir: fileURLToPath(new URL('../../src/browser', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'iife',
  })
  const page = `<!doctype html><title>edges</title><body style="height: 300vh"><input>
    <script>${outputFiles[0]?.text}</script>`
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    if (path === '/enter') {
      entered += 1
      if ((inside += 1) > 1) crowded += 1
    }
    if (path === '/leave') inside -= 1
    response.setHeader('Content-Type', 'text/html')
    if (path === '/sandbox') response.end('<iframe sandbox="allow-scripts" src="/"></iframe>')
    else response.end(path === '/' ? page : 'another page')
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  port = (server.address() as AddressInfo).port
  browser = await launch({ args: ['--host-resolver-rules=MAP plain.test 127.0.0.1'] })
})
afterAll(async () => {
  await browser?.close()
  server?.closeAllConnections()
  await new Promise((resolve) => server?.close(resolve))
})
beforeEach(async () => {
  inside = entered = crowded = 0
  context = await browser.newContext()
})
afterEach(async () => {
  await context.close()
})

const open = async (path = '/'): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(`http://localhost:${port}${path}`)
  return page
}
const away = (page: Page) => page.goto(`http://localhost:${port}/elsewhere`)
/** Back out of the back-forward cache, which must have kept the page. */
const back = async (page: Page): Promise<void> => {
  await page.goBack({ waitUntil: 'commit' })
  await expect.poll(() => page.evaluate(() => edges.persisted)).toBe(true)
}
type Tab = Page | RealTab
const run = <T>(tab: Tab, work: (given: string) => T | Promise<T>, given = ''): Promise<T> =>
  'freeze' in tab ? tab.evaluate(work, given) : tab.evaluate(work, given)
const logOf = (tab: Tab) => run(tab, () => edges.log)
const has = (tab: Tab, ...log: unknown[]) => expect.poll(() => logOf(tab)).toEqual(log)

/** Queues for the lead; resolves once the lead is taken, where it is free. */
const queue = (tab: Tab) =>
  run(tab, async () => {
    const { tabs, log } = edges
    tabs.lead('lead', () => {
      log.push('leads')
      return () => log.push('led')
    })
    // In the browser's queue by the time that this is answered.
    await navigator.locks.query()
  })
const listen = (tab: Tab) => run(tab, () => void edges.tabs.onMessage((message) => edges.log.push(message)))
const say = (tab: Tab, message: string) => run(tab, (given) => edges.tabs.post(given), message)
/** Has a turn, which ends when it is told to. */
const work = (tab: Tab) =>
  run(tab, async () => {
    const turn = edges.tabs.exclusive('turn', () => {
      edges.log.push('works')
      return new Promise((resolve) => (edges.finish = resolve))
    })
    void turn.then((result) => (edges.result = result))
    await navigator.locks.query()
  })
const finish = (tab: Tab, result: string) => run(tab, (given) => edges.finish?.(given), result)
const resultOf = (tab: Tab) => expect.poll(() => run(tab, () => edges.result))

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

describe('a tab behind another', () => {
  let window: RealWindow
  let front: RealTab
  let behind: RealTab

  beforeEach(async () => {
    window = await openWindow(browser)
    behind = await window.open(`http://localhost:${port}/`)
    front = await window.open(`http://localhost:${port}/`)
  })
  afterEach(async () => {
    await window.close()
  })

  it('gives up the lead when it is frozen, and queues again when it is resumed', async () => {
    await queue(behind)
    await has(behind, 'leads')
    await queue(front)
    await has(front)
    await behind.freeze()
    await has(front, 'leads')
    await behind.resume()
    await has(behind, 'leads', 'led')
    await front.close()
    await has(behind, 'leads', 'led', 'leads')
  })

  it('is not waited for when it is frozen in the middle of its turn, and ends it later', async () => {
    await work(behind)
    await has(behind, 'works')
    await work(front)
    await has(front)
    await behind.freeze()
    await has(front, 'works')
    await finish(front, 'first')
    await resultOf(front).toBe('first')
    await behind.resume()
    await finish(behind, 'second')
    await resultOf(behind).toBe('second')
    expect(await logOf(behind)).toEqual(['works'])
  })

  it('is given no turn while it is frozen: it asks again', async () => {
    await work(front)
    await has(front, 'works')
    await work(behind)
    await behind.freeze()
    const third = await window.open(`http://localhost:${port}/`)
    await work(third)
    await finish(front, 'first')
    await has(third, 'works')
    await finish(third, 'third')
    await behind.resume()
    await has(behind, 'works')
  })

  it('hears all that was said while it was frozen at the latest when it is resumed, and wakes once by each sign', async () => {
    await listen(behind)
    await behind.evaluate(() => void edges.platform.onWake((wake) => edges.log.push(wake)))
    await behind.freeze()
    await say(front, 'one')
    await say(front, 'two')
    await behind.resume()
    await expect.poll(async () => (await logOf(behind)).toSorted()).toEqual(['one', 'resumed', 'two'])
    await behind.toFront()
    await expect.poll(async () => (await logOf(behind)).at(-1)).toBe('visible')
    expect(await logOf(behind)).toHaveLength(4)
  })

  it('is really frozen: no timer of its runs', async () => {
    await behind.evaluate(() => void setInterval(() => (edges.result = Number(edges.result ?? 0) + 1), 5))
    await resultOf(behind).toBeGreaterThan(0)
    await behind.freeze()
    const before = await behind.evaluate(() => edges.result)
    await front.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)))
    expect(await behind.evaluate(() => edges.result)).toBe(before)
    await behind.resume()
    await resultOf(behind).toBeGreaterThan(Number(before))
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
    const page = await open()
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
      return (await logOf(page)).length > 0
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
    const page = await open()
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
    const page = await context.newPage()
    const warnings = warningsOf(page)
    await page.goto(`http://plain.test:${port}/`)
    expect(await worksAlone(page)).toEqual(['leads', 'worked', 'v'])
    await page.evaluate(() => void edges.platform.tabs('another'))
    expect(warnings.filter((text) => text.startsWith('tandem-session: no Web Locks'))).toHaveLength(1)
  })

  it('leave to store anything works, and throws nothing', async () => {
    const page = await open('/sandbox')
    const frame = page.frames()[1]!
    await frame.waitForFunction(() => globalThis.edges !== undefined)
    expect(await worksAlone(frame)).toEqual(['leads', 'worked', null])
  })
})
