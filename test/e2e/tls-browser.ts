/**
 * A Chromium with the tabs its users have: only the one in front is visible, the others are throttled, and can be frozen. One that
 * playwright-core starts shows all of them at once. What becomes of the cookies of third parties is said as users say it: by a preference.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { launchOptions } from '../../scripts/chromium.mjs'
import { TLS_SWITCHES } from './tls.js'

/** Chromium's `profile.cookie_controls_mode`. */
const COOKIE_CONTROLS = { allowed: 0, blocked: 1 } as const

/** Whether a frame of another site is given its cookies. */
export type ThirdPartyCookies = keyof typeof COOKIE_CONTROLS

/** A running browser over a profile of its own. */
export interface TlsBrowser {
  readonly context: BrowserContext
  /** A blank tab in a window of its own: the one in front of the first window stays visible. */
  openWindow(): Promise<Page>
  /** As if nobody had ever used it: every tab is closed, and what these origins have stored is gone. */
  reset(origins: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Where Chromium takes commands, by what it writes when it is ready. */
const addressOf = async ({ stderr }: ChildProcess): Promise<string> => {
  if (stderr === null) throw new Error('The output of Chromium cannot be read.')
  const written: string[] = []
  for await (const line of createInterface(stderr)) {
    const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1]
    if (address !== undefined) return address
    written.push(line)
  }
  throw new Error(`Chromium did not start:\n${written.join('\n')}`)
}

/** Starts Chromium. */
export const launchTls = async (thirdPartyCookies: ThirdPartyCookies): Promise<TlsBrowser> => {
  const profile = await mkdtemp(join(tmpdir(), 'tandem-profile-'))
  await mkdir(join(profile, 'Default'))
  const preferences = { profile: { cookie_controls_mode: COOKIE_CONTROLS[thirdPartyCookies] } }
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))

  const { executablePath, chromiumSandbox, args } = launchOptions({ args: TLS_SWITCHES })
  const own = [
    '--headless',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
    '--password-store=basic',
  ]
  const sandbox = chromiumSandbox ? [] : ['--no-sandbox']
  const child = spawn(executablePath, [...own, ...sandbox, ...args, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  const kill = (): void => void child.kill('SIGKILL')
  // Whoever is stopped in the middle leaves no browser behind.
  process.once('exit', kill)
  const quit = async (): Promise<void> => {
    process.off('exit', kill)
    child.kill()
    await exited
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }

  try {
    const browser = await chromium.connectOverCDP(await addressOf(child), { noDefaults: true })
    child.stderr.resume()
    const [context] = browser.contexts()
    if (context === undefined) throw new Error('Chromium has no profile open.')
    // It goes when its last tab is closed.
    const first = context.pages()[0] ?? (await context.newPage())
    const commands = await context.newCDPSession(first)
    const windows = await browser.newBrowserCDPSession()
    return {
      context,
      async openWindow() {
        const opened = context.waitForEvent('page')
        await windows.send('Target.createTarget', { url: 'about:blank', newWindow: true })
        return opened
      },
      async reset(origins) {
        const others = context.pages().filter((page) => page !== first)
        await Promise.all(others.map((page) => page.close()))
        await context.clearCookies()
        for (const origin of origins)
          await commands.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
      },
      async close() {
        await browser.close()
        await quit()
      },
    }
  } catch (error) {
    await quit()
    throw error
  }
}
