/** The main job: log in, come back where one was, stay, call an API, log out. */
import { describe, expect, it } from 'vitest'
import { MODES, useApp } from './app.js'
import { at, choose, getOrders, inState, press, sees, signIn } from './user.js'

const app = useApp()
const callers = () => app.demo.api.requests.map(({ claims }) => claims?.sub)

describe.each(MODES)('with tokens held by: %s', (mode) => {
  it('a user logs in, comes back to the same address, reloads it, and calls the API', async () => {
    const link = at(mode, '/orders/1001?from=a%20mail&list=x%2Cy#details')
    const page = await app.open(link)
    await sees(page, 'You come back to this very address.')
    await signIn(page)
    await sees(page, 'Alice Andersson')
    await sees(page, 'Tandem, steel, 54 cm')
    expect(page.url()).toBe(app.demo.url + link)

    await page.reload()
    await inState(page, 'authenticated')
    await sees(page, 'Alice Andersson')
    expect(page.url()).toBe(app.demo.url + link)

    await getOrders(page)
    const call = app.demo.api.requests.at(-1)
    expect(call).toMatchObject({ method: 'GET', url: '/orders', status: 200, claims: { sub: 'alice' } })
    // Through the BFF the page's origin stays at home, and so do its cookies.
    expect(call?.headers['origin']).toBe(mode === 'bff' ? undefined : app.demo.url)
    expect(call?.headers['cookie']).toBeUndefined()
    expect(call?.claims?.['client_id']).toBe(mode === 'browser' ? 'tandem-spa' : 'tandem-bff')
  })

  it('logging out of the app leaves the session at the provider, which asks nothing at the next login', async () => {
    const page = await app.open(at(mode))
    await signIn(page)
    await press(page, 'logout-app')
    await inState(page, 'unauthenticated')
    await sees(page, 'You logged out.')
    expect(app.demo.idp.live('RefreshToken', 'alice'), 'refresh tokens that are left').toBe(0)
    expect(app.demo.idp.live('Session', 'alice'), 'sessions at the provider').toBeGreaterThan(0)
    await page.reload()
    await inState(page, 'unauthenticated')

    await press(page, 'login')
    await inState(page, 'authenticated')
    await sees(page, 'Alice Andersson')
  })

  it('logging out of both ends both, and the next user gets nothing of this one’s', async () => {
    const page = await app.open(at(mode))
    await signIn(page, 'alice')
    await getOrders(page)
    await press(page, 'logout-idp')
    await page.waitForURL(app.demo.url + at(mode))
    await inState(page, 'unauthenticated')
    expect(app.demo.idp.live('RefreshToken', 'alice'), 'refresh tokens that are left').toBe(0)
    expect(app.demo.idp.live('Session', 'alice'), 'sessions at the provider').toBe(0)

    await signIn(page, 'bob')
    await sees(page, 'Bob Bergström')
    await getOrders(page)
    expect(callers()).toEqual(['alice', 'bob'])
    expect(await page.locator('#facts').innerText()).not.toContain('alice')
  })

  it('another user signs in over a session: the first one’s is over', async () => {
    const page = await app.open(at(mode))
    await signIn(page, 'alice')
    await press(page, 'switch-user')
    await choose(page, 'bob')
    await sees(page, 'Bob Bergström')
    await inState(page, 'authenticated')
    await getOrders(page)
    expect(callers()).toEqual(['bob'])
    if (mode !== 'browser') expect(await app.demo.bff.sessions.list({ sub: 'alice' })).toEqual([])
  })
})
