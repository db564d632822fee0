/** What a user does and sees: in the demo's page, and at the provider. Waits, and says what was there instead. */
import type { Page } from 'playwright-core'
import type { SessionState } from 'tandem-session'
import type { Mode } from './app.js'

type Status = SessionState['status']

/** An address of the script-tag page. */
export const at = (mode: Mode, path = '/'): string => {
  const url = new URL(path, 'http://localhost')
  if (mode !== 'bff') url.searchParams.set('mode', mode)
  return url.pathname + url.search + url.hash
}

/** What the page shows now, for whoever has to find out why a test failed. */
const shown = async (page: Page): Promise<string> => {
  try {
    const text = (await page.locator('body').innerText({ timeout: 1_000 })).replaceAll(/\s+/g, ' ')
    const status = await page.locator('html').getAttribute('data-status')
    return `${page.url()} shows (${status ?? 'no status'}): ${text.slice(0, 600)}`
  } catch (error) {
    return `${page.url()} cannot be read: ${String(error)}`
  }
}

const unless = async (page: Page, hope: string, done: Promise<unknown>): Promise<void> => {
  try {
    await done
  } catch (cause) {
    throw new Error(`${hope}. ${await shown(page)}`, { cause })
  }
}

/** Waits until the session client of the page is in this state. */
export const inState = (page: Page, ...statuses: [Status, ...Status[]]): Promise<void> => {
  const selector = statuses.map((status) => `html[data-status=${status}]`).join(', ')
  const hope = `The page should have become ${statuses.join(' or ')}`
  return unless(page, hope, page.locator(selector).waitFor({ state: 'attached' }))
}

/** Waits until the page shows this text. */
export const sees = (page: Page, text: string | RegExp): Promise<void> =>
  unless(page, `The page should show ${text}`, page.getByText(text).first().waitFor())

/** Waits until the page says what went wrong in this sentence. */
export const isTold = (page: Page, sentence: string): Promise<void> =>
  unless(page, `The user should be told: ${sentence}`, page.getByRole('alert').getByText(sentence).waitFor())

/** Whoever presses a button looks at its tab: one that lies behind another is drawn seldom, and slow to be pressed in. */
const click = async (page: Page, selector: string): Promise<void> => {
  await page.bringToFront()
  await page.locator(selector).click()
}

/** Presses a button of the demo's page, by its id. */
export const press = (page: Page, id: string): Promise<void> =>
  unless(page, `There should be a button #${id} to press`, click(page, `#${id}`))

/** At the provider: goes on as this user, or with this factor. */
export const choose = (page: Page, user: string): Promise<void> =>
  unless(page, `The provider should ask who it is`, click(page, `button[value=${user}]`))

/** At the provider: waits until it asks who it is. */
export const isAsked = (page: Page): Promise<void> =>
  unless(page, 'The provider should ask who it is', page.locator('button[value=alice]').waitFor())

/** At the provider: gives up. */
export const cancel = (page: Page): Promise<void> =>
  unless(page, 'The provider should offer to cancel', page.getByRole('button', { name: 'Cancel' }).click())

/** Signs in on the demo's page, from "Log in" to the session. */
export const signIn = async (page: Page, user = 'alice'): Promise<void> => {
  await inState(page, 'unauthenticated')
  await press(page, 'login')
  await choose(page, user)
  await inState(page, 'authenticated')
}

/** Signs in on the bare page. */
export const signInBare = async (page: Page, user = 'alice'): Promise<void> => {
  await inState(page, 'unauthenticated')
  await page.evaluate(() => void tandem.client.login())
  await choose(page, user)
  await inState(page, 'authenticated')
}

/** Calls the API on the demo's page and sees the answer. */
export const getOrders = async (page: Page): Promise<void> => {
  await press(page, 'orders')
  const table = page.getByRole('table', { name: 'Orders' }).getByText('Bell, brass')
  await unless(page, 'The orders should be listed', table.waitFor())
}
