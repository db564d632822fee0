// @vitest-environment node
/** A login that fails at the IDP while the user is signed in: a step-up that is cancelled, say. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openAppTab, type AppTab } from '../support/app-tab.js'
import {
  openBrowserPage,
  signIn,
  type BrowserPage,
  type BrowserPageOptions,
} from '../support/browser-page.js'
import { framing } from '../support/frames.js'
import { startTestIdp, type Idp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'

const sameSite = 'http://localhost:9'
const framed = { silentRedirectUri: '/silent.html' }
const cancelled = { name: 'OAuthError', code: 'access_denied', error_description: 'cancelled' }

let idp: Idp
let tab: AppTab

const load = (options?: BrowserPageOptions): BrowserPage => openBrowserPage(tab, idp.issuer, options)

/** Leaves `page` for a step-up, cancels it, and comes back. */
const cancelStepUp = async (page: BrowserPage): Promise<void> => {
  const url = await page.loginUrl({ returnTo: '/vault', criteria: { acr: 'mfa' } })
  const state = new URL(url).searchParams.get('state') ?? ''
  const answer = { error: 'access_denied', error_description: 'cancelled', state, iss: idp.issuer }
  tab.load(`/callback?${new URLSearchParams(answer)}`)
}

beforeAll(async () => {
  idp = await startTestIdp()
  idp.addOrigin(sameSite)
})
afterAll(() => idp.close())
beforeEach(() => {
  const handlers = { [sameSite]: () => new Response('') }
  tab = openAppTab(createUserAgent({ handlers }), { page: framing(() => tab), address: `${sameSite}/` })
})

it('leaves the user signed in as before, and tells the error', async () => {
  const { page, session } = await signIn(tab, idp.issuer)
  await cancelStepUp(page)
  const leaving = await load().restore()
  expect(leaving).toMatchObject({ type: 'leaving', returned: true, error: cancelled })
  await tab.follow(leaving.type === 'leaving' ? leaving.url : '')
  const restored = await load().restore()
  expect(restored).toMatchObject({
    type: 'restored',
    returnTo: '/vault',
    error: cancelled,
    session: { user: { sub: 'alice' }, authentication: session.authentication },
  })
  expect(restored).not.toHaveProperty('returned')
})

it('does so without leaving the page where frames work', async () => {
  const { page } = await signIn(tab, idp.issuer, framed)
  await cancelStepUp(page)
  expect(await load(framed).restore()).toMatchObject({
    type: 'restored',
    returnTo: '/vault',
    returned: true,
    error: cancelled,
    session: { user: { sub: 'alice' } },
  })
})

it('says that nobody is signed in where the IDP session is over, too', async () => {
  const { page } = await signIn(tab, idp.issuer)
  await cancelStepUp(page)
  await idp.endSession('alice')
  const leaving = await load().restore()
  await tab.follow(leaving.type === 'leaving' ? leaving.url : '')
  expect(await load().restore()).toMatchObject({ type: 'absent', returnTo: '/vault', error: cancelled })
})

it('asks nobody where nobody was signed in', async () => {
  await cancelStepUp(load())
  idp.clearRequests()
  expect(await load().restore()).toMatchObject({ type: 'absent', returnTo: '/vault', error: cancelled })
  expect(idp.count('authorization')).toBe(0)
})
