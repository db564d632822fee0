/** The script-tag build of the installed package, in Chromium. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { launchOptions } from '../../scripts/chromium.mjs'

const dist = join(inject('outside'), 'node_modules/tandem-session/dist')

/** Signs in by a browserClient whose IDP is not there: far enough for the engine to be needed. */
const SIGN_IN = `(async () => {
  const oauth = Tandem.browserClient({
    authority: location.origin + '/idp', clientId: 'app', redirectUri: location.origin + '/' })
  const client = Tandem.createSessionClient({ oauth })
  const { status } = await client.start()
  if (status !== 'unauthenticated') return status
  const error = await client.login().catch((error) => error)
  return error instanceof Tandem.SessionError ? error.name : 'stranger: ' + error
})()`

let server: Server
let browser: Browser
let page: Page
let origin: string
/** What the server was asked for. */
let asked: string[]
/** The next document, and its Content-Security-Policy. */
let html: string
let policy: string

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    asked.push(pathname)
    const file = /\/(tandem\.[\w.]+\.js)$/.exec(pathname)?.[1]
    if (file !== undefined && !pathname.startsWith('/nowhere/')) {
      response.setHeader('Content-Type', 'text/javascript')
      response.setHeader('Access-Control-Allow-Origin', '*')
      response.end(readFileSync(join(dist, file)))
    } else if (pathname === '/') {
      response.setHeader('Content-Type', 'text/html')
      response.setHeader('Content-Security-Policy', policy)
      response.end(html)
    } else {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  origin = `http://localhost:${(server.address() as AddressInfo).port}`
  browser = await chromium.launch(launchOptions())
})

afterAll(async () => {
  await browser.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

beforeEach(async () => {
  asked = []
  policy = `script-src 'self'`
  page = await browser.newPage()
})

afterEach(() => page.close())

async function open(body: string): Promise<void> {
  html = `<!doctype html><link rel="icon" href="data:,">${body}`
  await page.goto(origin)
}

/** Which files of the build were downloaded. */
const downloaded = (): string[] => asked.filter((path) => path.includes('tandem.'))

describe.each(['', '.min'])('tandem.global%s.js', (kind) => {
  test('defines Tandem, with nothing more downloaded', async () => {
    await open(`<script src="/tandem.global${kind}.js"></script>`)
    expect(await page.evaluate('typeof Tandem.createSessionClient')).toBe('function')
    expect(await page.evaluate('Object.keys(window).filter((name) => name === "Tandem")')).toEqual(['Tandem'])
    const status = `Tandem.createSessionClient({ oauth: Tandem.bffClient({ basePath: '/bff' }) }).start()
      .then((state) => state.status)`
    expect(await page.evaluate(status)).toBe('unauthenticated')
    expect(downloaded()).toEqual([`/tandem.global${kind}.js`])
  })

  test('loads the engine beside it at a login, with errors the page knows', async () => {
    await open(`<script src="/lib/tandem.global${kind}.js"></script>`)
    expect(await page.evaluate(SIGN_IN)).toBe('NetworkError')
    expect(downloaded()).toEqual([`/lib/tandem.global${kind}.js`, `/lib/tandem.oidc${kind}.js`])
  })
})

test('under a policy of nonces, the engine loads by the nonce of the script', async () => {
  policy = `script-src 'nonce-abc'`
  await open(`<script nonce="abc" src="/tandem.global.js"></script>`)
  expect(await page.evaluate(SIGN_IN)).toBe('NetworkError')
  expect(downloaded()).toContain('/tandem.oidc.js')
})

test.each(['', 'crossorigin'])(
  'from another origin (%s), the engine is loaded from there',
  async (attribute) => {
    const cdn = origin.replace('localhost', '127.0.0.1')
    policy = `script-src ${cdn}`
    await open(`<script ${attribute} src="${cdn}/npm/tandem.global.min.js"></script>`)
    expect(await page.evaluate(SIGN_IN)).toBe('NetworkError')
    expect(downloaded()).toEqual(['/npm/tandem.global.min.js', '/npm/tandem.oidc.min.js'])
  },
)

test('as a module, the engine is found all the same', async () => {
  await open(`<script type="module" src="/lib/tandem.global.js"></script>`)
  await page.waitForFunction('"Tandem" in window')
  expect(await page.evaluate(SIGN_IN)).toBe('NetworkError')
  expect(downloaded()).toContain('/lib/tandem.oidc.js')
})

test('data-oidc says where the engine is', async () => {
  await open(`<script data-oidc="/other/tandem.oidc.js" src="/tandem.global.js"></script>`)
  expect(await page.evaluate(SIGN_IN)).toBe('NetworkError')
  expect(downloaded()).toContain('/other/tandem.oidc.js')
})

test('an engine that is not there is an error, and nobody is signed out by it', async () => {
  await open(`<script data-oidc="/nowhere/tandem.oidc.js" src="/tandem.global.js"></script>`)
  expect(await page.evaluate(SIGN_IN)).toBe('NetworkError')
})
