/** Builds that follow one another in a folder while pages of it are open, in a real browser: under the default policy, and with what it keeps. */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launch } from './browser.js'
import { served } from './served.js'

let folder = ''
let url = ''
let browser: Browser
let page: Page
const closing: (() => Promise<unknown>)[] = []

/** As vite builds it: hashed assets, one of them with no digit in its hash, and what stands in the page itself. */
const built = (build: number, hash: string) => ({
  [`assets/index-${hash}.js`]: `
    import('./later-${hash.toLowerCase().replace(/^./, 'L')}.js').then(({ later }) => document.body.append(later))
    document.title = 'build ${build}: ' + window.early`,
  [`assets/later-${hash.toLowerCase().replace(/^./, 'L')}.js`]: `export const later = 'later ${build}'`,
  [`assets/index-${hash}.css`]: `h1 { color: rgb(0, ${build}, 0) } `,
  'docs/guide/index.html': `<!doctype html><title>guide ${build}</title><link rel="icon" href="data:,"><style>p { color: rgb(${build}, 0, 0) }</style><p>guide`,
  'index.html': `<!doctype html><html><head><title>none</title><link rel="icon" href="data:,">
    <style>body { margin: ${build}px }</style><script>window.early = 'early ${build}'</script>
    <link rel="stylesheet" href="/assets/index-${hash}.css"><script type="module" src="/assets/index-${hash}.js"></script></head>
    <body><h1>app</h1></body></html>`,
})

/** Assets first, `index.html` last, each at once; with what is encoded beside them where there is any. */
async function deploy(build: number, hash: string, encoded = false): Promise<void> {
  for (const [name, text] of Object.entries(built(build, hash))) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
    if (!encoded) continue
    await writeFile(`${path}.br`, brotliCompressSync(text))
    await writeFile(`${path}.gz`, gzipSync(text))
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-deploys-'))
  await deploy(1, 'BfT3xQ2a')
  const server = await served(folder)
  url = server.url
  browser = await launch()
  closing.push(
    () => browser.close(),
    () => server.close(),
    () => rm(folder, { recursive: true }),
  )
})
afterAll(async () => {
  for (const close of closing) await close()
})

let complaints: string[] = []
/** What was answered: path, status, whether by the browser's own cache. */
let answers: [path: string, status: number, kept: boolean][] = []
beforeEach(async () => {
  complaints = []
  answers = []
  page = await browser.newPage()
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  const kept = new Set<string>()
  session.on('Network.requestServedFromCache', ({ requestId }) => kept.add(requestId))
  session.on('Network.responseReceived', ({ requestId, response }) => {
    const isKept = kept.has(requestId) || response.fromDiskCache === true
    answers.push([new URL(response.url).pathname, response.status, isKept])
  })
})

/** The page of this build, whole. */
async function expectBuild(build: number): Promise<void> {
  await expect.poll(() => page.title()).toBe(`build ${build}: early ${build}`)
  await expect.poll(() => page.textContent('body')).toContain(`later ${build}`)
  const styles =
    "[getComputedStyle(document.body).margin, getComputedStyle(document.querySelector('h1')).color]"
  expect(await page.evaluate(styles)).toEqual([`${build}px`, `rgb(0, ${build}, 0)`])
}

describe('a folder that one build after the other is put into', () => {
  it('is each of them whole, with nothing against the policy, whatever the browser keeps of the one before', async () => {
    await page.goto(`${url}/orders/1`)
    await expectBuild(1)
    await page.reload()
    await expectBuild(1)
    answers = []
    await page.goto(`${url}/orders/2`)
    await expectBuild(1)
    // Named after their content, also where no digit tells it: nobody asks for them again.
    const again = answers.filter(([path]) => path.startsWith('/assets/'))
    expect(again.map(([path, , kept]) => [path, kept])).toEqual(again.map(([path]) => [path, true]))
    expect(again.map(([path]) => path)).toContain('/assets/later-Lft3xq2a.js')

    await deploy(2, 'CgU4yR3b')
    await page.goto(`${url}/orders/1`)
    await expectBuild(2)
    await deploy(3, 'DhV5zS4c', true)
    await page.reload()
    await expectBuild(3)
    // What is encoded beside it is left over from the build before.
    await deploy(4, 'EiW6aT5d')
    await page.goto(`${url}/`)
    await expectBuild(4)
    await page.goto(`${url}/docs/guide/`)
    expect(await page.title()).toBe('guide 4')
    expect(await page.evaluate("getComputedStyle(document.querySelector('p')).color")).toBe('rgb(4, 0, 0)')
    expect(complaints).toEqual([])
  })

  it('has no page in place of a script that is gone, and one again once the next build is there', async () => {
    await deploy(5, 'FjX7bU6e')
    await page.goto(url)
    await expectBuild(5)
    const status = (path: string) =>
      page.evaluate(async (address) => {
        const { status, headers } = await fetch(address, { headers: { accept: 'text/html' } })
        return [status, headers.get('content-type')]
      }, path)
    expect(await status('/assets/gone-GkY8cV7f.js')).toEqual([404, 'text/plain; charset=utf-8'])
    await rm(join(folder, 'index.html'))
    expect((await page.goto(url))?.status()).toBe(404)
    // What is encoded beside a file that is not there is not that file.
    await deploy(6, 'HlZ9dW8g')
    await page.goto(`${url}/orders`)
    await expectBuild(6)
    // Chromium tells of what is not there, which was asked for.
    expect(complaints.filter((text) => !/404 \(Not Found\)/.test(text))).toEqual([])
  })

  it('is no page that says of the one before what runs, however often it is replaced while it is asked for', async () => {
    let build = 7
    let isDeploying = true
    const deploying = (async () => {
      while (isDeploying) {
        await deploy(build, 'IlZ9dW8h')
        build = build === 200 ? 7 : build + 1
      }
    })()
    try {
      for (let visit = 0; visit < 12; visit++) {
        await page.goto(`${url}/visits/${visit}`)
        const early = await page.evaluate('window.early')
        expect(early).toBe(`early ${await page.evaluate('parseInt(getComputedStyle(document.body).margin)')}`)
      }
    } finally {
      // The folder is removed after it.
      isDeploying = false
      await deploying
    }
    expect(complaints.filter((text) => /Content Security Policy/.test(text))).toEqual([])
  })
})
