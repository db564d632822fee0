/** S35, S39 and S40 in Chromium: what scripts can reach, what a stolen cookie is worth elsewhere, and what is left of a closed browser. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { cookieNames } from '../../../src/protocol.js'
import { tapTokens, tapWire } from '../../e2e/wire.js'
import { inState, sees } from '../../e2e/user.js'
import { chromiumOptions, useSite } from './site.js'
import { cookiesOf, signedIn, statusOf } from './user.js'

const stage = useSite()

/** Everything a script of the page can read: cookies, all storage, caches, its own global, the document, the address and history. */
const reachable = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const found: unknown[] = [
      document.cookie,
      { ...localStorage },
      { ...sessionStorage },
      history.state,
      name,
    ]
    for (const { name: database = '' } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(database)
        opening.onsuccess = () => resolve(opening.result)
        opening.onerror = () => reject(opening.error ?? new Error('it cannot be opened'))
      })
      for (const store of db.objectStoreNames)
        found.push(
          await new Promise((resolve) => {
            const reading = db.transaction(store).objectStore(store).getAll()
            reading.onsuccess = () => resolve(reading.result)
          }),
        )
      db.close()
    }
    for (const cache of await caches.keys())
      for (const request of await (await caches.open(cache)).keys())
        found.push(request.url, await (await caches.match(request))?.text())
    found.push(tandem.client.getState(), tandem.events, location.href, document.documentElement.outerHTML)
    return JSON.stringify(found)
  })

describe('S35 in Chromium', () => {
  let wire: ReturnType<typeof tapWire> | undefined
  afterEach(() => wire?.stop())

  it('S35 no script reaches the session cookie or a token, and none is in what it is answered', async () => {
    const { site } = stage
    wire = tapWire()
    const issued = tapTokens(site.mosaic.idp)
    const browser = await stage.visitor()
    const page = await signedIn(site, browser)
    expect(await statusOf(page, '/bff/refresh', 'POST')).toBe(200)
    expect(await statusOf(page, '/bff/api/shop/1')).toBe(200)

    const cookies = await cookiesOf(site, browser)
    const session = cookies.get(cookieNames.session)
    expect(session).toMatchObject({ httpOnly: true, value: expect.stringMatching(/^[\w-]{43}$/) })
    expect(cookies.get(cookieNames.login)?.httpOnly ?? true).toBe(true)
    const tokens = [...issued.access, ...issued.refresh, ...issued.id]
    expect(tokens.length).toBeGreaterThanOrEqual(5)
    const text = await reachable(page)
    expect(text, 'it is looked at all that is there').toContain('alice')
    const readable = (await page.evaluate(() => document.cookie.split('; '))).map(
      (pair) => pair.split('=')[0],
    )
    expect(readable.toSorted()).toEqual([cookieNames.csrf, cookieNames.hint])

    const own = wire.exchanged.filter(({ url }) => url.includes(new URL(site.url).host))
    expect(own.length).toBeGreaterThan(8)
    const answers = own.map(({ answered }) => answered.replaceAll(/^set-cookie:.*$/gim, '')).join('\n')
    for (const secret of [session?.value ?? '', ...tokens]) {
      expect(text).not.toContain(secret)
      expect(answers).not.toContain(secret)
    }
    expect(answers + text).not.toMatch(/eyJ[\w-]{8,}\.eyJ/)
  })

  it('S35 a script cannot overwrite the cookie either', async () => {
    const browser = await stage.visitor()
    const page = await signedIn(stage.site, browser)
    const before = (await cookiesOf(stage.site, browser)).get(cookieNames.session)?.value
    await page.evaluate((name) => {
      document.cookie = `${name}=planted; Path=/; Secure`
      document.cookie = `${name}=; Path=/; Secure; Max-Age=0`
    }, cookieNames.session)
    expect((await cookiesOf(stage.site, browser)).get(cookieNames.session)?.value).toBe(before)
    expect(await statusOf(page, '/bff/api/shop/1')).toBe(200)
  })
})

describe('S39 in Chromium', () => {
  it('S39 all cookies of a session, taken into another browser, open nothing there', async () => {
    const { site } = stage
    const owner = await stage.visitor()
    const page = await signedIn(site, owner)
    const agents = {
      same: undefined,
      other: 'Mozilla/5.0 (Windows NT 10.0; rv:145.0) Gecko/20100101 Firefox/145.0',
    }
    const statuses: Record<string, number> = {}
    for (const [who, userAgent] of Object.entries(agents)) {
      const taken = await stage.visitor(userAgent === undefined ? {} : { userAgent })
      await taken.addCookies(await owner.cookies(site.url))
      const tab = await taken.newPage()
      await tab.goto(`${site.url}/signed-out.html`)
      statuses[who] = await statusOf(tab, '/bff/api/shop/1')
    }
    expect(statuses).toEqual({ same: 200, other: 401 })
    expect(await statusOf(page, '/bff/api/shop/1')).toBe(200)
  })
})

describe('S40 in Chromium', () => {
  it('S40 once the browser is closed the session’s cookies are gone; the IDP’s own are not, and sign in again', async () => {
    const { site } = stage
    const profile = await mkdtemp(join(tmpdir(), 'tandem-profile-'))
    onTestFinished(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }))
    const open = () => chromium.launchPersistentContext(profile, chromiumOptions())
    const first = await open()
    await signedIn(site, first)
    for (const { name, expires } of await first.cookies(site.url))
      expect([name, name === cookieNames.login || expires === -1]).toEqual([name, true])
    const remembered = (await first.cookies(site.mosaic.baseUrl)).filter(({ expires }) => expires > 0)
    expect(remembered.map(({ name }) => name)).toContain('_session')
    await first.close()

    const second = await open()
    try {
      const left = [...(await cookiesOf(site, second)).keys()].filter((name) => name !== cookieNames.login)
      expect(left).toEqual([])
      const page = await second.newPage()
      await page.goto(`${site.url}/spa/bff/`)
      await inState(page, 'unauthenticated')
      expect(await statusOf(page, '/bff/api/shop/1')).toBe(401)
      await page.goto(`${site.url}/secret`)
      await sees(page, 'The secret of alice')
    } finally {
      await second.close()
    }
  })
})
