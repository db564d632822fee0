/** What a login by `form_post` does in a real browser, for each way in which the answer comes in the form. */
import type { Page, Request } from 'playwright-core'
import { expect, it } from 'vitest'
import { cookieNames } from '../../src/protocol.js'
import type { TlsApp } from './tls-app.js'
import { choose, sees } from './user.js'

const CALLBACK = '/bff/callback'

/** What a tab asks the door for, in turn. */
const watched = (page: Page): Request[] => {
  const seen: Request[] = []
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === CALLBACK) seen.push(request)
  })
  return seen
}

/** Turns scripts off in a tab, as its user would. */
const withoutScripts = async (page: Page): Promise<void> => {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setScriptExecutionDisabled', { value: true })
}

/** A page of a third site that sends a form to the door as soon as it is shown. */
const visitEvil = async (page: Page, door: string, fields: Record<string, string>): Promise<void> => {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  )
  await page.route('https://evil.test/**', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<form method="post" action="${door}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`,
    }),
  )
  const arrived = page.waitForURL((url) => url.host !== 'evil.test' && url.pathname !== CALLBACK)
  await page.goto('https://evil.test/')
  await arrived
}

/** The tests; `field`: what the form has that nobody is to read in an address. */
export const formPostTests = (app: TlsApp, field: 'code' | 'response'): void => {
  const sessionCookie = async (): Promise<string | undefined> =>
    (await app.browser.cookies(app.site.url)).find(({ name }) => name === cookieNames.session)?.value

  it('signs in: the form of another site comes without the cookie, and once more with it', async () => {
    const page = await app.browser.newPage()
    const requests = watched(page)
    await page.goto(`${app.site.url}/account`)
    await choose(page, 'alice')
    await sees(page, 'The account of alice')
    expect(page.url()).toBe(`${app.site.url}/account`)

    const [posted, carried] = requests
    expect(requests.map((request) => request.method())).toEqual(['POST', 'GET'])
    const secret = new URLSearchParams(posted?.postData() ?? '').get(field) ?? ''
    expect(secret.length).toBeGreaterThan(20)
    const [sent, again] = [await posted?.allHeaders(), await carried?.allHeaders()]
    expect(sent?.['origin']).toBe(app.site.idp.origin)
    expect(sent?.['sec-fetch-site']).toBe('cross-site')
    expect(sent?.['cookie'] ?? '').not.toContain(cookieNames.login)
    expect(again?.['cookie']).toContain(cookieNames.login)
    expect(new URL(carried?.url() ?? '').search).toMatch(/^\?form=/)
    expect(carried?.url()).not.toContain(secret)
    expect(app.site.idp.tokenRequests).toHaveLength(1)
  })

  it('signs in where no script runs', async () => {
    const page = await app.browser.newPage()
    await withoutScripts(page)
    await page.goto(`${app.site.url}/account`)
    await choose(page, 'alice')
    await page.getByRole('button', { name: 'Continue' }).click()
    await sees(page, 'The account of alice')
  })

  it('is no way to sign somebody in as somebody else: a form of a third site', async () => {
    const page = await app.browser.newPage()
    await page.goto(`${app.site.url}/account`)
    await choose(page, 'alice')
    await sees(page, 'The account of alice')
    const before = await sessionCookie()
    expect(before).toBeDefined()

    const other = await app.browser.newPage()
    const requests = watched(other)
    const door = app.site.url + CALLBACK
    await visitEvil(other, door, {
      code: 'mallory',
      state: 'mallory',
      response: 'e30.eyJzdGF0ZSI6Im1hbGxvcnkifQ.x',
    })
    expect(requests.map((request) => request.method())).toEqual(['POST', 'GET'])
    expect(new URL(other.url()).pathname).toBe('/')
    expect(await sessionCookie()).toBe(before)
    await other.goto(`${app.site.url}/account`)
    await sees(other, 'The account of alice')
    expect(app.site.idp.tokenRequests, 'one of alice’s, and none of mallory’s').toHaveLength(1)
  })

  it('does not take the answer to a login that is on its way from anybody who does not know it', async () => {
    const page = await app.browser.newPage()
    const asked = page.waitForRequest((request) => new URL(request.url()).pathname === '/auth')
    await page.goto(`${app.site.url}/account`)
    await asked
    await visitEvil(await app.browser.newPage(), app.site.url + CALLBACK, { code: 'mallory', state: '' })
    expect(await sessionCookie()).toBeUndefined()
    // And it goes on as if nothing had been.
    await choose(page, 'alice')
    await sees(page, 'The account of alice')
  })
}
