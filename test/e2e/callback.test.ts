/** Answers at the redirect URI that are not what they should be: each ends in a page the user understands, and can go on from. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useApp, type Mode } from './app.js'
import { at, cancel, choose, inState, isAsked, isTold, press, sees, signIn } from './user.js'

const app = useApp()

const STALE = 'That sign-in was begun too long ago, or in another window.'

const doorOf = (mode: Mode): string => (mode === 'browser' ? '/callback' : '/bff/callback')

/** An address of the redirect URI, with these parameters. */
const answer = (mode: Mode, parameters: Record<string, string>): string => {
  const url = new URL(doorOf(mode), app.demo.url)
  for (const [name, value] of Object.entries({ iss: app.demo.idp.issuer, ...parameters }))
    url.searchParams.set(name, value)
  return url.href
}

/** Presses "Log in", and returns the `state` of the login that is now open at the provider. */
const beginLogin = async (page: Page): Promise<string> => {
  await inState(page, 'unauthenticated')
  const leaving = page.waitForRequest((request) => new URL(request.url()).pathname === '/auth')
  await press(page, 'login')
  const state = new URL((await leaving).url()).searchParams.get('state') ?? ''
  await isAsked(page)
  return state
}

/** Signs in, and returns the answer of the provider that did it. */
const signInBy = async (page: Page, mode: Mode): Promise<string> => {
  const [callback] = await Promise.all([
    page.waitForRequest(
      (request) => request.isNavigationRequest() && request.url().includes(`${doorOf(mode)}?`),
    ),
    signIn(page),
  ])
  return callback.url()
}

/** The message is gone by pressing its button, and the login works. */
const tryAgain = async (page: Page): Promise<void> => {
  await page.getByRole('alert').getByRole('button', { name: 'Log in' }).click()
  await choose(page, 'alice')
  await inState(page, 'authenticated')
}

/** No code was sent a second time: that would make the provider revoke what it was good for. */
const expectNoneRefused = (): void => {
  const refused = app.demo.idp.tokenRequests.filter(({ error }) => error !== null)
  expect(refused, 'refused at the token endpoint').toEqual([])
}

const expectCleanAddress = (page: Page): void => {
  expect(page.url()).not.toMatch(/[?&](code|state|iss|error|login_error)=/)
}

describe.each(['bff', 'browser'] as const)('with tokens held by: %s', (mode) => {
  it('cancelled at the provider', async () => {
    const page = await app.open(at(mode))
    await beginLogin(page)
    await cancel(page)
    await isTold(page, 'You did not finish signing in.')
    await inState(page, 'unauthenticated')
    expectCleanAddress(page)
    await tryAgain(page)
  })

  it('a state that belongs to no login', async () => {
    const page = await app.open(at(mode))
    const state = await beginLogin(page)
    await page.goto(answer(mode, { code: 'a-code', state: `${state}x` }))
    await isTold(page, STALE)
    await inState(page, 'unauthenticated')
    expectCleanAddress(page)
    await tryAgain(page)
  })

  it('an answer of another issuer', async () => {
    const page = await app.open(at(mode))
    const state = await beginLogin(page)
    await page.goto(answer(mode, { code: 'a-code', state, iss: 'https://elsewhere.example' }))
    await isTold(page, 'The answer came from another provider than the one asked.')
    await inState(page, 'unauthenticated')
    expectCleanAddress(page)
    expect(app.demo.idp.tokenRequests, 'a code of somebody else’s is sent nowhere').toEqual([])
  })

  it('an error of the provider', async () => {
    const page = await app.open(at(mode))
    const state = await beginLogin(page)
    await page.goto(answer(mode, { error: 'temporarily_unavailable', state }))
    await isTold(page, 'The provider is busy.')
    await inState(page, 'unauthenticated')
    expectCleanAddress(page)
  })

  it('a code that was used before', async () => {
    const first = await app.open(at(mode))
    const used = new URL(await signInBy(first, mode)).searchParams.get('code') ?? ''

    const page = await app.open(at(mode))
    const state = await beginLogin(page)
    await page.goto(answer(mode, { code: used, state }))
    await isTold(page, 'The provider no longer accepts this sign-in.')
    await inState(page, 'unauthenticated')
    expectCleanAddress(page)
  })

  it('opened again while signed in, and reloaded: the user stays signed in', async () => {
    const page = await app.open(at(mode))
    const callback = await signInBy(page, mode)
    await page.goto(callback)
    await inState(page, 'authenticated')
    await sees(page, 'Alice Andersson')
    expect(page.url()).toBe(`${app.demo.url}${at(mode)}`)

    await page.reload()
    await inState(page, 'authenticated')
    await sees(page, 'Alice Andersson')
    expectNoneRefused()
  })

  it('bookmarked, and opened the next morning', async () => {
    const evening = await app.visitor()
    const page = await app.open(at(mode), evening)
    const callback = await signInBy(page, mode)
    await page.close()
    // Over night the browser was closed: its session cookies and the tabs' storages are gone.
    await evening.clearCookies()

    const morning = await evening.newPage()
    await morning.goto(callback)
    await isTold(morning, STALE)
    await inState(morning, 'unauthenticated')
    expectCleanAddress(morning)
    expectNoneRefused()
    await tryAgain(morning)
  })
})

it('of a login page that was left open over night: the BFF has forgotten the login', async () => {
  const browser = await app.visitor()
  const page = await app.open('/', browser)
  await beginLogin(page)
  // What the browser does with it after ten minutes.
  await browser.clearCookies({ name: '__Host-Http-login' })
  await choose(page, 'alice')
  await isTold(page, STALE)
  await inState(page, 'unauthenticated')
  expectCleanAddress(page)
  expect(app.demo.idp.tokenRequests, 'a code that belongs to no login is sent nowhere').toEqual([])
})
