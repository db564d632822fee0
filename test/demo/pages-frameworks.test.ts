import { describe, expect, it } from 'vitest'
import { contrasts } from '../support/contrast.js'
import { choose, overflow, useDemoPages } from '../support/demo-pages.js'

const app = useDemoPages()

describe.each(['react', 'vue'])('the page in %s', { timeout: 60_000 }, (name) => {
  it('sends a stranger to log in, and shows what was asked for', async () => {
    const { page, faults } = await app.visit(`/${name}/orders`)
    await choose(page, 'alice')
    await page.getByText('Map of the coast road').waitFor()
    expect(page.url()).toBe(`${app.demo.url}/${name}/orders`)

    await page.getByRole('link', { name: 'Profile' }).click()
    await page.getByText('alice@example.com').waitFor()
    await page.getByRole('link', { name: 'Home' }).click()
    await page.getByText('Hello, Alice Andersson').waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByText('Nobody is signed in').waitFor()
    expect(page.url()).toBe(`${app.demo.url}/${name}/`)
    expect(faults).toEqual([])
  })

  it('waits for a gesture where a login failed', async () => {
    const { page } = await app.visit(`/${name}/profile`)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('alert').getByText('You did not finish signing in.').waitFor()
    expect(page.url()).toBe(`${app.demo.url}/${name}/profile`)
    await page.getByRole('button', { name: 'Log in' }).click()
    await choose(page, 'bob')
    await page.getByText('bob@example.com').waitFor()
  })

  it.each(['light', 'dark'] as const)('is readable on a phone, %s', async (colorScheme) => {
    const { page } = await app.visit(`/${name}/`, { colorScheme, viewport: { width: 360, height: 740 } })
    await page.getByText('Nobody is signed in').waitFor()
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect((await page.evaluate(contrasts)).filter(({ ratio }) => ratio < 4.5)).toEqual([])
  })
})
