import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { contrasts } from '../support/contrast.js'
import { choose, overflow, useDemoPages } from '../support/demo-pages.js'

const app = useDemoPages({ lifetimes: { accessToken: 6 } })

const inState = (page: Page, status: string) => page.locator(`html[data-status=${status}]`).waitFor()

const signIn = async (page: Page, user = 'alice') => {
  await page.locator('#login').click()
  await choose(page, user)
  await inState(page, 'authenticated')
}

describe('the script-tag page', { timeout: 60_000 }, () => {
  it.each(['bff', 'browser', 'mediated'])('shows who is signed in and both sessions (%s)', async (mode) => {
    const { page, faults } = await app.visit(`/?mode=${mode}`)
    await inState(page, 'unauthenticated')
    expect(await page.locator('h1').textContent()).toBe('Nobody is signed in')

    await signIn(page)
    expect(await page.locator('h1').textContent()).toBe('Alice Andersson')
    expect(await page.locator('#avatar').textContent()).toBe('AA')
    expect(new URL(page.url()).searchParams.get('mode')).toBe(mode)
    const meter = page.getByRole('meter', { name: 'In this app' })
    expect(await meter.getAttribute('aria-valuetext')).toMatch(/^\d+ (minutes|hours?) left$/)
    expect(Number(await meter.getAttribute('aria-valuenow'))).toBeGreaterThan(0)

    await page.locator('#access-bar[data-mark]').waitFor()
    await page
      .locator('#events strong', { hasText: /^refreshed$/ })
      .first()
      .waitFor()

    await page.locator('#orders').click()
    await page.getByRole('table', { name: 'Orders' }).getByText('Bell, brass').waitFor()
    await page.locator('#requests', { hasText: /\/orders/ }).waitFor()

    await page.reload()
    await inState(page, 'authenticated')
    await page.locator('#logout-idp').click()
    await inState(page, 'unauthenticated')
    expect(new URL(page.url()).origin).toBe(app.demo.url)
    expect(faults).toEqual([])
  })

  it('comes back from login to the order that was asked for', async () => {
    const { page } = await app.visit('/orders/1001')
    await page.getByText('You come back to this very address.').waitFor()
    await signIn(page)
    expect(page.url()).toBe(`${app.demo.url}/orders/1001`)
    await page.locator('#order', { hasText: 'Tandem, steel, 54 cm' }).waitFor()
  })

  it.each([
    ['api-mfa', 'The API accepts the call'],
    ['require-mfa', 'The session meets acr mfa'],
  ])('goes on with %s after the step-up', async (button, answer) => {
    const { page } = await app.visit('/')
    await inState(page, 'unauthenticated')
    await signIn(page, 'bob')
    await page.locator(`#${button}`).click()
    await choose(page, 'mfa')
    await page.locator('#answer', { hasText: answer }).waitFor()
    expect(page.url()).toBe(`${app.demo.url}/`)
  })

  it('says that the provider does not answer, for as long as that is so', async () => {
    const { page } = await app.visit('/')
    await inState(page, 'unauthenticated')
    await signIn(page)
    await app.demo.idp.down()
    try {
      await page.locator('html[data-renewal=waiting]').waitFor()
      await page
        .getByText(/^The provider does not answer\. Next try at/)
        .first()
        .waitFor()
      await page.locator('#refresh').click()
      await page.getByRole('alert').getByText('The provider does not answer.').waitFor()
    } finally {
      await app.demo.idp.up()
    }
    await page.locator('#alert:empty').waitFor({ state: 'attached' })
    await page.locator('html[data-renewal=idle]').waitFor()
  })

  it('knows nothing until there is an answer, and then shows it', async () => {
    const { page } = await app.visit('/')
    await inState(page, 'unauthenticated')
    await signIn(page)
    await page.route('**/bff/**', (route) => route.abort())
    await page.reload()
    await page.getByRole('heading', { name: 'No answer yet' }).waitFor()
    expect(await page.locator('#app-clock').textContent()).toBe('…')
    await page.getByRole('alert').getByText('The server could not be reached.').waitFor()
    await page.unroute('**/bff/**')
    await inState(page, 'authenticated')
    expect(await page.getByRole('alert').textContent()).toBe('')
  })

  it.each([
    ['Cancel', 'You did not finish signing in.'],
    ['Go on without it', 'The second factor was not given.'],
  ])('stays signed in where a step-up ends with "%s", and does not ask again', async (button, sentence) => {
    const { page } = await app.visit('/')
    await inState(page, 'unauthenticated')
    await signIn(page)
    await page.locator('#api-mfa').click()
    await page.getByRole('button', { name: button }).click()
    await page.getByRole('alert').getByText(sentence).waitFor()
    await inState(page, 'authenticated')
    expect(page.url()).toBe(`${app.demo.url}/`)
  })

  it.each(['bff', 'browser'])('says in a sentence that a login was cancelled (%s)', async (mode) => {
    const { page } = await app.visit(`/?mode=${mode}`)
    await inState(page, 'unauthenticated')
    await page.locator('#login').click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await inState(page, 'unauthenticated')
    await page.getByRole('alert').getByText('You did not finish signing in.').waitFor()
    expect(page.url()).not.toContain('error')
    await page.getByRole('alert').getByRole('button', { name: 'Log in' }).click()
    await choose(page, 'alice')
    await inState(page, 'authenticated')
    expect(await page.getByRole('alert').textContent()).toBe('')
  })

  it('does not claim a log-out that reached nobody, and offers it again', async () => {
    const { page } = await app.visit('/')
    await inState(page, 'unauthenticated')
    await signIn(page)
    await page.context().setOffline(true)
    await page.locator('#logout-app').click()
    await page.getByRole('alert').getByText('The log-out did not reach the server.').waitFor()
    await page.getByText('Signed out here; the server does not know yet.').waitFor()
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Log out again' }).click()
    await page.locator('#about', { hasText: 'You logged out.' }).waitFor()
    await page.locator('#alert:empty').waitFor({ state: 'attached' })
    await page.reload()
    await inState(page, 'unauthenticated')
  })

  it('does not tell a user who could not sign in that they stay signed in', async () => {
    const { page } = await app.visit('/?login_error=idp_unavailable')
    await page.getByRole('alert').getByText('Nobody can sign in meanwhile.').waitFor()
    await page.getByRole('alert').getByRole('button', { name: 'Log in' }).click()
    await choose(page, 'alice')
    await inState(page, 'authenticated')
  })

  it.each([
    ['light', 360],
    ['dark', 360],
    ['light', 1280],
    ['dark', 1280],
  ] as const)('is readable: %s, %i px wide', async (colorScheme, width) => {
    const { page } = await app.visit('/?login_error=access_denied', {
      colorScheme,
      viewport: { width, height: 800 },
    })
    await inState(page, 'unauthenticated')
    await page.getByRole('alert').getByText('You did not finish').waitFor()
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect((await page.evaluate(contrasts)).filter(({ ratio }) => ratio < 4.5)).toEqual([])
    await signIn(page)
    await page.locator('#orders').click()
    await page.getByText('Bell, brass').waitFor()
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect((await page.evaluate(contrasts)).filter(({ ratio }) => ratio < 4.5)).toEqual([])
  })

  it.each([320, 360, 400, 440, 480])(
    'has the button for its colours beside its pages, %i px wide',
    async (width) => {
      const { page } = await app.visit('/', { viewport: { width, height: 800 } })
      await inState(page, 'unauthenticated')
      const middles = await page.locator('.top nav a, #theme').evaluateAll((all) =>
        all.map((one) => {
          const { top, bottom } = one.getBoundingClientRect()
          return Math.round((top + bottom) / 2)
        }),
      )
      expect(middles).toHaveLength(4)
      expect(new Set(middles).size).toBe(1)
      expect(await overflow(page)).toBeLessThanOrEqual(0)
    },
  )

  it('can be used by keyboard alone, in the order it is read', async () => {
    const { page } = await app.visit('/')
    await inState(page, 'unauthenticated')
    const reached: string[] = []
    for (let i = 0; i < 30 && !reached.includes('logout-idp'); i += 1) {
      await page.keyboard.press('Tab')
      const { id, outline } = await page.evaluate(() => {
        const element = document.activeElement ?? document.body
        return { id: element.id, outline: getComputedStyle(element).outlineStyle }
      })
      expect(outline).toBe('solid')
      if (id !== '') reached.push(id)
    }
    expect(reached).toEqual([
      'theme',
      'login',
      'orders',
      'api-mfa',
      'require-mfa',
      'refresh',
      'logout-app',
      'logout-idp',
    ])
  })

  it('changes its colours for this tab', async () => {
    const { page } = await app.visit('/', { colorScheme: 'light' })
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await ground()
    await page.getByRole('button', { name: 'Dark colours' }).click()
    const dark = await ground()
    expect(dark).not.toBe(light)
    await page.goto(`${app.demo.url}/react/`)
    expect(await ground()).toBe(dark)
  })
})
