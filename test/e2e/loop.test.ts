/** Logins that come back and do not last are stopped: by the client of a tab, and by the BFF for all tabs. */
import { describe, expect, it } from 'vitest'
import { useApp } from './app.js'
import { at, cancel, inState, isTold, press } from './user.js'

const app = useApp()

const LOOP = 'Signing in came back three times without lasting.'
const authorizations = (): number =>
  app.demo.idp.requests.filter(({ url }) => url.startsWith('/auth?')).length

describe('after three failed logins within a minute', () => {
  it.each(['bff', 'browser'] as const)('the client of the tab sends the user nowhere (%s)', async (mode) => {
    const page = await app.open(at(mode))
    for (let failed = 1; failed <= 3; failed += 1) {
      await inState(page, 'unauthenticated')
      await press(page, 'login')
      await cancel(page)
      await isTold(page, 'You did not finish signing in.')
    }
    await press(page, 'login')
    await isTold(page, LOOP)
    await inState(page, 'unauthenticated')
    expect(authorizations(), 'logins that reached the provider').toBe(3)
    expect(page.url(), 'the page was not left').toBe(app.demo.url + at(mode))
  })

  it('the BFF sends the user back into the app, whichever tab they come from', async () => {
    const browser = await app.visitor()
    for (let failed = 1; failed <= 3; failed += 1) {
      const tab = await app.open('/', browser)
      await press(tab, 'login')
      await cancel(tab)
      await isTold(tab, 'You did not finish signing in.')
    }
    const page = await app.open('/orders/1001', browser)
    await inState(page, 'unauthenticated')
    await press(page, 'login')
    await isTold(page, LOOP)
    await inState(page, 'unauthenticated')
    expect(authorizations(), 'logins that reached the provider').toBe(3)
    expect(page.url(), 'the code is out of the address').toBe(`${app.demo.url}/orders/1001`)
  })
})
