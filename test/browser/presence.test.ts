import { beforeEach, expect, it } from 'vitest'
import { whileHere } from '../../src/browser/presence.js'
import { createTestBrowser, type TestWindow } from '../support/test-browser.js'

let page: TestWindow
let told: string[]
let stop: () => void

const begin = (gone: AbortSignal): void => {
  told.push('begin')
  gone.addEventListener('abort', () => told.push('gone'))
}

beforeEach(() => {
  page = createTestBrowser().newWindow()
  told = []
  stop = whileHere(page.window, begin)
})

it('begins at once, and only once while the page stays', () => {
  page.dispatch('window', 'pageshow', { persisted: false })
  page.dispatch('document', 'resume')
  expect(told).toEqual(['begin'])
})

it.each([
  ['into the back-forward cache', ['pagehide', 'pageshow']],
  ['frozen', ['freeze', 'resume']],
  // As Chromium tells it.
  ['frozen in the back-forward cache', ['pagehide', 'freeze', 'resume', 'pageshow']],
])('%s: says that the page goes, and begins again when it is back', (_, events) => {
  const fire = (type: string): void =>
    page.dispatch(type.startsWith('page') ? 'window' : 'document', type, { persisted: true })
  for (const type of events.slice(0, events.length / 2)) fire(type)
  expect(told).toEqual(['begin', 'gone'])
  for (const type of events.slice(events.length / 2)) fire(type)
  expect(told).toEqual(['begin', 'gone', 'begin'])
})

it('stopped: says so, and begins no more', () => {
  stop()
  expect(told).toEqual(['begin', 'gone'])
  page.dispatch('window', 'pageshow')
  page.dispatch('document', 'resume')
  expect(told).toHaveLength(2)
})

it('stopped while the page is away: nothing more is said', () => {
  page.dispatch('window', 'pagehide')
  stop()
  page.dispatch('window', 'pageshow')
  expect(told).toEqual(['begin', 'gone'])
})
