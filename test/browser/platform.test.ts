import { afterEach, describe, expect, it, vi } from 'vitest'
import { pagePlatform, type Platform } from '../../src/browser/platform.js'

const platform = (): Platform => {
  const found = pagePlatform()
  if (found === null) throw new Error('there is a page here')
  return found
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('the page', () => {
  it('shows its address, and another one without leaving', () => {
    const { address, replaceAddress } = platform()
    window.history.replaceState({ mine: 1 }, '', address().href)
    const before = window.history.length
    replaceAddress('/deep?x=1#y')
    expect(address().pathname + address().search + address().hash).toBe('/deep?x=1#y')
    expect(window.history.length).toBe(before)
    // The state belongs to the app's router.
    expect(window.history.state).toEqual({ mine: 1 })
  })

  it('is left for another', () => {
    const assign = vi.spyOn(window.location, 'assign').mockImplementation(() => undefined)
    platform().leave('https://idp.example.com/')
    expect(assign).toHaveBeenCalledWith('https://idp.example.com/')
  })

  it('fetches with the fetch of its window, as it is at the time', async () => {
    const page = platform()
    const answer = new Response('')
    vi.spyOn(window, 'fetch').mockResolvedValue(answer)
    expect(await page.fetch('/x', { method: 'POST' })).toBe(answer)
    expect(window.fetch).toHaveBeenCalledWith('/x', { method: 'POST' })
  })

  it('keeps things per tab', () => {
    platform().storage.setItem('k', 'v')
    expect(window.sessionStorage.getItem('k')).toBe('v')
    platform().storage.removeItem('k')
  })

  it('has a clock, a source of chance, and wakes', () => {
    const { clock, random, onWake } = platform()
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(100)
    expect(random()).toBeGreaterThanOrEqual(0)
    expect(random()).toBeLessThan(1)
    let woken = 0
    const stop = onWake(() => (woken += 1))
    window.dispatchEvent(new Event('online'))
    stop()
    window.dispatchEvent(new Event('online'))
    expect(woken).toBe(1)
  })

  it.each([
    [{ isActive: true }, true],
    [{ isActive: false }, false],
    [undefined, true],
  ])('with the user activation %o: gesture %s', (userActivation, expected) => {
    Object.defineProperty(window.navigator, 'userActivation', { value: userActivation, configurable: true })
    expect(platform().hasGesture()).toBe(expected)
    Reflect.deleteProperty(window.navigator, 'userActivation')
  })
})

it('is not there on a server', () => {
  vi.stubGlobal('window', undefined)
  expect(pagePlatform()).toBeNull()
  vi.unstubAllGlobals()
  vi.stubGlobal('document', undefined)
  expect(pagePlatform()).toBeNull()
})
