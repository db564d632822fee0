/** Tabs that hold the tokens themselves: what one of them learns or does, all of them know. */
import { expect, it } from 'vitest'
import { SPA_CLIENT_ID } from '../../demo/idp/index.js'
import { useTlsApp } from './tls-app.js'
import { allShow, details, expectEnded, openTabs, signInAll, switchUser } from './tls-tabs.js'

const app = useTlsApp()
const PATH = '/spa/'

const asked = () => app.site.idp.tokenRequests.filter(({ client_id: client }) => client === SPA_CLIENT_ID)
const refreshes = () => asked().filter(({ grant_type: grant }) => grant === 'refresh_token')

it('ten tabs are signed in by the login in one of them, have one refresh for each expiry, and are signed out by the logout in one', async () => {
  app.site.idp.lifetimes.accessToken = 3
  const tabs = await openTabs(app, PATH, 10)
  await signInAll(tabs)
  const renewals = () => Promise.all(tabs.map(async (tab) => (await details(tab, 'refreshed')).length))
  await expect
    .poll(async () => Math.min(...(await renewals())), { timeout: 15_000 })
    .toBeGreaterThanOrEqual(3)
  // One that was too many would stay one too many.
  await expect.poll(async () => new Set([...(await renewals()), refreshes().length]).size).toBe(1)
  expect(asked().map(({ grant_type: grant }) => grant)).toEqual([
    'authorization_code',
    ...refreshes().map(() => 'refresh_token'),
  ])
  expect(asked().filter(({ error }) => error !== null)).toEqual([])
  for (const tab of tabs) {
    expect(await details(tab, 'authenticated')).toHaveLength(1)
    const states = await tab.evaluate(() => tandem.states.slice(tandem.states.indexOf('authenticated')))
    expect(new Set(states)).toEqual(new Set(['authenticated']))
  }

  const hints = async () =>
    (await app.browser.cookies(app.site.url)).filter(({ name }) => name.startsWith('__Host-hint-browser'))
  expect(await hints()).toHaveLength(1)
  await tabs[1].evaluate(() => void tandem.client.logout({ scope: 'app' }))
  await expectEnded(tabs, 'logout')
  expect(await hints()).toEqual([])
})

it('no tab shows alice’s data after bob signed in in one of them', async () => {
  const tabs = await openTabs(app, PATH, 5)
  await signInAll(tabs)
  const [switching, ...others] = tabs
  await switchUser(switching, 'bob')
  await allShow(tabs, 'bob')
  for (const tab of tabs) {
    const answer = await tab.evaluate(async () => (await tandem.client.fetch(`${tandem.api}/whoami`)).json())
    expect(answer).toEqual({ sub: 'bob' })
    const users = await tab.evaluate(() => tandem.users)
    expect(users.slice(users.indexOf('bob'))).not.toContain('alice')
  }
  for (const tab of others)
    expect((await details(tab, 'ended')).map(({ reason }) => reason)).toEqual(['user_changed'])
})

it('tabs that are opened later, or reloaded, have the tokens of those that are there: nobody is asked, and no page is left', async () => {
  const tabs = await openTabs(app, PATH, 2)
  await signInAll(tabs)
  app.site.idp.clearRequests()
  const late = await app.open(PATH)
  await tabs[0].reload()
  await allShow([late, ...tabs], 'alice')
  expect(app.site.idp.requests.map(({ endpoint }) => endpoint)).toEqual([])
})
