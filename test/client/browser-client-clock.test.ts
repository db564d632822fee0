// @vitest-environment node
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserCookie } from '../../src/client/browser-cookies.js'
import { openAppTab } from '../support/app-tab.js'
import { signIn } from '../support/browser-page.js'
import { APP_ORIGIN, SPA_CLIENT_ID, startTestIdp, type Idp } from '../support/idp.js'
import { createUserAgent } from '../support/user-agent.js'

const HOUR = 3_600_000

let idp: Idp

beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.close())

describe('a device whose clock is wrong', () => {
  const skews: [string, number][] = [
    ['an hour behind', -HOUR],
    ['an hour ahead', HOUR],
    ['a day behind', -24 * HOUR],
    ['two minutes ahead', 120_000],
    ['half a minute behind', -30_000],
  ]
  const servers: [string, () => Response][] = [
    ['tells the time', () => new Response('', { headers: { date: new Date().toUTCString() } })],
    ['tells none', () => new Response('')],
  ]

  describe.each(servers)("while the app's own server %s", (_, server) => {
    it.each(skews)('%s: logs in and renews by the clock of the server', async (__, skew) => {
      const tab = openAppTab(createUserAgent({ handlers: { [APP_ORIGIN]: server } }), { skew })
      const { page, session } = await signIn(tab, idp.issuer)
      expect(Math.abs(tab.platform.clock.now() - Date.now())).toBeLessThan(20_000)
      expect(Math.abs(session.access.expiresAt - Date.now() - 300_000)).toBeLessThan(20_000)
      expect(Math.abs(session.app.startedAt - Date.now())).toBeLessThan(20_000)
      expect(await page.renew(session)).toMatchObject({ type: 'restored' })
    })
  })

  it('that jumps while the session is there: the next renewal finds the time again', async () => {
    const tab = openAppTab(createUserAgent())
    const { page, session } = await signIn(tab, idp.issuer)
    tab.platform.skewBy(-HOUR)
    expect(await page.renew(session)).toMatchObject({ type: 'restored' })
    expect(Math.abs(tab.platform.clock.now() - Date.now())).toBeLessThan(20_000)
  })

  it('is believed about how long the app session has lasted, from one page load to the next', async () => {
    const tab = openAppTab(createUserAgent(), { skew: 24 * HOUR })
    const { session } = await signIn(tab, idp.issuer)
    const cookie = browserCookie('hint', idp.issuer, SPA_CLIENT_ID)
    const hint = Number(tab.platform.cookies.get(cookie)?.split('.')[0])
    expect(Math.abs(hint - session.app.startedAt - 24 * HOUR)).toBeLessThan(20_000)
  })
})

it('asks nobody for the time while the device is right', async () => {
  const asked: string[] = []
  const server = (request: Request): Response => {
    asked.push(new URL(request.url).pathname)
    return new Response('')
  }
  const tab = openAppTab(createUserAgent({ handlers: { [APP_ORIGIN]: server } }))
  await signIn(tab, idp.issuer)
  expect(asked).toEqual(['/callback'])
})
