/** The soak: many tabs of one browser, access of three seconds, and one mishap after the other. Counts, and says what was wrong. */
import type { Browser } from 'playwright-core'
import { seeded } from '../support/seeded.js'
import { ACTS } from './acts.js'
import { coda } from './coda.js'
import type { Calls, Expiries } from './ledger.js'
import { ACCESS_LIFE, openStage, type Mode, type Stage } from './stage.js'
import type { Footprint, Tab } from './tab.js'

export interface SoakOptions {
  readonly browser: Browser
  readonly mode: Mode
  /** For how long things happen, s. */
  readonly seconds: number
  readonly tabs: number
  /** The same seed, the same acts in the same order. */
  readonly seed: number
  /** Hears what goes on. */
  readonly log?: (line: string) => void
}

/** What a soak counted. */
export interface SoakCounts {
  readonly mode: Mode
  readonly seed: number
  readonly acts: Readonly<Record<string, number>>
  readonly expiries: Expiries
  readonly calls: Calls
  /** Events that pages were told, all tabs together. */
  readonly events: Readonly<Record<string, number>>
  /** Event streams that were open at the end; null where the page holds the tokens. */
  readonly streams: number | null
  /** What grew most in any tab, from the first look to the last. */
  readonly growth: Footprint
  /** The same while nothing happened but expiries, at the end. */
  readonly atRest: Footprint
  /** What must not be, in sentences; empty when all is well. */
  readonly wrong: readonly string[]
}

/** What may grow, per tab: code that was compiled meanwhile, and what a tab has that came to keep the stream or a frame for the others. */
const MOST_GROWTH: Footprint = { heap: 1_500_000, listeners: 12, nodes: 30, timers: 3 }
/** And where nothing happens: what is on its way at the moment of a look, and code that is compiled late. */
const MOST_AT_REST: Footprint = { heap: 200_000, listeners: 8, nodes: 12, timers: 2 }
/** How long nothing happens at the end, in lives of access. */
const REST = 4

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Calls of the app, one after the other, from any tab that is awake, until `done`. */
const callOn = async (stage: Stage, pick: (tabs: Tab[]) => Tab, done: () => boolean): Promise<void> => {
  while (!done()) {
    const awake = stage.awake()
    if (awake.length === 0) {
      await sleep(150)
      continue
    }
    const tab = pick(awake)
    const begunAt = Date.now()
    const frozenBefore = tab.timesFrozen
    const outcome = await tab.call().catch(() => undefined)
    // A call of a tab that was frozen or closed in the middle of it says nothing.
    if (outcome !== undefined && tab.timesFrozen === frozenBefore) stage.ledger.called(outcome, begunAt)
    await sleep(150)
  }
}

const footprints = async (tabs: readonly Tab[]): Promise<Map<Tab, Footprint>> => {
  const found = new Map<Tab, Footprint>()
  for (const tab of tabs) found.set(tab, await tab.footprint())
  return found
}

/** The most that any one tab has grown. */
const growthOf = (before: ReadonlyMap<Tab, Footprint>, after: ReadonlyMap<Tab, Footprint>): Footprint => {
  const most = { heap: -Infinity, listeners: -Infinity, nodes: -Infinity, timers: -Infinity }
  for (const [tab, is] of after) {
    const was = before.get(tab)
    if (was === undefined) continue
    for (const what of ['heap', 'listeners', 'nodes', 'timers'] as const)
      most[what] = Math.max(most[what], is[what] - was[what])
  }
  return most
}

/** Everything that must be as it is, and is not. */
const judge = (counts: Omit<SoakCounts, 'wrong'>, tallies: Awaited<ReturnType<Tab['tally']>>[]): string[] => {
  const wrong: string[] = []
  const expect = (isWell: boolean, sentence: string): void => {
    if (!isWell) wrong.push(sentence)
  }
  const { expiries: e, calls: c, growth, atRest, streams } = counts
  expect(e.expiries > 0, 'no access expired')
  expect(e.early.length === 0, `token requests for access that was not due: ${e.early.join('; ')}`)
  expect(
    e.missed.length === 0,
    `expiries without a token request though somebody was awake: ${e.missed.join('; ')}`,
  )
  expect(e.refused.length === 0, `token requests were refused: ${e.refused.join(', ')}`)
  expect(e.successes === e.expiries + e.lost, `${e.successes} successes for ${e.expiries} expiries`)
  expect(c.answered > 0, 'no call was answered')
  expect(c.needless401 === 0, `${c.needless401} calls were answered 401 with nothing in the way`)
  expect(c.needless.length === 0, `calls failed with nothing in the way: ${c.needless.join(', ')}`)
  const ended = tallies.flatMap((tally) => tally.ended)
  expect(ended.length === 0, `sessions ended: ${ended.join(', ')}`)
  expect(
    tallies.every(({ events }) => events['authenticated'] === 1),
    `sessions began more than once in a tab`,
  )
  const left = tallies.reduce((sum, tally) => sum + tally.left, 0)
  expect(left === 0, `pages were left for the provider ${left} times`)
  const repeated = tallies.reduce((sum, tally) => sum + tally.repeated, 0)
  expect(repeated === 0, `renewals were told twice, or out of order, ${repeated} times`)
  const errors = [...new Set(tallies.flatMap((tally) => tally.errors))]
  expect(errors.length === 0, `scripts failed: ${errors.join('; ')}`)
  for (const what of ['heap', 'listeners', 'nodes', 'timers'] as const) {
    expect(growth[what] <= MOST_GROWTH[what], `${what} grew by ${growth[what]} in one tab`)
    expect(atRest[what] <= MOST_AT_REST[what], `${what} grew by ${atRest[what]} in one tab at rest`)
  }
  expect(streams === null || streams === 1, `${streams} event streams are open`)
  return wrong
}

/** Runs it. Resolves with the counts, also where something was wrong; rejects where the tabs did not recover. */
export const runSoak = async (options: SoakOptions): Promise<SoakCounts> => {
  const { browser, mode, seconds, seed, log = () => {} } = options
  const chance = seeded(seed)
  // What is left to chance besides the acts must not change which acts follow.
  const callers = chance.fork()
  const possible = ACTS.filter(([, , onlyBff]) => mode === 'bff' || onlyBff !== true)
  const stage = await openStage(browser, mode, options.tabs)
  const { ledger } = stage
  try {
    let done = false
    ledger.granted('login', ((await stage.tabs[0]?.look())?.expiresAt ?? 0) - ACCESS_LIFE * 1000)
    ledger.calm(true)
    const calling = callOn(
      stage,
      (tabs) => callers.pick(tabs),
      () => done,
    )
    await sleep(2 * ACCESS_LIFE * 1000)
    const before = await footprints(stage.tabs)

    const acts: Record<string, number> = {}
    const end = Date.now() + seconds * 1000
    while (Date.now() < end) {
      const [name, act] = chance.pick(possible)
      const begun = Date.now()
      ledger.act(name)
      await act(stage, chance.fork())
      await stage.recovered()
      acts[name] = (acts[name] ?? 0) + 1
      log(`${mode}: ${name}, ${((Date.now() - begun) / 1000).toFixed(1)} s`)
    }
    ledger.act('rest')
    done = true
    await calling
    const between = await footprints(stage.tabs)
    await sleep(REST * ACCESS_LIFE * 1000)
    const counted = { expiries: ledger.expiries(ACCESS_LIFE * 1000), calls: ledger.calls() }
    const after = await footprints(stage.tabs)
    const growth = growthOf(before, after)
    const atRest = growthOf(between, after)
    const tallies = [...stage.past, ...(await Promise.all(stage.tabs.map((tab) => tab.tally())))]
    const events: Record<string, number> = {}
    for (const tally of tallies)
      for (const [type, count] of Object.entries(tally.events)) events[type] = (events[type] ?? 0) + count
    const streams = mode === 'bff' ? stage.doors.streams() : null
    const counts = { mode, seed, acts, ...counted, events, streams, growth, atRest }
    const wrong = [...judge(counts, tallies), ...(await coda(stage, log))]
    return { ...counts, wrong }
  } finally {
    await stage.close()
  }
}
