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

  it('keeps notes for all tabs, and none where storage is refused', () => {
    const { notes } = platform()
    notes.setItem('k', 'v')
    expect([notes.getItem('k'), window.localStorage.getItem('k')]).toEqual(['v', 'v'])
    notes.removeItem('k')
    expect([notes.getItem('k'), window.localStorage.getItem('k')]).toEqual([null, null])

    vi.spyOn(window, 'localStorage', 'get').mockImplementation(() => {
      throw new DOMException('Access is denied for this document.', 'SecurityError')
    })
    notes.setItem('k', 'v')
    notes.removeItem('k')
    expect(notes.getItem('k')).toBeNull()
  })

  it('hears the user, not a script', () => {
    let heard = 0
    const stop = platform().onActivity(() => (heard += 1))
    window.dispatchEvent(new Event('keydown'))
    expect(heard).toBe(0)
    const key = Object.defineProperty(new Event('keydown'), 'isTrusted', { value: true })
    window.dispatchEvent(key)
    stop()
    window.dispatchEvent(key)
    expect(heard).toBe(1)
  })

  it('has tabs, as far as its browser can join them: it works without, and says so once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const tabs = platform().tabs('tandem:/bff')
    platform().tabs('tandem:/bff')
    expect(warn).toHaveBeenCalledOnce()
    tabs.post('nobody hears')
    expect(await tabs.exclusive('lock', async () => 1)).toBe(1)
  })

  it('has a clock, a source of chance, and wakes', () => {
    const { clock, random, onWake } = platform()
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(10_000)
    expect(clock.isSure()).toBe(true)
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
