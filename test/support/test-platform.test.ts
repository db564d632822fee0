import { expect, it } from 'vitest'
import { createTestBrowser, createTestPlatform } from './test-platform.js'

const MINUTE = 60_000

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
const openTabs = () => {
  const browser = createTestBrowser()
  return [createTestPlatform({ browser }), createTestPlatform({ browser })] as const
}

it('tabs of one browser share cookies, notes, messages and locks, and keep their session storage', async () => {
  const [one, two] = openTabs()
  one.cookies.set('c', '1')
  one.notes.setItem('n', '2')
  one.storage.setItem('s', '3')
  expect([two.cookies.get('c'), two.notes.getItem('n'), two.storage.getItem('s')]).toEqual(['1', '2', null])
  const heard: unknown[] = []
  two.tabs('x').onMessage((message) => heard.push(message))
  one.tabs('x').post('hello')
  one.tabs('x').lead('lock', () => () => undefined)
  two.tabs('x').lead('lock', () => expect.unreachable('the lead is taken'))
  expect(heard).toEqual([])
  await settled()
  expect(heard).toEqual(['hello'])
})

it('tabs of different browsers share nothing', async () => {
  const [one, two] = [createTestPlatform(), createTestPlatform()]
  one.notes.setItem('n', '1')
  two.tabs('x').onMessage(() => expect.unreachable('another browser'))
  one.tabs('x').post('hello')
  await settled()
  expect(two.notes.getItem('n')).toBeNull()
})

it('time passes for all tabs of a browser: what is due fires in order, at its moment', () => {
  const [one, two] = openTabs()
  const begin = one.clock.now()
  const fired: [string, number][] = []
  const note = (name: string) => () => fired.push([name, one.clock.now() - begin])
  two.clock.at(begin + 3_000, note('two'))
  one.clock.at(begin + 1_000, () => {
    note('one')()
    one.clock.at(one.clock.now() + 1_000, note('one again'))
  })
  one.advance(10_000)
  expect(fired.map(([name]) => name)).toEqual(['one', 'one again', 'two'])
  for (const [index, [, at]] of fired.entries()) expect(Math.abs(at - (index + 1) * 1_000)).toBeLessThan(50)
})

it('the device’s clock jumps for all tabs', () => {
  const [one, two] = openTabs()
  const before = two.clock.now()
  one.jump(60 * MINUTE)
  expect([one.clock.isSure(), two.clock.isSure()]).toEqual([false, false])
  expect(two.clock.now() - before).toBeLessThan(MINUTE)
  expect(two.clock.device() - before).toBeGreaterThanOrEqual(60 * MINUTE)
})

it('time that passes while nothing fires is no jump', () => {
  const [one] = openTabs()
  const before = one.clock.now()
  one.skewBy(60 * MINUTE)
  expect(one.clock.isSure()).toBe(true)
  expect(one.clock.now() - before).toBeGreaterThanOrEqual(60 * MINUTE)
})

it.each([
  ['freeze', 'resume', 'resumed'],
  ['hide', 'show', 'restored'],
] as const)(
  'a tab that goes (%s) gives up the lead, and its timers wait until %s',
  async (go, back, wake) => {
    const [one, two] = openTabs()
    const log: string[] = []
    one.onWake((sign) => log.push(sign))
    one.clock.at(one.clock.now() + 1_000, () => log.push('timer'))
    for (const [name, tab] of Object.entries({ one, two })) {
      tab.tabs('x').lead('lock', () => {
        log.push(`${name} leads`)
        return () => undefined
      })
    }
    await settled()
    one[go]()
    await settled()
    one.advance(MINUTE)
    expect(log).toEqual(['one leads', 'two leads'])
    one[back]()
    expect(log.slice(2)).toEqual(['timer', wake])
  },
)

it.each(['close', 'crash', 'reload'] as const)('nothing is left of a tab after %s()', async (end) => {
  const [one, two] = openTabs()
  one.clock.at(one.clock.now() + 1_000, () => expect.unreachable('it is gone'))
  one.onWake(() => expect.unreachable('it is gone'))
  one.tabs('x').onMessage(() => expect.unreachable('it is gone'))
  one.tabs('x').lead('lock', () => () => undefined)
  await settled()
  expect(two.browser.held()).toEqual(['lock'])
  one[end]()
  two.tabs('x').post('hello')
  two.advance(MINUTE)
  one.wake('online')
  await settled()
  expect([one.timers, one.listening, two.browser.held(), two.browser.channels]).toEqual([0, 0, [], 0])
})

it('the user acts', () => {
  const [one] = openTabs()
  let heard = 0
  const stop = one.onActivity(() => (heard += 1))
  one.act()
  expect([heard, one.watching]).toEqual([1, 1])
  stop()
  one.act()
  expect([heard, one.watching]).toEqual([1, 0])
})
