/** A React app that vite built, served by the BFF's own server under its strict policy, in a real browser. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createBff } from 'tandem-session/bff'
import type { Bff } from 'tandem-session/bff'
import { serve } from 'tandem-session/bff/node'
import { BFF_CLIENT_ID, BFF_CLIENT_SECRET, SPA_CLIENT_ID, startTestIdp } from '../support/idp.js'
import type { Idp } from '../support/idp.js'
import { launch } from './browser.js'
import { choose, inState, sees } from './user.js'
import { freePort } from '../support/free-port.js'

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

let folder = ''
let idp: Idp
let bff: Bff
let browser: Browser
let url = ''
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-hosting-'))
  idp = await startTestIdp({ checkSession: true })
  const vite = [root('node_modules/vite/bin/vite.js'), 'build', root('test/e2e/hosting')]
  await promisify(execFile)(process.execPath, [...vite, '--outDir', folder, '--emptyOutDir'], {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      VITE_ISSUER: idp.issuer,
      VITE_CLIENT_ID: SPA_CLIENT_ID,
    },
  })
  const port = await freePort()
  const origin = `http://localhost:${port}`
  idp.addOrigin(origin)
  bff = createBff({
    origin,
    idp: { issuer: idp.issuer, clientId: BFF_CLIENT_ID, clientSecret: BFF_CLIENT_SECRET },
    secrets: ['test-secret-of-thirty-two-letters'],
    store: 'memory:',
  })
  const options = { folder, nonce: '__CSP_NONCE__', immutable: ['/assets/'] }
  const server = await serve(bff, { host: 'localhost', port, static: options })
  url = server.url
  browser = await launch()
  closing.push(
    () => browser.close(),
    () => server.close(),
    () => bff.close(),
    () => idp.close(),
    () => rm(folder, { recursive: true }),
  )
})
afterAll(async () => {
  for (const close of closing) await close()
})

/** What the browser complained about, and what went against a policy, in any frame. */
let complaints: string[] = []
const contexts: Awaited<ReturnType<Browser['newContext']>>[] = []

async function open(address: string): Promise<Page> {
  const context = await browser.newContext()
  contexts.push(context)
  await context.exposeBinding('violated', (_source, text: string) => void complaints.push(text))
  await context.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      Reflect.get(globalThis, 'violated')(`violation: ${effectiveDirective} ${blockedURI}`),
    ),
  )
  context.on('weberror', (error) => complaints.push(`error: ${error.error()}`))
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`)
  })
  const page = await context.newPage()
  await page.goto(address)
  return page
}
afterEach(async () => {
  complaints = []
  await Promise.all(contexts.splice(0).map((context) => context.close()))
})

const styleOf = (page: Page, selector: string, property: string): Promise<string> =>
  page.evaluate(
    ([what, which]) =>
      getComputedStyle(document.querySelector(what as string) as Element).getPropertyValue(which as string),
    [selector, property],
  )
const nonceOf = (page: Page): Promise<string> =>
  page.evaluate(() => document.querySelector<HTMLElement>('meta[property=csp-nonce]')?.nonce ?? '')

/** Everything that the app is made of works. */
async function expectWhole(page: Page): Promise<void> {
  await sees(page, 'Loaded later')
  await page.locator('html[data-worker="from the worker"][data-early=yes]').waitFor({ state: 'attached' })
  expect(await styleOf(page, 'h1', 'color')).toBe('rgb(0, 128, 0)')
  expect(await styleOf(page, 'h1', 'background-image')).toMatch(/^url\("data:image\/svg/)
  expect(await styleOf(page, '.lazy', 'color')).toBe('rgb(128, 0, 128)')
  expect(await styleOf(page, '.lazy', 'font-weight')).toBe('700')
  expect(await styleOf(page, 'body', 'margin')).toBe('7px')
  const drawn = () =>
    page.evaluate(() => {
      const image = document.querySelector<HTMLImageElement>('img[alt=drawing]') as HTMLImageElement
      const canvas = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D
      if (image.complete) canvas.drawImage(image, 0, 0)
      return [...canvas.getImageData(2, 2, 1, 1).data]
    })
  await expect.poll(drawn).toEqual([0, 0, 255, 255])
}

describe('an app that vite built', () => {
  it('runs without one violation of the policy, with another nonce each time, and signs in by the BFF', async () => {
    const page = await open(`${url}/`)
    await inState(page, 'unauthenticated')
    await expectWhole(page)
    const first = await nonceOf(page)
    expect(first).toMatch(/^[\w-]{22}$/)

    await page.getByRole('button', { name: 'Log in' }).click()
    await choose(page, 'alice')
    await sees(page, 'Hello, alice')
    await expectWhole(page)

    await page.goto(`${url}/a/page/of/the/router`)
    await sees(page, 'Hello, alice')
    const second = await nonceOf(page)
    // Out of the back-forward cache there is no load.
    await page.goBack({ waitUntil: 'commit' })
    await sees(page, 'Hello, alice')
    await expectWhole(page)
    await page.reload()
    await expectWhole(page)
    expect(new Set([first, second, await nonceOf(page)]).size).toBe(3)
    expect(complaints).toEqual([])
  })

  it('needs no nonce, nor any option, where nothing is inline', async () => {
    const plain = await mkdtemp(join(tmpdir(), 'tandem-hosting-'))
    await cp(folder, plain, { recursive: true })
    const index = await readFile(join(folder, 'index.html'), 'utf8')
    const bare = index
      .replaceAll(
        /<style[\s\S]*?<\/style>|<script nonce="[^"]*">[\s\S]*?<\/script>|<meta property="csp-nonce"[^>]*>/g,
        '',
      )
      .replaceAll(/ nonce="[^"]*"/g, '')
    expect(bare).not.toContain('nonce')
    await writeFile(join(plain, 'index.html'), bare)
    const server = await serve(bff, { host: 'localhost', port: 0, static: plain })
    try {
      const page = await open(`${server.url}/assets/of/the/router`)
      await sees(page, 'Loaded later')
      await page.locator('html[data-worker="from the worker"]').waitFor({ state: 'attached' })
      expect(await styleOf(page, 'h1', 'color')).toBe('rgb(0, 128, 0)')
      expect(await styleOf(page, '.lazy', 'color')).toBe('rgb(128, 0, 128)')
      const ask = (path: string, asked: Record<string, string>) =>
        page.evaluate(
          async ([address, headers]) => {
            const { status, headers: got } = await fetch(address, { headers, cache: 'no-store' })
            return [status, got.get('cache-control')]
          },
          [path, asked] as const,
        )
      expect(await ask('/', {})).toEqual([200, 'no-cache'])
      const gone = await ask('/assets/gone-3f2a1b9c.js', { accept: 'text/html' })
      expect(gone).toEqual([404, 'no-store'])
      // Chromium tells of what is not there, which was asked for; and that this server is not at the BFF's origin.
      const expected = /404 \(Not Found\)|400 \(Bad Request\)|403 \(Forbidden\)|421 /
      expect(complaints.filter((text) => !expected.test(text))).toEqual([])
    } finally {
      await server.close()
      await rm(plain, { recursive: true })
    }
  })

  it('holds the tokens itself, with its silent login and the check_session_iframe in frames', async () => {
    const page = await open(`${url}/spa/`)
    await inState(page, 'unauthenticated')
    await page.getByRole('button', { name: 'Log in' }).click()
    await choose(page, 'alice')
    await sees(page, 'Hello, alice')
    const isChecked = (): boolean =>
      page.frames().some((frame) => frame.url().startsWith(`${idp.origin}/session/check`))
    await expect.poll(isChecked).toBe(true)

    const silent: string[] = []
    page.on('framenavigated', (frame) => void silent.push(new URL(frame.url()).pathname))
    await page.reload()
    await sees(page, 'Hello, alice')
    expect(silent).toContain('/silent.html')
    await expectWhole(page)
    expect(complaints).toEqual([])
  })

  it('runs no script and no style that somebody put into it', async () => {
    const page = await open(`${url}/`)
    await expectWhole(page)
    await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'document.title = "taken over"'
      document.head.append(script)
      const style = document.createElement('style')
      style.textContent = 'h1 { color: red }'
      document.head.append(style)
      const image = document.createElement('img')
      image.setAttribute('onerror', 'document.title = "taken over"')
      image.src = 'https://evil.example/x.png'
      document.body.append(image)
      const frame = document.createElement('iframe')
      frame.src = 'https://evil.example/'
      document.body.append(frame)
    })
    for (const directive of ['script-src-elem', 'style-src-elem', 'script-src-attr', 'img-src', 'frame-src'])
      await expect.poll(() => complaints.join('\n')).toContain(`violation: ${directive} `)
    expect([await page.title(), await styleOf(page, 'h1', 'color')]).toEqual(['Hosted', 'rgb(0, 128, 0)'])
  })

  it('is framed by nobody else', async () => {
    const other = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' })
      response.end(`<!doctype html><title>Other</title><iframe src="${url}/"></iframe>`)
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    try {
      const page = await open(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`)
      await expect.poll(() => complaints.join('\n')).toMatch(/frame-ancestors|X-Frame-Options/)
      expect(page.frames().map((frame) => frame.url())).not.toContain(`${url}/`)
    } finally {
      other.closeAllConnections()
      await new Promise((resolve) => other.close(resolve))
    }
  })
})
