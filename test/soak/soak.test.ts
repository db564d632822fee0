/** A short soak of each way to hold tokens; `npm run soak` is the long one. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildDemo } from '../../demo/build.mjs'
import { launch } from '../e2e/browser.js'
import { runSoak } from './soak.js'

let browser: Browser

beforeAll(async () => {
  await buildDemo()
  browser = await launch()
})
afterAll(() => browser?.close())

// Both at once: each has servers and a browser profile of its own.
it.concurrent.each([
  ['bff', 7],
  ['browser', 8],
] as const)(
  'tabs on access of 3 s, through trouble of every kind (%s, seed %i)',
  async (mode, seed) => {
    const counts = await runSoak({ browser, mode, seed, seconds: 10, tabs: 8 })
    expect(counts).toMatchObject({ wrong: [] })
  },
  180_000,
)
