import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { contrasts } from '../support/contrast.js'
import { choose, overflow, useDemoPages, type Visit } from '../support/demo-pages.js'

const app = useDemoPages({ mosaic: true, lifetimes: { accessToken: 15 } })

afterEach(async () => {
  await app.demo.mosaic?.endSessions('alice')
})

const inState = (page: Page, status: string) => page.locator(`html[data-status=${status}]`).waitFor()
const saying = (page: Page, id: string, text: string | RegExp) =>
  page.locator(`#${id}`, { hasText: text }).waitFor()
const press = (page: Page, name: string) =>
  page.locator('#mosaic').getByRole('button', { name, exact: true }).click()

/** The two bars, as a screen reader is told of them. */
const bars = async (page: Page): Promise<Record<'idp' | 'app', string | null>> => {
  const of = (name: string) => page.getByRole('meter', { name }).getAttribute('aria-valuetext')
  return { idp: await of('At the provider'), app: await of('In this app') }
}
const LEFT = / left$/

const signIn = async (path = '/', options = {}): Promise<Visit> => {
  const visit = await app.visit(path, options)
  await inState(visit.page, 'unauthenticated')
  await visit.page.locator('#login').click()
  await choose(visit.page, 'alice')
  await inState(visit.page, 'authenticated')
  await saying(visit.page, 'mosaic-now', 'Mosaic has 1 session of alice')
  expect(await bars(visit.page)).toEqual({
    idp: expect.stringMatching(LEFT),
    app: expect.stringMatching(LEFT),
  })
  return visit
}

/** Access is there and cannot be extended; once it is over, so is the app session. */
const relyThenEnd = async (page: Page): Promise<void> => {
  await page.locator('#idp-clock', { hasText: 'Renewed no more' }).waitFor()
  expect(await bars(page)).toEqual({ idp: 'Renewed no more', app: expect.stringMatching(LEFT) })
  await saying(page, 'idp-note', 'The provider renews access no more.')
  await page.locator('#orders').click()
  await page.getByText('Bell, brass').waitFor()
  await press(page, 'Past the access token')
  await inState(page, 'unauthenticated')
  expect(await bars(page)).toEqual({ idp: 'none', app: 'none' })
  await saying(page, 'about', 'The session at the provider is over')
  await press(page, 'Put it right')
  await saying(page, 'mosaic-now', /^Nobody is signed in here\.$/)
}

const isAsked = async (page: Page): Promise<void> => {
  await page.locator('#login').click()
  await page.getByRole('button', { name: 'Alice' }).waitFor()
}

describe('the panel "What Mosaic does"', { timeout: 90_000 }, () => {
  it('log out elsewhere: the app learns it when it renews, by itself', async () => {
    const { page, faults } = await signIn()
    await press(page, 'Log out elsewhere')
    await saying(page, 'mosaic-answer', 'Another browser signed in and logged out: Mosaic ended 2 sessions.')
    await saying(page, 'mosaic-now', 'Mosaic has no session of alice.')
    await page.locator('#idp-clock', { hasText: 'Renewed no more' }).waitFor()
    await inState(page, 'unauthenticated')
    await saying(page, 'mosaic-log', 'POST /cis/v1/auth/logout')
    await saying(page, 'mosaic-log', 'invalid_grant')
    await isAsked(page)
    expect(faults).toEqual([])
  })

  it('revoke as administrator: what is here lasts until the access token expires', async () => {
    const { page } = await signIn()
    await press(page, 'Revoke as administrator')
    await saying(page, 'mosaic-answer', 'Mosaic deleted 1 session, and revoked the refresh tokens.')
    await saying(page, 'mosaic-log', 'DELETE /cis/v1/sessions/alice')
    await page.locator('#refresh').click()
    await saying(page, 'answer', 'Access cannot be renewed any more.')
    await relyThenEnd(page)
    await isAsked(page)
  })

  it('let the resource cap run out: the session at Mosaic lives on, and the next login asks nothing', async () => {
    const { page } = await signIn()
    await press(page, 'Let the resource cap run out')
    await saying(page, 'mosaic-answer', 'the next renewal is refused')
    await page.locator('#refresh').click()
    await saying(page, 'mosaic-now', 'Mosaic has 1 session of alice')
    await relyThenEnd(page)
    await page.locator('#login').click()
    await inState(page, 'authenticated')
    await page.locator('#refresh').click()
    await saying(page, 'answer', 'Access is renewed.')
    expect((await bars(page)).idp).toMatch(LEFT)
  })

  it('ask for MFA: another authentication, and another session', async () => {
    const { page, faults } = await signIn()
    await press(page, 'Ask for MFA')
    await choose(page, 'mfa')
    await saying(page, 'answer', 'The session meets acr mfa')
    await saying(page, 'facts', /amr\s*pwd mfa/)
    await saying(page, 'mosaic-now', 'Mosaic has 2 sessions of alice')
    await saying(page, 'mosaic-log', 'acr_values=mfa')
    expect(await bars(page)).toEqual({ idp: expect.stringMatching(LEFT), app: expect.stringMatching(LEFT) })
    expect(faults).toEqual([])
  })

  it('move the clock past the access token: it is renewed, and the session at Mosaic lasts longer', async () => {
    const { page } = await signIn()
    const end = await page.locator('#idp-note').textContent()
    await press(page, 'Past the access token')
    await saying(page, 'mosaic-now', /Its clock is \d+ seconds ahead\.$/)
    await page.waitForFunction((text) => document.getElementById('idp-note')?.textContent !== text, end)
    await inState(page, 'authenticated')
    expect((await bars(page)).idp).toMatch(LEFT)
    await saying(page, 'mosaic-log', 'refresh_token, mosaic-web')
    await page.locator('#events strong', { hasText: /^refreshed$/ }).waitFor()
    // One clock for all that is listed: what the client told, and what Mosaic was asked.
    const latest = (list: string) =>
      page
        .locator(`#${list} time`)
        .first()
        .getAttribute('datetime')
        .then((at) => Date.parse(at ?? ''))
    // The panel looks at Mosaic once a second.
    await expect
      .poll(async () => Math.abs((await latest('events')) - (await latest('mosaic-log'))), {
        timeout: 10_000,
      })
      .toBeLessThan(5_000)
    await press(page, 'Put it right')
    await saying(page, 'mosaic-answer', 'What alice had would last too long now, and was ended: log in anew.')
    await inState(page, 'unauthenticated')
    await saying(page, 'mosaic-now', /^Nobody is signed in here\.$/)
    await page.locator('#login').click()
    await choose(page, 'alice')
    await inState(page, 'authenticated')
    const left = Number(await page.locator('#access-bar').getAttribute('aria-valuenow'))
    expect(left).toBeLessThanOrEqual(20)
  })

  it.each([
    ['Past the IDP session', 'The session at the provider is over'],
    ['Past the app session', 'The session in this app has run out.'],
  ])('move the clock %s: authentication is required', async (name, sentence) => {
    const { page } = await signIn()
    await press(page, name)
    await inState(page, 'unauthenticated')
    expect(await bars(page)).toEqual({ idp: 'none', app: 'none' })
    await saying(page, 'about', sentence)
    await isAsked(page)
    await page.goto(app.demo.url)
    await press(page, 'Put it right')
    await saying(page, 'mosaic-answer', 'The clock is right again.')
  })

  it.each([
    ['logout-idp', true],
    ['logout-app', false],
  ])('%s ends what it says', async (button, asked) => {
    const { page, faults } = await signIn()
    await page.locator(`#${button}`).click()
    await inState(page, 'unauthenticated')
    await saying(page, 'mosaic-now', 'Nobody is signed in here.')
    expect(new URL(page.url()).origin).toBe(app.demo.url)
    expect(app.demo.mosaic?.sessions('alice')).toHaveLength(asked ? 0 : 1)
    if (asked) await isAsked(page)
    else {
      await page.locator('#login').click()
      await inState(page, 'authenticated')
    }
    expect(faults).toEqual([])
  })

  it('says what went wrong where Mosaic does not answer', async () => {
    const { page } = await signIn()
    await app.demo.mosaic?.down()
    await press(page, 'Revoke as administrator')
    await page.getByRole('alert').getByText('Mosaic did not do that.').waitFor()
    await app.demo.mosaic?.up()
  })

  it('can be used by keyboard alone, and does nothing for nobody', async () => {
    const { page } = await app.visit('/')
    await inState(page, 'unauthenticated')
    const reached: string[] = []
    for (let i = 0; i < 30 && reached.at(-1) !== 'clock-back'; i += 1) {
      await page.keyboard.press('Tab')
      const { deed, outline } = await page.evaluate(() => {
        const element = document.activeElement instanceof HTMLElement ? document.activeElement : document.body
        return { deed: element.dataset['mosaic'], outline: getComputedStyle(element).outlineStyle }
      })
      expect(outline).toBe('solid')
      if (deed !== undefined) reached.push(deed)
    }
    const deeds = ['logout-elsewhere', 'revoke', 'cap', 'mfa', 'clock', 'clock', 'clock', 'clock-back']
    expect(reached).toEqual(deeds)
    const disabled = page.locator('[data-mosaic][aria-disabled=true]')
    expect(await disabled.count()).toBe(deeds.length - 1)
    await page.keyboard.press('Enter')
    await saying(page, 'mosaic-answer', 'The clock is right again.')
    await disabled.first().focus()
    const asked = app.demo.mosaic?.api.requests.length
    await page.keyboard.press('Enter')
    expect(await page.locator('#mosaic-answer').textContent()).toBe('The clock is right again.')
    expect(app.demo.mosaic?.api.requests.length).toBe(asked)
  })

  it.each([
    ['light', 400],
    ['dark', 400],
    ['light', 1280],
    ['dark', 1280],
  ] as const)('is readable: %s, %i px wide', async (colorScheme, width) => {
    const { page, faults } = await signIn('/', { colorScheme, viewport: { width, height: 800 } })
    await press(page, 'Revoke as administrator')
    await saying(page, 'mosaic-answer', 'Mosaic deleted 1 session')
    await page.locator('#refresh').click()
    await saying(page, 'mosaic-log', 'invalid_grant')
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect((await page.evaluate(contrasts)).filter(({ ratio }) => ratio < 4.5)).toEqual([])
    expect(faults).toEqual([])
  })
})

describe('the other pages with Mosaic', { timeout: 60_000 }, () => {
  it.each(['react', 'vue'])('share the session (%s)', async (name) => {
    const { page } = await signIn()
    await page.goto(`${app.demo.url}/${name}/`)
    await page.getByText('Hello, Alice Andersson').waitFor()
  })

  it('a BFF may hand out the access token, and no page holds tokens by itself', async () => {
    const { page } = await signIn('/?mode=mediated')
    await page.locator('#orders').click()
    await page.getByText('Bell, brass').waitFor()
    expect(await page.locator('[data-mode=browser]').isVisible()).toBe(false)
    await page.goto(`${app.demo.url}/?mode=browser`)
    await page.locator('html[data-mode=bff]').waitFor()
  })
})
