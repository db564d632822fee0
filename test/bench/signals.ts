/**
 * How long it takes from the end of a session until every open tab shows it, by each signal. Servers, browser and this script are one
 * machine, so that one clock times both ends: `performance.timeOrigin + performance.now()`, which is compared in each tab before each run.
 */
import { fileURLToPath } from 'node:url'
import { launchTls, type ThirdPartyCookies, type TlsBrowser } from '../e2e/tls-browser.js'
import { startTlsSite, type TlsSite, type TlsSiteOptions } from '../e2e/tls-site.js'
import { now, table, type Measured } from './measure.js'
import { percentile } from './percentile.mjs'
import { openTabs, type Tabs } from './tabs.js'

/** How it is run. */
export interface BenchOptions {
  /** Runs of each signal that are counted; one more before them is not. */
  readonly runs: number
  readonly tabs: number
}

/** What push must stay under, ms (p95). */
const LIMIT = 150
const EVENTS = '/bff/events'
const BFF = '/spa/bff/'
const NOTES = fileURLToPath(new URL('note.js', import.meta.url))

/** Where the session is ended, and the tabs that have to show it. */
interface Stage {
  readonly site: TlsSite
  readonly browser: TlsBrowser
  readonly tabs: Tabs
}

/** One run on tabs that are signed in: ms until the last of them showed the end. */
type Run = (stage: Stage) => Promise<number>

const until = async (holds: () => boolean): Promise<void> => {
  const late = Date.now() + 15_000
  while (!holds()) {
    if (Date.now() > late) throw new Error(`This did not come true within 15 s: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Until the last tab, from one moment or from one of each tab. */
const longest = (shown: readonly number[], begun: number | readonly number[]): number =>
  Math.max(
    ...shown.map((time, tab) => time - (typeof begun === 'number' ? begun : (begun[tab] ?? Number.NaN))),
  )

/** With the stream open: from the moment somebody says that the session is to end. */
const pushed =
  (end: (site: TlsSite) => Promise<unknown>): Run =>
  async ({ site, tabs }) => {
    await until(() => site.open(EVENTS) > 0)
    const begun = now()
    await end(site)
    return longest(await tabs.signedOut(), begun)
  }

/** How soon a page that wakes asks again, ms. What sleeps has rested for longer. */
const REST = 10_000

/** All tabs are frozen meanwhile: from the moment each of them is woken. */
const woken: Run = async ({ site, tabs, browser }) => {
  await until(() => site.open(EVENTS) > 0)
  await new Promise((resolve) => setTimeout(resolve, REST))
  const sessions = await Promise.all(tabs.all.map((tab) => browser.context.newCDPSession(tab)))
  for (const session of sessions) await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  await site.bff.sessions.end({ sub: 'alice' })
  for (const session of sessions) await session.send('Page.setWebLifecycleState', { state: 'active' })
  const shown = await tabs.signedOut()
  const wokenAt = await Promise.all(tabs.all.map((tab) => tab.evaluate(() => bench.wokenAt)))
  return longest(shown, wokenAt)
}

/** Without a stream: from the moment one of the tabs makes a call. */
const called: Run = async ({ site, tabs }) => {
  await site.bff.sessions.end({ sub: 'alice' })
  const begun = await tabs.all[0].evaluate(() => {
    tandem.client.fetch(`${tandem.api}/whoami`).catch(() => {})
    return performance.timeOrigin + performance.now()
  })
  return longest(await tabs.signedOut(), begun)
}

/** From the moment the provider is told by the user, on its own page in another window: one of the tabs is looked at, and watches. */
const checked: Run = async ({ site, browser, tabs }) => {
  await tabs.all[0].bringToFront()
  await until(() => site.idp.count('check_session') > 0)
  const page = await browser.openWindow()
  await page.goto(`${site.idp.origin}/session/end`)
  site.idp.clearRequests()
  await page.getByRole('button', { name: 'Sign out' }).click()
  const begun = await confirmedAt(site)
  const told = await tabs.idpEnded()
  await page.close()
  // The app relies on what it has for a while.
  await tabs.all[0].evaluate(() => tandem.client.logout({ scope: 'app' }))
  await tabs.signedOut()
  return longest(told, begun)
}

const confirmedAt = async ({ idp }: TlsSite): Promise<number> => {
  const confirmation = () =>
    idp.requests.find(({ method, endpoint }) => method === 'POST' && endpoint === 'end_session')
  await until(() => confirmation() !== undefined)
  return confirmation()?.at ?? Number.NaN
}

/** Runs it again and again, from a login to the end of every session. */
const measure = async (
  signal: string,
  { site, browser }: Omit<Stage, 'tabs'>,
  path: string,
  { runs, tabs: count }: BenchOptions,
  run: Run,
): Promise<Measured> => {
  process.stderr.write(`${signal} `)
  const tabs = await openTabs(browser.context, site, path, count)
  const delays: number[] = []
  // The first one warms everything up.
  for (let done = -1; done < runs; done += 1) {
    await tabs.signIn()
    const delay = await run({ site, browser, tabs })
    if (done >= 0) delays.push(delay)
    await Promise.all([site.bff.sessions.end({ sub: 'alice' }), site.idp.endSession('alice')])
    process.stderr.write('.')
  }
  await tabs.close()
  process.stderr.write(` ${percentile(delays, 50).toFixed(1)} ms\n`)
  return { signal, delays }
}

/** Starts servers and a browser for as long as `work` takes. */
const onStage = async (
  options: TlsSiteOptions,
  thirdPartyCookies: ThirdPartyCookies,
  work: (stage: Omit<Stage, 'tabs'>) => Promise<Measured[]>,
): Promise<Measured[]> => {
  const site = await startTlsSite(options)
  try {
    const browser = await launchTls(thirdPartyCookies)
    try {
      await browser.context.addInitScript({ path: NOTES })
      return await work({ site, browser })
    } finally {
      await browser.close()
    }
  } finally {
    await site.close()
  }
}

/** The end reaches the BFF, and no cookie of a third party is needed. */
const throughBff = (options: BenchOptions): Promise<Measured[]> =>
  onStage({}, 'blocked', async (stage) => {
    const on = (signal: string, run: Run) => measure(signal, stage, BFF, options, run)
    const pushes = [
      await on(
        'push, ended by an administrator',
        pushed(({ bff }) => bff.sessions.end({ sub: 'alice' })),
      ),
      await on(
        'push, ended at the IDP (logout token)',
        pushed(({ idp }) => idp.endSession('alice')),
      ),
      // Each takes more than ten seconds.
      await measure('wake', stage, BFF, { ...options, runs: Math.ceil(options.runs / 3) }, woken),
    ]
    stage.site.refused.add(EVENTS)
    return [...pushes, await on('next call, without push', called)]
  })

/** In the browser alone, which gives the IDP's frame its cookie. */
const inBrowser = (options: BenchOptions): Promise<Measured[]> =>
  onStage({ idp: { checkSession: true } }, 'allowed', async (stage) => [
    await measure('check_session_iframe', stage, '/spa/', options, checked),
  ])

/** Runs all of it and prints a table. Returns whether push kept its limit. */
export const benchSignals = async (options: BenchOptions): Promise<boolean> => {
  const measured = [...(await throughBff(options)), ...(await inBrowser(options))]
  console.log(`\nFrom the end of the session until each of ${options.tabs} tabs shows it, ms\n`)
  console.log(table(measured))
  const worst = Math.max(
    ...measured.filter(({ signal }) => signal.startsWith('push')).map(({ delays }) => percentile(delays, 95)),
  )
  const kept = worst < LIMIT
  console.log(`\npush: p95 ${worst.toFixed(1)} ms, ${kept ? 'under' : 'NOT under'} ${LIMIT} ms`)
  return kept
}
