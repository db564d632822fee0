/** The React and the Vue page: log in, a guarded route, a call to the API, log out. */
import { describe, expect, it } from 'vitest'
import { useApp } from './app.js'
import { choose, isAsked, isTold, sees } from './user.js'

const app = useApp()
const callers = () => app.demo.api.requests.map(({ url, claims }) => `${url} ${claims?.sub}`)

describe.each(['react', 'vue'])('the page in %s', (name) => {
  it('a user logs in, calls the API, reloads, and logs out', async () => {
    const page = await app.open(`/${name}/`)
    await sees(page, 'Nobody is signed in')
    await page.getByRole('button', { name: 'Log in' }).click()
    await choose(page, 'alice')
    await sees(page, 'Hello, Alice Andersson')
    expect(page.url()).toBe(`${app.demo.url}/${name}/`)

    await page.getByRole('link', { name: 'Orders' }).click()
    await sees(page, 'Map of the coast road')
    expect(callers()).toEqual(['/orders alice'])
    await page.reload()
    await sees(page, 'Map of the coast road')

    await page.getByRole('link', { name: 'Home' }).click()
    await page.getByRole('button', { name: 'Log out' }).click()
    await sees(page, 'Nobody is signed in')
    expect(app.demo.idp.live('Session', 'alice'), 'sessions at the provider').toBe(0)
  })

  it('a guarded page in another tab does not sign the user in again while the logout is on its way', async () => {
    const browser = await app.visitor()
    const page = await app.open(`/${name}/profile`, browser)
    await choose(page, 'alice')
    await sees(page, 'alice@example.com')
    const other = await app.open(`/${name}/`, browser)
    await sees(other, 'Hello, Alice Andersson')

    app.demo.idp.faults.set('end_session', { kind: 'hang' })
    // The page it leads to does not come as yet: that is not waited for.
    await other.getByRole('button', { name: 'Log out' }).click({ noWaitAfter: true })
    await isAsked(page)
    app.demo.idp.faults.clear()
    app.demo.idp.faults.release()
    await sees(other, 'Nobody is signed in')
  })

  it.each([
    ['orders', '?from=mail', 'Map of the coast road'],
    // A loader, as React's orders have one, is not told the fragment.
    ['profile', '?from=mail#top', 'bob@example.com'],
  ])(
    'the guarded route /%s%s sends a stranger to log in and back, from a link and from within',
    async (route, rest, shown) => {
      const page = await app.open(`/${name}/${route}${rest}`)
      await choose(page, 'bob')
      await sees(page, shown)
      expect(page.url()).toBe(`${app.demo.url}/${name}/${route}${rest}`)

      await page.getByRole('link', { name: 'Home' }).click()
      await page.getByRole('button', { name: 'Log out' }).click()
      await sees(page, 'Nobody is signed in')
      await page.getByRole('link', { name: route }).click()
      await isAsked(page)
      await choose(page, 'alice')
      await sees(page, route === 'orders' ? shown : 'alice@example.com')
      expect(page.url()).toBe(`${app.demo.url}/${name}/${route}`)
    },
  )

  it.each(['profile', 'orders'])(
    'Back from the provider to /%s: the user is asked, and not sent away again',
    async (route) => {
      const page = await app.open(`/${name}/`)
      await sees(page, 'Nobody is signed in')
      await page.getByRole('link', { name: route }).click()
      await isAsked(page)
      const left: string[] = []
      page.on('request', (request) => {
        if (request.isNavigationRequest()) left.push(request.url())
      })
      await page.goBack({ waitUntil: 'commit' })
      await isTold(page, 'The page did not sign you in by itself.')
      expect(left.filter((url) => !url.startsWith(`${app.demo.url}/${name}/`))).toEqual([])
      await page.getByRole('button', { name: 'Log in' }).click()
      await choose(page, 'alice')
      await sees(page, /alice@example.com|Alice Andersson|Bell, brass/)
    },
  )

  it('a login that comes back and never lasts ends in a message, not in a circle', async () => {
    const page = await app.open(`/${name}/`)
    // As where the browser refuses the cookie: the provider knows the user, and the app never does.
    await page.route('**/bff/session', (route) =>
      route.fulfill({ json: { authenticated: false }, headers: { 'x-tandem': '1' } }),
    )
    await page.goto(`${app.demo.url}/${name}/profile`)
    await choose(page, 'alice')
    await isTold(page, 'Signing in came back three times without lasting.')
    const asked = app.demo.idp.requests.filter(({ url }) => url.startsWith('/auth?'))
    expect(asked, 'logins').toHaveLength(3)
    expect(page.url()).toBe(`${app.demo.url}/${name}/profile`)
  })
})
