/** The IDP's `check_session_iframe` in a page that holds the tokens itself (OpenID Connect Session Management 1.0). */
import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Idp } from '../../demo/idp/index.js'
import { useApp } from './app.js'
import { launch } from './browser.js'
import { openWindow, type RealTab } from './real-tabs.js'
import { useTlsApp } from './tls-app.js'
import { choose, inState, signInBare } from './user.js'

/** A change is asked for every 2 s, and what it was is asked then: known within so many ms, also on a slow machine. */
const SOON = 8_000

const isFrame = (url: string): boolean => new URL(url).pathname === '/session/check'
const frames = (page: Page): number => page.frames().filter((frame) => isFrame(frame.url())).length
/** What happened in a page, by type. */
const happened = (page: Page, type: string): Promise<unknown[]> =>
  page.evaluate(
    (wanted) => tandem.events.filter((event) => event.type === wanted).map(({ detail }) => detail),
    type,
  )
const idpStatus = (page: Page): Promise<unknown> =>
  page.evaluate(() => {
    const state = tandem.client.getState()
    return state.status === 'authenticated' && state.session.idp.status
  })

/** Waits until a frame has proven itself in this browser, by something else than `before`: resolves with by what. */
const proof = async (page: Page, before = ''): Promise<string> => {
  const read = (): Promise<string> =>
    page.evaluate(() => {
      const key = Object.keys(localStorage).find((name) => name.startsWith('tandem.checked '))
      return (key !== undefined && localStorage.getItem(key)) || ''
    })
  const isProven = async (): Promise<boolean> => !['', before].includes(await read())
  await expect.poll(isProven, { timeout: SOON }).toBe(true)
  return read()
}

/** In another tab of the browser the user signs out on the provider's own page. */
const logOutAt = async (idp: Idp, browser: BrowserContext): Promise<void> => {
  const page = await browser.newPage()
  await page.goto(`${idp.origin}/session/end`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out').waitFor()
  await page.close()
}

/** Each of these pages is told once, soon, that the session at the provider is over, and goes on with what it has. */
const expectToBeTold = async (...pages: Page[]): Promise<void> => {
  for (const page of pages) {
    await expect.poll(() => idpStatus(page), { timeout: SOON }).toBe('ended')
    expect(await happened(page, 'idp-session-ended')).toHaveLength(1)
    expect(await happened(page, 'ended')).toEqual([])
    expect(frames(page)).toBe(0)
  }
}

describe('where provider and app are on one site', () => {
  const app = useApp()

  it('a logout at the provider is known to all tabs, of which one asks', async () => {
    const browser = await app.visitor()
    const page = await app.open('/spa/', browser)
    await signInBare(page)
    await proof(page)
    const other = await app.open('/spa/', browser)
    await inState(other, 'authenticated')
    expect([frames(page), frames(other)]).toEqual([1, 0])
    await logOutAt(app.demo.idp, browser)
    await expectToBeTold(page, other)
  })

  it('is known, too, by the silent frame of a page that was found again by one', async () => {
    const browser = await app.visitor()
    const page = await app.open('/spa/', browser)
    await signInBare(page)
    const first = await proof(page)
    await page.reload()
    await inState(page, 'authenticated')
    await proof(page, first)
    const refreshes = app.demo.idp.tokenRequests.length
    await logOutAt(app.demo.idp, browser)
    await expectToBeTold(page)
    expect(app.demo.idp.tokenRequests).toHaveLength(refreshes)
  })

  it('the same user who signs in anew at the provider stays signed in, and is watched on', async () => {
    const browser = await app.visitor()
    const page = await app.open('/spa/', browser)
    await signInBare(page)
    const first = await proof(page)
    const ref = first.split(' ')[0]

    const beside = await app.open('/spa/bff/', browser)
    await inState(beside, 'unauthenticated')
    await beside.evaluate(() => void tandem.client.login({ prompt: 'login' }))
    await choose(beside, 'alice')
    await inState(beside, 'authenticated')

    const second = await proof(page, first)
    expect(second.split(' ')[0]).toBe(ref)
    expect(await idpStatus(page)).toBe('active')
    expect(await happened(page, 'idp-session-ended')).toEqual([])
    await logOutAt(app.demo.idp, browser)
    await expectToBeTold(page)
  })

  it('another user at the provider ends the session that the page has there', async () => {
    const browser = await app.visitor()
    const page = await app.open('/spa/', browser)
    await signInBare(page)
    await proof(page)
    const beside = await app.open('/spa/bff/', browser)
    await inState(beside, 'unauthenticated')
    await beside.evaluate(() => void tandem.client.login({ prompt: 'login' }))
    await choose(beside, 'bob')
    await inState(beside, 'authenticated')
    await expectToBeTold(page)
    expect(await page.evaluate(() => document.documentElement.dataset['user'])).toBe('alice')
  })

  it('what the provider does not offer is not asked for', async () => {
    const { idp } = app.demo
    idp.settings.checkSession = false
    try {
      const page = await app.open('/spa/')
      await signInBare(page)
      await page.evaluate(() => tandem.client.refresh())
      expect([frames(page), idp.count('check_session')]).toEqual([0, 0])
    } finally {
      idp.settings.checkSession = true
    }
  })
})

describe('of the tabs of a window', () => {
  const app = useApp()

  it('the one that is looked at asks, at once when it comes to the front', async () => {
    const browser = await launch()
    const window = await openWindow(browser)
    const { idp, url } = app.demo
    const state = () => {
      const now = tandem.client.getState()
      return now.status === 'authenticated' ? now.session.idp.status : now.status
    }
    const isChecked = () => Object.keys(localStorage).some((name) => name.startsWith('tandem.checked '))
    const shows = (tab: RealTab, wanted: string) =>
      expect.poll(() => tab.evaluate(state), { timeout: SOON }).toBe(wanted)
    const press = (tab: RealTab, selector: string) =>
      tab.evaluate((wanted) => document.querySelector<HTMLElement>(wanted)?.click(), selector)
    try {
      const first = await window.open(`${url}/spa/`)
      await shows(first, 'unauthenticated')
      await first.evaluate(() => void tandem.client.login())
      await expect
        .poll(() => first.evaluate(() => document.querySelector('button[value=alice]') !== null))
        .toBe(true)
      await press(first, 'button[value=alice]')
      await expect.poll(() => first.evaluate(() => 'tandem' in globalThis)).toBe(true)
      await shows(first, 'active')
      await expect.poll(() => first.evaluate(isChecked), { timeout: SOON }).toBe(true)

      const second = await window.open(`${url}/spa/`)
      await shows(second, 'active')
      const away = await window.open(`${idp.origin}/session/end`)
      await press(away, 'button[value=yes]')
      await expect.poll(() => away.evaluate(() => document.body.innerText)).toMatch('You are signed out')
      expect(await first.evaluate(state)).toBe('active')
      expect(await second.evaluate(state)).toBe('active')

      await second.toFront()
      await shows(second, 'ended')
      await shows(first, 'ended')
    } finally {
      await window.close()
      await browser.close()
    }
  })
})

describe('where provider and app are on two sites', () => {
  describe('and the cookies of third parties are blocked', () => {
    const app = useTlsApp({ idp: { checkSession: true } })

    it('the frame is found to be blind, and is never believed', async () => {
      const page = await app.open('/spa/')
      const opened: string[] = []
      page.on('framenavigated', (frame) => void opened.push(frame.url()))
      await signInBare(page)
      await expect.poll(() => opened.filter(isFrame).length).toBe(1)
      await expect.poll(() => frames(page)).toBe(0)
      const { idp } = app.site
      const asked = idp.count('authorization')

      for (const _ of [1, 2]) await page.evaluate(() => tandem.client.refresh())
      expect(await idpStatus(page)).toBe('active')
      expect(await happened(page, 'idp-session-ended')).toEqual([])
      expect([idp.count('authorization'), idp.count('check_session')]).toEqual([asked, 1])

      // The next refresh tells.
      await logOutAt(idp, app.browser)
      expect(await idpStatus(page)).toBe('active')
      await page.evaluate(() => tandem.client.refresh())
      await expectToBeTold(page)
    })
  })

  describe('and the cookies of third parties are allowed', () => {
    const app = useTlsApp({ idp: { checkSession: true }, thirdPartyCookies: 'allowed' })

    it('a logout at the provider is known to the page', async () => {
      const page = await app.open('/spa/')
      await signInBare(page)
      await proof(page)
      await logOutAt(app.site.idp, app.browser)
      await expectToBeTold(page)
    })
  })
})
