import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { onActivity } from '../../src/browser/activity.js'

let heard: number
let stop: () => void

beforeEach(() => {
  heard = 0
  stop = onActivity(window, () => (heard += 1))
})
afterEach(() => {
  stop()
  vi.restoreAllMocks()
})

/** Something happens, ms after the page was opened; by the user unless a script did it. */
const happen = (
  type: string,
  timeStamp: number,
  { isTrusted = true, at = document.body as EventTarget } = {},
) => {
  const event = new Event(type, { bubbles: true })
  for (const [name, value] of Object.entries({ isTrusted, timeStamp }))
    Object.defineProperty(event, name, { value })
  at.dispatchEvent(event)
}

it.each(['pointerdown', 'keydown', 'wheel', 'touchstart', 'click', 'input'])('%s is activity', (type) => {
  happen(type, 5_000)
  expect(heard).toBe(1)
})

it.each(['scroll', 'pointermove', 'mousemove', 'focus', 'visibilitychange'])('%s is none', (type) => {
  happen(type, 5_000)
  expect(heard).toBe(0)
})

it('what a script does is none', () => {
  happen('click', 5_000, { isTrusted: false })
  document.body.click()
  expect(heard).toBe(0)
})

it('is heard where the app stops events, and never stops or delays one', () => {
  const swallow = (event: Event): void => event.stopImmediatePropagation()
  document.body.addEventListener('keydown', swallow)
  happen('keydown', 5_000)
  document.body.removeEventListener('keydown', swallow)
  expect(heard).toBe(1)

  const add = vi.spyOn(window, 'addEventListener')
  onActivity(window, () => undefined)()
  expect(add.mock.calls.length).toBeGreaterThan(0)
  for (const [, , options] of add.mock.calls) expect(options).toMatchObject({ capture: true, passive: true })
})

it('is told at once, then at most once a second', () => {
  for (let at = 5_000; at <= 8_000; at += 10) happen('pointerdown', at)
  expect(heard).toBe(4)
})

it('goes on where the page’s time begins anew', () => {
  happen('keydown', 50_000)
  happen('keydown', 10)
  expect(heard).toBe(2)
})

it('is not told once it was stopped', () => {
  stop()
  happen('keydown', 5_000)
  expect(heard).toBe(0)
})
