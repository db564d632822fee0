import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { onWake, type Wake } from '../../src/browser/wake.js'

let heard: Wake[]
let stop: () => void

beforeEach(() => {
  heard = []
  stop = onWake(window, (wake) => heard.push(wake))
})
afterEach(() => {
  stop()
  vi.restoreAllMocks()
})

const show = (persisted: boolean): void => {
  const event = Object.assign(new Event('pageshow'), { persisted })
  window.dispatchEvent(event)
}
const visibility = (state: DocumentVisibilityState): void => {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
  document.dispatchEvent(new Event('visibilitychange'))
}

it('hears that the page came out of the back-forward cache, not that it was loaded', () => {
  show(false)
  expect(heard).toEqual([])
  show(true)
  expect(heard).toEqual(['restored'])
})

it('hears that the page is shown, not that it is hidden', () => {
  visibility('hidden')
  expect(heard).toEqual([])
  visibility('visible')
  expect(heard).toEqual(['visible'])
})

it('hears that the page is no longer frozen', () => {
  document.dispatchEvent(new Event('freeze'))
  expect(heard).toEqual([])
  document.dispatchEvent(new Event('resume'))
  expect(heard).toEqual(['resumed'])
})

it('hears each sign once, out of the back-forward cache, too', () => {
  document.dispatchEvent(new Event('resume'))
  visibility('visible')
  show(true)
  expect(heard).toEqual(['resumed', 'visible', 'restored'])
})

it('hears that the network is back', () => {
  window.dispatchEvent(new Event('online'))
  expect(heard).toEqual(['online'])
})

it('hears nothing once it was stopped', () => {
  stop()
  show(true)
  document.dispatchEvent(new Event('resume'))
  visibility('visible')
  window.dispatchEvent(new Event('online'))
  expect(heard).toEqual([])
})
