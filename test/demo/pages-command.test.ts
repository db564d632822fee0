import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { buildDemo } from '../../demo/build.mjs'

const script = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url))
let folder: string

beforeAll(async () => {
  await buildDemo()
  folder = await mkdtemp(join(tmpdir(), 'tandem-demo-'))
}, 180_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The command as a process, with what it has printed so far. */
const start = (args: readonly string[], env: Record<string, string> = {}) => {
  const child = spawn(process.execPath, [script, '--folder', folder, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed = { out: '', error: '' }
  child.stdout.on('data', (data: Buffer) => (printed.out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (printed.error += data.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, printed, ended }
}

const addressIn = (text: string): string | undefined => /Open\s+(http:\S+)/.exec(text)?.[1]

describe('npm run demo', { timeout: 60_000 }, () => {
  it('prints the address to open, answers there, and stops when told to', async () => {
    const { child, printed, ended } = start(['--port', '0', '--api-port', '0'], {
      DEMO_IDP_PORT: '0',
      DEMO_ACCESS_TOKEN_LIFETIME: '17',
    })
    try {
      const url = await vi.waitUntil(() => addressIn(printed.out), { timeout: 50_000, interval: 50 })
      expect(printed.out).toContain('Access tokens last 17 s')
      const page = await fetch(url, { headers: { accept: 'text/html' } })
      expect(await page.text()).toContain('tandem.global.js')
      const config = await (await fetch(`${url}/config.js`)).text()
      expect(config).toContain('"accessToken":17')
      const session = await fetch(`${url}/bff/session`, {
        headers: { 'x-csrf-token': '1', 'sec-fetch-site': 'same-origin' },
      })
      expect(await session.json()).toEqual({ authenticated: false })

      child.kill('SIGTERM')
      expect(await ended).toBe(0)
      await expect(fetch(url)).rejects.toThrow()
    } finally {
      child.kill('SIGKILL')
    }
  })

  it.each([
    [['--access-token-lifetime', '0'], '--access-token-lifetime takes a whole number from 1'],
    [['--port', 'http'], '--port takes a whole number from 0 to 65535, not "http".'],
    [['--idel-lifetime', '5'], "Unknown option '--idel-lifetime'"],
  ])('refuses %j', async (args, message) => {
    const { printed, ended } = start(args)
    expect(await ended).toBe(1)
    expect(printed.error).toContain(message)
    expect(printed.error).not.toMatch(/^\s+at /m)
  })

  it('lists its flags', async () => {
    const { printed, ended } = start(['--help'])
    expect(await ended).toBe(0)
    for (const flag of ['--port', '--idp-port', '--idle-lifetime', 'DEMO_API_PORT', '--fresh'])
      expect(printed.out).toContain(flag)
  })
})
