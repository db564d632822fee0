/** A Chromium that is told what to do with the cookies of third parties, as its users tell it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { launchOptions } from '../../scripts/chromium.mjs'
import { TLS_SWITCHES } from './tls.js'

/** Chromium's `profile.cookie_controls_mode`. */
const COOKIE_CONTROLS = { allowed: 0, blocked: 1 } as const

/** Whether a frame of another site is given its cookies. */
export type ThirdPartyCookies = keyof typeof COOKIE_CONTROLS

/** A running browser; its contexts share nothing but the setting. */
export interface TlsBrowser {
  newContext: Browser['newContext']
  close(): Promise<void>
}

/** Starts Chromium over a profile of its own. The setting is a preference: a browser without a profile has the default of its version. */
export const launchTls = async (thirdPartyCookies: ThirdPartyCookies): Promise<TlsBrowser> => {
  const profile = await mkdtemp(join(tmpdir(), 'tandem-profile-'))
  await mkdir(join(profile, 'Default'))
  const preferences = { profile: { cookie_controls_mode: COOKIE_CONTROLS[thirdPartyCookies] } }
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  const first = await chromium.launchPersistentContext(profile, launchOptions({ args: TLS_SWITCHES }))
  const browser = first.browser()
  if (browser === null) throw new Error('playwright-core does not say which browser the profile is open in.')
  return {
    newContext: (options) => browser.newContext(options),
    async close() {
      await first.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
