import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { buildDemo } from '../../demo/build.mjs'
import { launch, newPage } from '../e2e/browser.js'

const script = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url))
let folder: string

beforeAll(async () => {
  await buildDemo()
  folder = await mkdtemp(join(tmpdir(), 'tandem-demo-'))
}, 180_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The command as a process, on ports that are free, and the address it prints. */
const start = async (...args: string[]) => {
  const child = spawn(process.execPath, [script, '--folder', folder, ...args], {
    env: { ...process.env, DEMO_PORT: '0', DEMO_IDP_PORT: '0', DEMO_API_PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let printed = ''
  child.stdout.on('data', (data: Buffer) => (printed += data.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const url = await vi.waitUntil(() => /Open\s+(http:\S+)/.exec(printed)?.[1], {
    timeout: 50_000,
    interval: 50,
  })
  return { child, ended, url, printed: () => printed }
}

const isGone = (url: string): Promise<void> =>
  vi.waitFor(() => expect(fetch(url)).rejects.toThrow(), { timeout: 20_000, interval: 100 })

describe('npm run demo -- --mosaic', { timeout: 90_000 }, () => {
  it('has Mosaic as the provider, with lifetimes of its own', async () => {
    const { child, ended, url, printed } = await start('--mosaic', '--access-token-lifetime', '17')
    try {
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/)
      expect(printed()).toContain('with Mosaic as the provider')
      const config = await (await fetch(`${url}/config.js`)).text()
      expect(config).toMatch(/"issuer":"https:\/\/userid\.security","provider":"http:\/\/127\.0\.0\.1:\d+"/)
      expect(config).toContain('"accessToken":17')
      expect(config).toContain('"idpSession":60')
      const login = await fetch(`${url}/bff/login`, { redirect: 'manual' })
      expect(login.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/cis\/oidc\/auth\?/)
      child.kill('SIGTERM')
      expect(await ended).toBe(0)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'is started by the link of the page, once, in a process that ends with the demo (%s)',
    async (signal) => {
      const { child, ended, url } = await start()
      try {
        expect(await (await fetch(`${url}/config.js`)).text()).toContain('"mosaicBeside":true')
        const links = await Promise.all(
          [1, 2].map(() =>
            fetch(`${url}/mosaic`, { redirect: 'manual' }).then(({ headers }) => headers.get('location')),
          ),
        )
        const [there = null] = links
        expect(there).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
        expect(links).toEqual([there, there])
        expect(await (await fetch(`${String(there)}/config.js`)).text()).toContain('"mosaic":true')
        child.kill(signal)
        await ended
        await isGone(String(there))
      } finally {
        child.kill('SIGKILL')
      }
    },
  )

  it('is found from the page of the demo', async () => {
    const { child, ended, url } = await start()
    const browser = await launch()
    try {
      const page = await newPage(browser)
      await page.goto(url)
      await page.locator('html[data-status=unauthenticated]').waitFor()
      expect(await page.locator('#mosaic').isVisible()).toBe(false)
      await page.getByRole('link', { name: 'What Mosaic does' }).click()
      await page.getByRole('heading', { name: 'What Mosaic does' }).waitFor()
      expect(new URL(page.url()).hostname).toBe('127.0.0.1')
      expect(await page.getByRole('link', { name: 'What Mosaic does' }).isVisible()).toBe(false)
    } finally {
      await browser.close()
      child.kill('SIGTERM')
      await ended
    }
  })
})
