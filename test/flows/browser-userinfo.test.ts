/** `browserClient` at a provider that keeps claims for its UserInfo endpoint. */
import { expect, it } from 'vitest'
import { TELLS_AT_USERINFO } from '../support/idp.js'
import { startBrowserWorld } from './browser-world.js'
import { expire } from './browser-tabs-bench.js'

it('shows who the user is, in every tab, and after a renewal', async () => {
  const world = await startBrowserWorld({
    idp: TELLS_AT_USERINFO,
    client: { scope: 'openid profile email offline_access' },
  })
  const pages = await world.signedIn(2)
  const user = { name: 'Alice Andersson', email: 'alice@example.com' }
  for (const page of pages) expect(page.session.user).toMatchObject(user)
  expire(world, pages[0]!)
  await world.until(pages, (page) => page.types().includes('refreshed'))
  for (const page of pages) expect(page.session.user).toMatchObject(user)
  // Since they signed in.
  expect(world.idp.count('userinfo')).toBe(0)
})
