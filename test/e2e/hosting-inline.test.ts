/** A page with scripts and styles of its own in the HTML, under the default policy of `static`, in a real browser. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createBff } from 'tandem-session/bff'
import { serve } from 'tandem-session/bff/node'
import { launch } from './browser.js'

it('runs what was deployed in the page, and nothing that is put into it later', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-inline-'))
  await writeFile(
    join(folder, 'index.html'),
    `<!doctype html><title>inline</title><link rel="icon" href="data:,"><style>body { color: rgb(1, 2, 3) }</style><body>é<script type="module">\r
      document.title = 'ran'
      window.injected = () => {
        const script = document.createElement('script')
        script.textContent = 'document.title = "injected"'
        document.body.append(script)
      }
    </script>`,
  )
  const bff = createBff({
    origin: 'http://localhost:3000',
    idp: { issuer: 'https://idp.example.com', clientId: 'app', clientSecret: 'test-secret' },
    secrets: ['test-secret-of-thirty-two-letters'],
    store: 'memory:',
  })
  const server = await serve(bff, { host: 'localhost', port: 0, static: folder })
  const browser = await launch()
  onTestFinished(async () => {
    await browser.close()
    await server.close()
    await bff.close()
    await rm(folder, { recursive: true })
  })
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(server.url)
  await expect.poll(() => page.title()).toBe('ran')
  expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(1, 2, 3)')
  expect(complaints).toEqual([])
  await page.evaluate('injected()')
  await expect.poll(() => complaints.join()).toContain('Content Security Policy')
  expect(await page.title()).toBe('ran')
})
