/** A page with scripts and styles of its own in the HTML, and files that are opened by themselves, under the default policy of `static`, in a real browser. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { launch } from './browser.js'
import { served } from './served.js'

/** A folder with these files, served, and a browser. */
async function serving(
  content: Readonly<Record<string, string | Buffer>>,
): Promise<[url: string, browser: Browser]> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-inline-'))
  for (const [name, text] of Object.entries(content)) await writeFile(join(folder, name), text)
  const server = await served(folder)
  const browser = await launch()
  onTestFinished(async () => {
    await browser.close()
    await server.close()
    await rm(folder, { recursive: true })
  })
  return [server.url, browser]
}

it('runs what was deployed in the page, and nothing that is put into it later', async () => {
  const [url, browser] = await serving({
    'index.html': `<!doctype html><title>inline</title><link rel="icon" href="data:,"><style>body { color: rgb(1, 2, 3) }</style><body>é<script type="module">\r
      document.title = 'ran'
      window.injected = () => {
        const script = document.createElement('script')
        script.textContent = 'document.title = "injected"'
        document.body.append(script)
      }
    </script>`,
  })
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(url)
  await expect.poll(() => page.title()).toBe('ran')
  expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(1, 2, 3)')
  expect(complaints).toEqual([])
  await page.evaluate('injected()')
  await expect.poll(() => complaints.join()).toContain('Content Security Policy')
  expect(await page.title()).toBe('ran')
})

it('lets the browser show a file that is opened by itself, as it shows any', async () => {
  const picture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
    'base64',
  )
  const [url, browser] = await serving({
    ...{ 'index.html': '', 'a.txt': 'text', 'data.json': '{"a":1}', 'picture.png': picture },
    'drawing.svg':
      '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><style>rect { fill: red }</style><rect width="4" height="4"/></svg>',
  })
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  for (const name of ['a.txt', 'data.json', 'picture.png', 'drawing.svg', 'none.txt'])
    expect((await page.goto(`${url}/${name}`))?.status()).toBe(200)
  await page.goto(`${url}/picture.png`)
  expect(await page.evaluate("document.querySelector('img').naturalWidth")).toBe(1)
  // Its own style sheet centres it.
  expect(await page.evaluate("getComputedStyle(document.querySelector('img')).margin")).not.toBe('0px')
  await page.goto(`${url}/drawing.svg`)
  expect(await page.evaluate("getComputedStyle(document.querySelector('rect')).fill")).toBe('rgb(255, 0, 0)')
  // Chromium asks for an icon, and tells that there is none.
  expect(complaints.filter((text) => !/404 \(Not Found\)/.test(text))).toEqual([])
})
