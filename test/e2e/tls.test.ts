/** What the tests over TLS stand on: two sites, a browser that blocks the cookies of third parties, and one that does not. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { HOSTS, listenTls, openBackChannel, type TlsServer } from './tls.js'
import { setFrozen } from './tls-tabs.js'
import { launchTls, type ThirdPartyCookies, type TlsBrowser } from './tls-browser.js'

let servers: TlsServer[] = []
/** Cookies the provider's site was sent by frames, oldest first. */
const sent: (string | undefined)[] = []

beforeAll(async () => {
  servers = [await listenTls(HOSTS.app), await listenTls(HOSTS.idp)]
  const pages: Record<string, string> = {
    '/embeds': `<iframe src="${origin('idp')}/frame"></iframe>`,
    '/opens': `<script>document.title = String(window.open('/') !== null)</script>`,
  }
  for (const server of servers)
    server.serve(({ url, headers }, response) => {
      response.setHeader('content-type', 'text/html')
      if (url === '/frame') sent.push(headers.cookie)
      if (url === '/sets') response.setHeader('set-cookie', 'known=1; Path=/; Secure; SameSite=None')
      response.end(pages[url ?? ''] ?? '<title>A page</title>')
    })
})

afterAll(() => Promise.all(servers.map((server) => server.close())))

const origin = (of: keyof typeof HOSTS): string => servers[of === 'app' ? 0 : 1]?.origin ?? ''

describe.each([
  ['blocked', undefined],
  ['allowed', 'known=1'],
] as const)(
  'a browser with the cookies of third parties %s',
  (thirdPartyCookies: ThirdPartyCookies, cookie) => {
    let browser: TlsBrowser
    let page: Page
    beforeAll(async () => {
      browser = await launchTls(thirdPartyCookies)
      page = await browser.context.newPage()
    })
    afterEach(() => void (sent.length = 0))
    afterAll(() => browser.close())

    it(`sends a frame of another site ${cookie ?? 'no cookie'}`, async () => {
      await page.goto(`${origin('idp')}/sets`)
      await page.goto(`${origin('idp')}/frame`)
      expect(sent, 'to the site itself').toEqual(['known=1'])
      await page.goto(`${origin('app')}/embeds`)
      expect(sent.slice(1), 'in a page of another site').toEqual([cookie])
      expect((await page.frames()[1]?.evaluate(() => document.cookie)) || undefined).toBe(cookie)
    })

    it('sends a frame of its own site its cookies', async () => {
      await page.goto(`${origin('idp')}/sets`)
      await page.goto(`${origin('idp')}/embeds`)
      expect(sent).toEqual(['known=1'])
    })
  },
)

describe('its tabs are as users have them: it', () => {
  let browser: TlsBrowser
  let page: Page
  beforeAll(async () => {
    browser = await launchTls('blocked')
    page = await browser.context.newPage()
  })
  afterAll(() => browser.close())

  it('hides the tabs that are not in front, and freezes them', async () => {
    await page.goto(`${origin('app')}/`)
    await page.evaluate(() => {
      for (const type of ['visibilitychange', 'freeze', 'resume'])
        document.addEventListener(type, () => (document.title += ` ${type}`))
    })
    const other = await browser.context.newPage()
    await expect.poll(() => page.evaluate(() => document.visibilityState)).toBe('hidden')
    await setFrozen(page, true)
    await setFrozen(page, false)
    await other.close()
    await page.bringToFront()
    await expect.poll(() => page.title()).toBe('A page visibilitychange freeze resume visibilitychange')
  })

  it('shows a tab of each of two windows', async () => {
    await page.goto(`${origin('app')}/`)
    await page.bringToFront()
    const other = await browser.openWindow()
    await other.goto(`${origin('idp')}/`)
    for (const tab of [page, other])
      await expect.poll(() => tab.evaluate(() => document.visibilityState)).toBe('visible')
    await other.close()
  })

  it('opens no window without a gesture of the user', async () => {
    await page.goto(`${origin('app')}/opens`)
    expect(await page.title()).toBe('false')
  })

  it('keeps what a frame stores under another site from its own site', async () => {
    await page.goto(`${origin('app')}/embeds`)
    await page.frames()[1]?.evaluate(() => localStorage.setItem('left', 'by the frame'))
    await page.goto(`${origin('app')}/embeds`)
    expect(await page.frames()[1]?.evaluate(() => localStorage.getItem('left'))).toBe('by the frame')
    await page.goto(`${origin('idp')}/`)
    expect(await page.evaluate(() => localStorage.getItem('left'))).toBeNull()
  })

  it('keeps a page left for Back', async () => {
    await page.goto(`${origin('app')}/`)
    await page.evaluate(() =>
      addEventListener('pageshow', ({ persisted }) => void (document.title = `persisted ${persisted}`)),
    )
    await page.goto(`${origin('app')}/elsewhere`)
    await page.goBack({ waitUntil: 'commit' })
    await expect.poll(() => page.title()).toBe('persisted true')
  })
})

it('servers reach each other over TLS, and only by the names of the certificate', async () => {
  const channel = openBackChannel()
  expect((await channel.fetch(`${origin('idp')}/`)).status).toBe(200)
  const misnamed = `${origin('idp').replace(HOSTS.idp, 'login.other.example')}/`
  await expect(channel.fetch(misnamed)).rejects.toMatchObject({
    cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  })
  await expect(fetch(`${origin('idp')}/`), 'by nobody else').rejects.toThrow()
  await channel.close()
})
