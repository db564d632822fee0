/** That the browser of these tests partitions storage, blocks popups and keeps pages for Back, as users' browsers do. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launch, newPage } from './browser.js'

const documents: Record<string, string> = {
  '/blank': '',
  '/frame': `<script>localStorage.setItem('left', 'by the frame')</script>`,
  '/popup': `<script>document.title = String(window.open('/blank') !== null)</script>
    <button onclick="document.title = String(window.open('/blank') !== null)">open</button>`,
  '/cached': `<script>addEventListener('pageshow', (event) => { document.title = 'persisted ' + event.persisted })</script>`,
}

let server: Server
let port: number
let browser: Browser
let page: Page

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    response.setHeader('Content-Type', 'text/html')
    response.end(
      path === '/embedding'
        ? `<iframe src="http://127.0.0.1:${port}/frame"></iframe>`
        : (documents[path] ?? 'not found'),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  port = (server.address() as AddressInfo).port
  browser = await launch()
})

afterAll(async () => {
  await browser.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

beforeEach(async () => {
  page = await newPage(browser)
})

afterEach(async () => {
  await page.context().close()
})

test('what a frame stores under another site is not there for its own site', async () => {
  await page.goto(`http://localhost:${port}/embedding`)
  const frame = page.frames().find((each) => each.url().endsWith('/frame'))
  expect(await frame?.evaluate(() => localStorage.getItem('left'))).toBe('by the frame')

  await page.goto(`http://127.0.0.1:${port}/blank`)
  expect(await page.evaluate(() => localStorage.getItem('left'))).toBeNull()
  await page.goto(`http://127.0.0.1:${port}/frame`)
  expect(await page.evaluate(() => localStorage.getItem('left'))).toBe('by the frame')
})

test('a window opens by a gesture of the user, and not without', async () => {
  await page.goto(`http://localhost:${port}/popup`)
  expect(await page.title()).toBe('false')

  const opened = page.waitForEvent('popup')
  await page.getByRole('button').click()
  await opened
  expect(await page.title()).toBe('true')
})

test('a page left comes back from the back-forward cache', async () => {
  await page.goto(`http://localhost:${port}/cached`)
  expect(await page.title()).toBe('persisted false')
  await page.goto(`http://localhost:${port}/blank`)
  // No load event comes from a page restored.
  await page.goBack({ waitUntil: 'commit' })
  await expect.poll(() => page.title()).toBe('persisted true')
})
