/** A stronger authentication: asked for by the app, or by an API in its answer (RFC 9470). */
import { describe, expect, it } from 'vitest'
import { MODES, useApp } from './app.js'
import { at, cancel, choose, getOrders, inState, isTold, press, sees, signIn, signInBare } from './user.js'

const app = useApp()

describe.each(MODES)('with tokens held by: %s', (mode) => {
  it('an API’s challenge leads to the provider and back, and then the same call is answered', async () => {
    const link = at(mode, '/orders/1001?from=mail')
    const page = await app.open(link)
    await signIn(page)
    await press(page, 'api-mfa')
    await sees(page, 'Your session needs a stronger confirmation for this.')
    await choose(page, 'mfa')
    await sees(page, 'The API accepts the call')
    expect(page.url()).toBe(app.demo.url + link)
    const calls = app.demo.api.requests.filter(({ url }) => url === '/mfa')
    expect(calls.map(({ status, claims }) => [status, claims?.sub, claims?.['acr']])).toEqual([
      [401, 'alice', 'pwd'],
      [200, 'alice', 'mfa'],
    ])
  })

  it('what the app requires is asked for before any call, once', async () => {
    const page = await app.open(at(mode))
    await signIn(page, 'bob')
    await press(page, 'require-mfa')
    await choose(page, 'mfa')
    await sees(page, 'The session meets acr mfa')
    await sees(page, 'Bob Bergström')
    expect(page.url()).toBe(app.demo.url + at(mode))

    app.demo.idp.clearRequests()
    await press(page, 'require-mfa')
    await sees(page, 'The session meets acr mfa')
    expect(app.demo.idp.count('authorization'), 'what is met is not asked for again').toBe(0)
  })

  it('a user who does not give it stays signed in as before, and is told', async () => {
    const page = await app.open(at(mode))
    await signIn(page)
    await press(page, 'api-mfa')
    await page.getByRole('button', { name: 'Go on without it' }).click()
    await isTold(page, 'The second factor was not given.')
    await inState(page, 'authenticated')
    expect(page.url()).toBe(app.demo.url + at(mode))
    await getOrders(page)
  })
})

describe.each(MODES)('a step-up that is cancelled, with tokens held by: %s', (mode) => {
  it.each(['require-mfa', 'api-mfa'])(
    'leaves the user signed in as before, who is told (%s)',
    async (deed) => {
      const link = at(mode, '/orders/1001')
      const page = await app.open(link)
      await signIn(page)
      await press(page, deed)
      await cancel(page)
      await isTold(page, 'You did not finish signing in.')
      await inState(page, 'authenticated')
      await sees(page, 'Alice Andersson')
      expect(page.url()).toBe(app.demo.url + link)
      await getOrders(page)
    },
  )
})

it('calls that wait for one step-up leave the page once', async () => {
  const page = await app.open('/spa/bff/')
  await signInBare(page)
  app.demo.idp.clearRequests()
  await page.evaluate(() => {
    for (let call = 0; call < 5; call += 1) void tandem.client.fetch(`${tandem.api}/mfa?call=${call}`)
  })
  await choose(page, 'mfa')
  await inState(page, 'authenticated')
  const asked = app.demo.idp.requests.filter(({ url }) => url.startsWith('/auth?'))
  expect(asked).toHaveLength(1)
  expect(await page.evaluate(async () => (await tandem.client.fetch(`${tandem.api}/mfa`)).status)).toBe(200)
})
