// @ts-check
/**
 * The Chromium of the tests: where it is, and how it is started so that it behaves as users have it.
 *
 * playwright-core starts Chromium with switches that take away what decides about our session: storage partitioned by
 * top-level site, the popup blocker and the back-forward cache. They are taken back here, and test/e2e/browser.test.ts
 * proves it.
 */
import { which } from './which.mjs'

/**
 * Where Chromium is: `CHROMIUM_PATH` (and nothing else where that is set), a program of `PATH`, or a usual place.
 * @returns {string | undefined}
 */
export function findChromium() {
  const named = process.env['CHROMIUM_PATH']
  if (named !== undefined && named !== '') return which([named])
  return which([
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    '/snap/bin/chromium',
    '/opt/google/chrome/chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ])
}

/**
 * Features switched off: those that make Chromium talk to its maker, show windows of its own, or delete its profile
 * while playwright-core closes it. This list takes the place of playwright-core's, of two such switches the last counts.
 * Not on it, so that it is on as for users: `ThirdPartyStoragePartitioning`.
 */
const disabledFeatures = [
  'DestroyProfileOnBrowserClose',
  'LensOverlay',
  'MediaRouter',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  // Lists under the address bar, each a page of the browser's own: two more processes to start for every window.
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  // The tests' sites are plain http under host names of their own.
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  // Without it, a preflighted redirect fails while requests are intercepted.
  'AvoidCorsURLLoaderRestartOnRedirect',
]

/**
 * Options for `chromium.launch` of playwright-core.
 * @param {{ args?: readonly string[] }} [more] switches to add
 * @returns {{ executablePath: string, headless: true, chromiumSandbox: boolean, args: string[], ignoreDefaultArgs: string[] }}
 * @throws {Error} where there is no Chromium, saying what to do
 */
export function launchOptions({ args = [] } = {}) {
  const executablePath = findChromium()
  if (executablePath === undefined)
    throw new Error(
      'Chromium was not found. Install it (Debian, Ubuntu: apt-get install chromium), or name it in CHROMIUM_PATH.',
    )
  return {
    executablePath,
    headless: true,
    // Chromium's sandbox refuses to start as root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      `--disable-features=${disabledFeatures.join(',')}`,
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
    ignoreDefaultArgs: ['--disable-popup-blocking', '--disable-back-forward-cache'],
  }
}
