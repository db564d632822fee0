/** What loading a page costs: requests to the provider and to the BFF, and the code that is downloaded. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { MODES, useApp, type Mode } from './app.js'
import { at, inState, signIn } from './user.js'

const app = useApp()

/** Loads the page anew, and returns what that asked of BFF and provider, and whether it needed the protocol engine. */
const cost = async (page: Page, mode: Mode, status: 'authenticated' | 'unauthenticated') => {
  const asked: string[] = []
  const note = (request: { method(): string; url(): string }): void =>
    void asked.push(
      `${request.method()} ${request.url().replace(app.demo.url, '').replace(app.demo.idp.origin, 'IDP')}`,
    )
  app.demo.idp.clearRequests()
  page.on('request', note)
  await page.goto(app.demo.url + at(mode))
  await inState(page, status)
  await page.waitForLoadState('networkidle')
  page.off('request', note)
  return {
    bff: asked.filter((line) => / \/bff\b/.test(line)),
    // What the BFF asks the provider, too.
    idp: app.demo.idp.requests.map(({ method, endpoint }) => `${method} ${endpoint}`),
    engine: asked.filter((line) => line.includes('tandem.oidc')).length,
  }
}

describe.each(MODES)('with tokens held by: %s', (mode) => {
  it('a page nobody is signed in on asks nobody, and downloads no protocol', async () => {
    const page = await app.open('/never-mind')
    await inState(page, 'unauthenticated')
    const nothing = { bff: [], idp: [], engine: 0 }
    expect(await cost(page, mode, 'unauthenticated')).toEqual(nothing)

    await signIn(page)
    await page.locator('#logout-app').click()
    await inState(page, 'unauthenticated')
    expect(await cost(page, mode, 'unauthenticated'), 'after a logout').toEqual(nothing)
  })
})

it.each(['bff', 'mediated'] as const)(
  'a page on the BFF that is signed in asks one question (%s)',
  async (mode) => {
    const page = await app.open(at(mode))
    await signIn(page)
    expect(await cost(page, mode, 'authenticated')).toEqual({ bff: ['GET /bff/session'], idp: [], engine: 0 })
  },
)

it('a page that holds the tokens itself asks the provider in a frame, and goes nowhere', async () => {
  const page = await app.open(at('browser'))
  await signIn(page)
  // That page has a frame at the provider, too.
  await page.waitForLoadState('networkidle')
  const { bff, idp, engine } = await cost(page, 'browser', 'authenticated')
  expect({ bff, engine }).toEqual({ bff: [], engine: 1 })
  expect(idp.toSorted()).toEqual(['GET authorization', 'GET check_session', 'GET discovery', 'POST token'])
})
